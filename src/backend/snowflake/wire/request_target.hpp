/// Paths and query strings of the driver API: every id in them percent-encoded, every request with its ids.
///
/// `requestId` names a request and stays the same when it is sent again; `request_guid` is new for each attempt. Pure,
/// but for the generator of ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/session.hpp"

namespace backend::snowflake {

/// A random UUID (version 4), lower case.
std::string new_request_id();

/// Does it look like a query id: 8-4-4-4-12 hexadecimal digits. Whatever comes from a caller must.
bool is_query_id(std::string_view text);

/// How often a query-request was sent before (docs/snowflake-protocol.md, retries).
struct Resend {
    int count = 0;                     ///< 0: the first time, nothing is added
    int reason = 0;                    ///< the HTTP status that made us try again; 0: the connection failed
    std::int64_t client_start_ms = 0;  ///< when the first one was sent, milliseconds since 1970
};

std::string login_target(std::string_view request_id, const Context& context);
std::string authenticator_target(std::string_view request_id);
std::string token_target(std::string_view request_id);
std::string heartbeat_target(std::string_view request_id);
std::string logout_target(std::string_view request_id);
std::string query_target(std::string_view request_id, const Resend& resend);
std::string abort_target(std::string_view request_id);  ///< by request: the body names which
std::string abort_query_target(std::string_view query_id, std::string_view request_id);
std::string result_target(std::string_view query_id, std::string_view request_id);
std::string monitoring_target(std::string_view query_id, std::string_view request_id);

/// The server's `getResultUrl` with fresh ids behind it. Absent where it is not a path of the driver API on this host.
std::optional<std::string> poll_target(std::string_view get_result_url, std::string_view request_id);

}  // namespace backend::snowflake
