#include "base/env_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace base {

namespace {

bool is_name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

class EnvParser {
public:
    EnvParser(std::string_view text, std::string_view file) : text_{text}, file_{file} {
        if (text_.starts_with("\xEF\xBB\xBF")) {
            text_.remove_prefix(3);
        }
    }

    Result<std::vector<EnvLine>> parse() {
        if (const auto nul = text_.find('\0'); nul != std::string_view::npos) {
            line_ += static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<long>(nul), '\n'));
            return broken("holds a zero byte: is it a text file?");
        }
        std::vector<EnvLine> lines;
        while (at_ < text_.size()) {
            skip_blanks();
            if (at_line_end() || peek() == '#') {
                skip_line();
                continue;
            }
            auto line = assignment();
            if (!line) {
                return std::unexpected{line.error()};
            }
            lines.push_back(std::move(*line));
        }
        return lines;
    }

private:
    Result<EnvLine> assignment() {
        const std::size_t begun = line_;
        if (text_.substr(at_).starts_with("export") && at_ + 6 < text_.size() && is_blank(text_[at_ + 6])) {
            at_ += 6;
            skip_blanks();
        }
        const std::size_t name_at = at_;
        while (at_ < text_.size() && is_name_part(text_[at_])) {
            ++at_;
        }
        const std::string_view name = text_.substr(name_at, at_ - name_at);
        skip_blanks();
        if (name.empty() || !is_name_start(name.front()) || at_line_end() || peek() != '=') {
            return broken("is not NAME=value: write it so, or begin it with #");
        }
        ++at_;
        const std::size_t value_at = at_;
        skip_blanks();
        const bool quoted = !at_line_end() && (peek() == '"' || peek() == '\'');
        if (!quoted) {
            at_ = value_at;
        }
        auto value = quoted ? quoted_value(begun) : bare_value();
        if (!value) {
            return std::unexpected{value.error()};
        }
        return EnvLine{.name = std::string{name}, .value = std::move(*value), .line = begun};
    }

    Result<std::string> quoted_value(std::size_t begun) {
        const char quote = text_[at_++];
        std::string value;
        while (at_ < text_.size() && text_[at_] != quote) {
            const char c = text_[at_++];
            if (c == '\n') {
                ++line_;
            }
            if (c == '\r' && at_ < text_.size() && text_[at_] == '\n') {
                continue;  // line ends inside quotes are \n
            }
            if (c == '\\' && quote == '"' && at_ < text_.size()) {
                append_escape(value);
            } else {
                value.push_back(c);
            }
        }
        if (at_ == text_.size()) {
            line_ = begun;
            return broken(fmt::format("begins a value with {} that never ends", quote));
        }
        ++at_;
        const std::size_t after = at_;
        skip_blanks();
        if (!at_line_end() && (peek() != '#' || at_ == after)) {
            return broken("goes on after the closing quote: put the whole value inside the quotes");
        }
        skip_line();
        return value;
    }

    void append_escape(std::string& value) {
        const char c = text_[at_];
        switch (c) {
            case 'n': value.push_back('\n'); break;
            case 'r': value.push_back('\r'); break;
            case 't': value.push_back('\t'); break;
            case '"':
            case '\\':
            case '$': value.push_back(c); break;
            default: value.push_back('\\'); return;  // not an escape: the next turn takes the character
        }
        ++at_;
    }

    Result<std::string> bare_value() {
        const std::size_t from = at_;
        std::size_t end = from;
        while (end < text_.size() && text_[end] != '\n' &&
               !(text_[end] == '#' && end > from && is_blank(text_[end - 1]))) {
            ++end;
        }
        at_ = end;
        skip_line();
        return std::string{trim(text_.substr(from, end - from))};
    }

    char peek() const { return text_[at_]; }
    bool at_line_end() const {
        return at_ >= text_.size() || text_[at_] == '\n' ||
               (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
    }
    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) {
            ++at_;
        }
    }
    void skip_line() {
        const auto end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end + 1;
        ++line_;
    }
    std::unexpected<Error> broken(std::string_view why) const {
        return fail(Error{Kind::bad_argument, fmt::format("{} line {} {}", file_, line_, why)}.at(Stage::config));
    }

    std::string_view text_;
    std::string_view file_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<EnvLine>> parse_env(std::string_view text, std::string_view file) {
    return EnvParser{text, file}.parse();
}

}  // namespace base
