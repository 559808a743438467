#include "mcp/json_match.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace sample {
namespace {

namespace json = boost::json;

std::string differs(const std::string& path, const json::value& expected, const json::value& actual) {
    return fmt::format("at {}: expected {}, got {}", path.empty() ? "the root" : path, json::serialize(expected),
                       json::serialize(actual));
}

std::string match(const std::string& path, const json::value& expected, const json::value& actual) {
    if (const auto* text = expected.if_string()) {
        if (*text == "*") return {};
        if (text->starts_with('~') && actual.is_string()) {
            const bool holds = actual.get_string().find(std::string_view{*text}.substr(1)) != json::string::npos;
            return holds ? std::string{} : differs(path, expected, actual);
        }
    }
    if (const auto* object = expected.if_object()) {
        if (!actual.is_object()) return differs(path, expected, actual);
        for (const auto& item : *object) {
            const auto* value = actual.get_object().if_contains(item.key());
            const std::string at = path + "." + std::string{item.key()};
            if (item.value() == "!") {
                if (value != nullptr) return fmt::format("at {}: must not be there", at);
                continue;
            }
            if (value == nullptr) return fmt::format("at {}: missing in {}", at, json::serialize(actual));
            if (auto inner = match(at, item.value(), *value); !inner.empty()) return inner;
        }
        return {};
    }
    if (const auto* array = expected.if_array()) {
        if (!actual.is_array() || actual.get_array().size() != array->size()) return differs(path, expected, actual);
        for (std::size_t i = 0; i < array->size(); ++i) {
            auto inner = match(fmt::format("{}[{}]", path, i), (*array)[i], actual.get_array()[i]);
            if (!inner.empty()) return inner;
        }
        return {};
    }
    return expected == actual ? std::string{} : differs(path, expected, actual);
}

}  // namespace

std::string mismatch(std::string_view expected_json, std::string_view actual_json) {
    boost::system::error_code error;
    const auto expected = json::parse(expected_json, error);
    if (error) return fmt::format("the expectation is not JSON: {}", expected_json);
    const auto actual = json::parse(actual_json, error);
    if (error) return fmt::format("the answer is not JSON: {}", actual_json);
    return match({}, expected, actual);
}

}  // namespace sample
