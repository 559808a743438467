#include "mcp/context.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>

#include "base/json_writer.hpp"

namespace mcp {
namespace {

constexpr std::array<std::string_view, 8> level_names{"debug", "info",     "notice", "warning",
                                                      "error", "critical", "alert",  "emergency"};

}  // namespace

std::string_view to_string(LogLevel level) { return level_names[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> log_level_from(std::string_view text) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] == text) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

void Context::log_text(LogLevel level, std::string_view logger, std::string_view text) {
    if (!wants_log(level)) return;
    std::string json;
    base::append_json_string(json, text);
    log(level, logger, json);
}

const boost::json::object* Context::input_response(std::string_view key) const {
    return input_responses_ ? find_object(*input_responses_, key) : nullptr;
}

const boost::json::value* find(const boost::json::object& object, std::string_view key) {
    return object.if_contains(key);
}

std::optional<std::string_view> find_string(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string_view{value->get_string()};
}

const boost::json::object* find_object(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_object();
}

std::string to_json(const boost::json::object& object) { return boost::json::serialize(object); }
std::string to_json(const boost::json::value& value) { return boost::json::serialize(value); }

}  // namespace mcp
