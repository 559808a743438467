#include "base/toml_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace base {

namespace {

class Flattener {
public:
    explicit Flattener(std::string_view file) : file_{file} {}

    Result<void> table(const std::string& prefix, const toml::table& table) {
        for (const auto& [key, node] : table) {
            std::string name = prefix + to_upper(key.str());
            std::replace(name.begin(), name.end(), '-', '_');
            if (const toml::table* const inner = node.as_table()) {
                if (auto done = this->table(name + "_", *inner); !done) {
                    return done;
                }
                continue;
            }
            const std::size_t line = node.source().begin.line;
            auto text = node.is_array() ? list(*node.as_array()) : scalar(node);
            if (!text) {
                return fail(
                    Error{Kind::bad_argument,
                          fmt::format("{} line {}: {} is neither a text, a number, a boolean nor a list of those",
                                      file_, line, name)}
                        .at(Stage::config)
                        .about(name));
            }
            found_.push_back({.name = std::move(name), .text = std::move(*text), .line = line});
        }
        return {};
    }

    std::vector<TomlValue> take() { return std::move(found_); }

private:
    static std::optional<std::string> scalar(const toml::node& node) {
        if (const auto* const text = node.as_string()) {
            return text->get();
        }
        if (const auto* const whole = node.as_integer()) {
            return fmt::format("{}", whole->get());
        }
        if (const auto* const number = node.as_floating_point()) {
            return fmt::format("{}", number->get());
        }
        if (const auto* const boolean = node.as_boolean()) {
            return std::string{boolean->get() ? "true" : "false"};
        }
        return std::nullopt;
    }

    static std::optional<std::string> list(const toml::array& array) {
        std::string joined;
        for (const toml::node& node : array) {
            const auto item = scalar(node);
            if (!item || item->find(',') != std::string::npos) {
                return std::nullopt;
            }
            joined.append(joined.empty() ? "" : ",").append(*item);
        }
        return joined;
    }

    std::string_view file_;
    std::vector<TomlValue> found_;
};

}  // namespace

Result<std::vector<TomlValue>> parse_toml(std::string_view text, std::string_view file) {
    try {
        const toml::table parsed = toml::parse(text, file);
        Flattener flattener{file};
        if (auto done = flattener.table("", parsed); !done) {
            return std::unexpected{done.error()};
        }
        return flattener.take();
    } catch (const toml::parse_error& error) {
        return fail(Error{Kind::bad_argument, fmt::format("{} line {}: {}", file, error.source().begin.line,
                                                          escape_untrusted(error.description()))}
                        .at(Stage::config));
    }
}

}  // namespace base
