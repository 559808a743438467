#include "backend/snowflake/wire/request_target.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "base/encoding.hpp"
#include "net/client/url.hpp"

namespace backend::snowflake {

namespace {

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// `path` with the request's name and a new name for this attempt.
std::string with_ids(std::string_view path, std::string_view request_id, char first = '?') {
    return fmt::format("{}{}requestId={}&request_guid={}", path, first, net::client::encode_query(request_id),
                       new_request_id());
}

void append_value(std::string& target, std::string_view name, std::string_view value) {
    if (!value.empty()) {
        net::client::append_query(target, name, value);
    }
}

}  // namespace

std::string new_request_id() {
    std::string bytes = base::random_bytes(16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
    std::string id = base::hex(bytes);
    for (const std::size_t at : {20U, 16U, 12U, 8U}) {
        id.insert(at, 1, '-');
    }
    return id;
}

bool is_query_id(std::string_view text) {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i])) {
            return false;
        }
    }
    return true;
}

std::string login_target(std::string_view request_id, const Context& context) {
    std::string target = with_ids("/session/v1/login-request", request_id);
    append_value(target, "databaseName", context.database);
    append_value(target, "schemaName", context.schema);
    append_value(target, "warehouse", context.warehouse);
    append_value(target, "roleName", context.role);
    return target;
}

std::string authenticator_target(std::string_view request_id) {
    return with_ids("/session/authenticator-request", request_id);
}
std::string token_target(std::string_view request_id) { return with_ids("/session/token-request", request_id); }
std::string heartbeat_target(std::string_view request_id) { return with_ids("/session/heartbeat", request_id); }
std::string logout_target(std::string_view request_id) { return with_ids("/session?delete=true", request_id, '&'); }

std::string query_target(std::string_view request_id, const Resend& resend) {
    std::string target = with_ids("/queries/v1/query-request", request_id);
    if (resend.count > 0) {
        target += fmt::format("&retry=true&retryCount={}&retryReason={}&clientStartTime={}", resend.count,
                              resend.reason, resend.client_start_ms);
    }
    return target;
}

std::string abort_target(std::string_view request_id) { return with_ids("/queries/v1/abort-request", request_id); }

std::string abort_query_target(std::string_view query_id, std::string_view request_id) {
    return with_ids(fmt::format("/queries/{}/abort-request", net::client::encode_segment(query_id)), request_id);
}

std::string result_target(std::string_view query_id, std::string_view request_id) {
    return with_ids(fmt::format("/queries/{}/result", net::client::encode_segment(query_id)), request_id);
}

std::string monitoring_target(std::string_view query_id, std::string_view request_id) {
    return with_ids(fmt::format("/monitoring/queries/{}", net::client::encode_segment(query_id)), request_id);
}

std::optional<std::string> poll_target(std::string_view get_result_url, std::string_view request_id) {
    if (!get_result_url.starts_with("/queries/") || get_result_url.find("..") != std::string_view::npos) {
        return std::nullopt;
    }
    for (const char c : get_result_url) {
        if (c <= ' ' || c == '\x7f' || c == '#' || c == '\\' || static_cast<unsigned char>(c) >= 0x80) {
            return std::nullopt;
        }
    }
    return with_ids(get_result_url, request_id, get_result_url.find('?') == std::string_view::npos ? '?' : '&');
}

}  // namespace backend::snowflake
