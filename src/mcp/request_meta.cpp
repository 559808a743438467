#include "mcp/request_meta.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>

#include "base/json_writer.hpp"
#include "mcp/session.hpp"

namespace mcp {
namespace {

namespace json = boost::json;

std::unexpected<RpcError> wrong(std::string_view key, std::string_view why, Revision revision) {
    return std::unexpected{RpcError{.code = code::invalid_params,
                                    .message = fmt::format("params._meta[\"{}\"] {}", key, why),
                                    .http_status = is_stateless(revision) ? 400 : 200}};
}

std::string token_text(const json::value& token) {
    std::string text;
    if (token.is_string()) {
        base::append_json_string(text, std::string_view{token.get_string()});
    } else if (token.is_int64()) {
        base::JsonWriter{text}.number(token.get_int64());
    } else if (token.is_uint64()) {
        base::JsonWriter{text}.number(token.get_uint64());
    } else if (token.is_double()) {
        base::JsonWriter{text}.number(token.get_double());
    }
    return text;
}

/// Null and a problem, or the object; null alone where it is absent.
struct Part {
    const json::object* object = nullptr;
    bool wrong = false;
};
Part object_at(const json::object& meta, std::string_view key) {
    const auto* value = meta.if_contains(key);
    if (value == nullptr) return {};
    return {value->if_object(), !value->is_object()};
}

std::expected<void, RpcError> read_stateless(const json::object* meta, Revision revision, RequestMeta& result) {
    if (meta == nullptr || !find_string(*meta, meta_key::version)) {
        return wrong(meta_key::version, "is required: a string", revision);
    }
    const auto capabilities = object_at(*meta, meta_key::client_capabilities);
    if (capabilities.object == nullptr) return wrong(meta_key::client_capabilities, "is required: an object", revision);
    result.client.capabilities = capabilities_from(*capabilities.object);
    const auto info = object_at(*meta, meta_key::client_info);
    if (info.wrong) return wrong(meta_key::client_info, "must be an object", revision);
    if (info.object != nullptr) {
        result.client.name = find_string(*info.object, "name").value_or("");
        result.client.version = find_string(*info.object, "version").value_or("");
    }
    if (const auto* level = meta->if_contains(meta_key::log_level)) {
        if (level->is_string()) result.log_level = log_level_from(std::string_view{level->get_string()});
        if (!result.log_level)
            return wrong(meta_key::log_level, "is no log level (\"debug\" to \"emergency\")", revision);
    }
    return {};
}

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

std::optional<std::string_view> declared_version(const Message& message) {
    return message.meta == nullptr ? std::nullopt : find_string(*message.meta, meta_key::version);
}

std::expected<RequestMeta, RpcError> read_meta(const Message& message, Revision revision) {
    RequestMeta result;
    if (is_stateless(revision)) {
        if (auto read = read_stateless(message.meta, revision, result); !read) return std::unexpected{read.error()};
    }
    if (message.meta == nullptr) return result;
    if (const auto* token = message.meta->if_contains("progressToken")) {
        result.progress_token = token_text(*token);
        if (result.progress_token.empty()) return wrong("progressToken", "must be a string or a number", revision);
    }
    if (const auto parent = find_string(*message.meta, "traceparent")) {
        result.trace = trace_from(*parent, find_string(*message.meta, "tracestate").value_or(""));
    }
    return result;
}

async::TraceContext trace_from(std::string_view traceparent, std::string_view tracestate) {
    // "00-" trace id (32) "-" parent id (16) "-" flags (2); a newer version may go on behind a dash.
    constexpr std::size_t length = 55;
    if (traceparent.size() < length || traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') {
        return {};
    }
    const auto version = traceparent.substr(0, 2);
    const auto trace = traceparent.substr(3, 32);
    const auto parent = traceparent.substr(36, 16);
    const auto flags = traceparent.substr(53, 2);
    if (!is_hex(version) || version == "ff" || !is_hex(trace) || all_zero(trace) || !is_hex(parent) ||
        all_zero(parent) || !is_hex(flags)) {
        return {};
    }
    if (traceparent.size() > length && (version == "00" || traceparent[length] != '-')) return {};
    unsigned bits = 0;
    std::from_chars(flags.data(), flags.data() + flags.size(), bits, 16);
    async::TraceContext context{
        .trace_id = std::string{trace}, .parent_id = std::string{parent}, .sampled = (bits & 1U) != 0, .state = {}};
    if (tracestate.size() <= 512) context.state = std::string{tracestate};
    return context;
}

}  // namespace mcp
