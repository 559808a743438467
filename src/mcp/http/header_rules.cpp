#include "mcp/http/header_rules.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "mcp/method.hpp"

namespace mcp::http {
namespace {

namespace json = boost::json;

/// Does the range (`text/*`, `*/*`, `text/event-stream;q=0.5`) hold the type, with a weight above zero?
bool matches(std::string_view range, std::string_view type) {
    const auto semicolon = range.find(';');
    const auto name = base::trim(range.substr(0, semicolon));
    const auto slash = type.find('/');
    const bool fits = name == "*/*" || base::iequals(name, type) ||
                      (name.ends_with("/*") && base::iequals(name.substr(0, name.size() - 2), type.substr(0, slash)));
    if (!fits || semicolon == std::string_view::npos) return fits;
    auto parameters = range.substr(semicolon + 1);
    while (!parameters.empty()) {
        const auto end = parameters.find(';');
        const auto parameter = base::trim(parameters.substr(0, end));
        if (parameter.size() > 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=') {
            return parameter.substr(2).find_first_not_of("0.") != std::string_view::npos;
        }
        if (end == std::string_view::npos) break;
        parameters.remove_prefix(end + 1);
    }
    return true;
}

bool is_header_safe(std::string_view value) {
    return std::ranges::all_of(value, [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
}

const json::value* value_at(const json::object& arguments, const std::vector<std::string>& path) {
    const auto* object = &arguments;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto* value = object->if_contains(path[i]);
        if (value == nullptr || i + 1 == path.size()) return value;
        object = value->if_object();
        if (object == nullptr) return nullptr;
    }
    return nullptr;
}

std::optional<double> number_from(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Integers are compared as numbers (42.0 is 42), exactly where both are written as integers.
bool same_number(std::string_view header, const json::value& body) {
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), whole);
    if (error == std::errc{} && end == header.data() + header.size() && body.is_int64())
        return whole == body.get_int64();
    const auto number = number_from(header);
    return number && *number == body.to_number<double>();
}

bool same(const std::string& header, const json::value& body) {
    if (body.is_string()) return header == std::string_view{body.get_string()};
    if (body.is_bool()) return header == (body.get_bool() ? "true" : "false");
    if (body.is_number()) return same_number(header, body);
    return false;
}

std::string shown(std::string_view value) { return base::escape_untrusted(base::ellipsize(value, 80)); }

std::optional<RpcError> check_parameter(const Headers& headers, const json::object& arguments,
                                        const HeaderParameter& parameter) {
    const auto count = headers.count(parameter.field);
    const auto* value = value_at(arguments, parameter.path);
    const bool expected = value != nullptr && !value->is_null();
    if (count == 0) {
        if (!expected || value->is_object() || value->is_array()) return std::nullopt;
        return header_mismatch(fmt::format("Mcp-Param-{} is missing: argument \"{}\" has a value", parameter.name,
                                           fmt::join(parameter.path, ".")));
    }
    if (count > 1) return header_mismatch(fmt::format("Mcp-Param-{} was sent more than once", parameter.name));
    const auto header = decoded(headers.get(parameter.field));
    if (!header) {
        return header_mismatch(
            fmt::format("Mcp-Param-{} holds characters that are not allowed, or broken Base64", parameter.name));
    }
    if (!expected) {
        return header_mismatch(fmt::format("Mcp-Param-{} was sent, but argument \"{}\" has no value", parameter.name,
                                           fmt::join(parameter.path, ".")));
    }
    if (!same(*header, *value)) {
        return header_mismatch(fmt::format("Mcp-Param-{} header value '{}' does not match argument \"{}\"",
                                           parameter.name, shown(*header), fmt::join(parameter.path, ".")));
    }
    return std::nullopt;
}

std::optional<RpcError> check_name(const Headers& headers, const Message& message, std::string_view parameter) {
    const auto body = message.params ? find_string(*message.params, parameter) : std::nullopt;
    if (!body) return std::nullopt;  // the request is refused for that
    const auto count = headers.count("mcp-name");
    if (count == 0) return header_mismatch("Mcp-Name is missing");
    if (count > 1) return header_mismatch("Mcp-Name was sent more than once");
    const auto header = decoded(headers.get("mcp-name"));
    if (!header) return header_mismatch("Mcp-Name holds characters that are not allowed, or broken Base64");
    if (*header == *body) return std::nullopt;
    return header_mismatch(
        fmt::format("Mcp-Name header value '{}' does not match body value '{}'", shown(*header), shown(*body)));
}

}  // namespace

RpcError header_mismatch(std::string message) {
    return {.code = code::header_mismatch, .message = "Header mismatch: " + std::move(message), .http_status = 400};
}

Accepts accepts(const Headers& headers) {
    if (headers.get("accept").data() == nullptr) return {.json = true, .stream = true};
    Accepts result;
    bool says_something = false;
    // A list may stand in two fields (RFC 9110 section 5.3).
    for (auto rest : {headers.get("accept"), headers.last("accept")}) {
        says_something = says_something || !base::trim(rest).empty();
        while (true) {
            const auto comma = rest.find(',');
            const auto range = rest.substr(0, comma);
            result.json = result.json || matches(range, "application/json");
            result.stream = result.stream || matches(range, "text/event-stream");
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return says_something ? result : Accepts{.json = true, .stream = true};
}

bool is_json(std::string_view content_type) {
    return base::iequals(base::trim(content_type.substr(0, content_type.find(';'))), "application/json");
}

std::optional<std::string> decoded(std::string_view value) {
    constexpr std::string_view prefix = "=?base64?";
    constexpr std::string_view suffix = "?=";
    if (!is_header_safe(value)) return std::nullopt;
    if (!value.starts_with(prefix) || !value.ends_with(suffix) || value.size() < prefix.size() + suffix.size()) {
        return std::string{value};
    }
    auto bytes = base::from_base64(value.substr(prefix.size(), value.size() - prefix.size() - suffix.size()));
    if (!bytes || !base::is_valid_utf8(*bytes)) return std::nullopt;
    return std::move(*bytes);
}

std::optional<RpcError> check_headers(const Headers& headers, const Message& message, const Registry::ToolEntry* tool) {
    const auto count = headers.count("mcp-method");
    if (count == 0) return header_mismatch("Mcp-Method is missing");
    if (count > 1) return header_mismatch("Mcp-Method was sent more than once");
    if (const auto header = headers.get("mcp-method"); header != message.method) {
        return header_mismatch(fmt::format("Mcp-Method header value '{}' does not match body value '{}'", shown(header),
                                           shown(message.method)));
    }
    if (const auto parameter = named_parameter(method_from(message.method)); !parameter.empty()) {
        if (auto error = check_name(headers, message, parameter)) return error;
    }
    if (tool == nullptr || tool->headers.empty()) return std::nullopt;
    static const json::object nothing;
    const auto* arguments = find_object(*message.params, "arguments");
    for (const auto& parameter : tool->headers) {
        if (auto error = check_parameter(headers, arguments ? *arguments : nothing, parameter)) return error;
    }
    return std::nullopt;
}

}  // namespace mcp::http
