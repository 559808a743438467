/// What `params._meta` of a request says (specification 2026-07-28, "`_meta`"; before: progress token only). Pure.
#pragma once

#include <boost/json/fwd.hpp>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "async/call.hpp"
#include "mcp/context.hpp"
#include "mcp/error_map.hpp"
#include "mcp/message.hpp"

namespace mcp {

namespace meta_key {
inline constexpr std::string_view version = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view client_info = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view client_capabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view log_level = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view subscription = "io.modelcontextprotocol/subscriptionId";
inline constexpr std::string_view server_info = "io.modelcontextprotocol/serverInfo";
}  // namespace meta_key

/// Views live as long as the message's tree.
struct RequestMeta {
    std::string progress_token;  ///< JSON text; empty: no progress wanted
    std::optional<LogLevel> log_level;
    ClientInfo client;  ///< stateless era only
    async::TraceContext trace;
};

/// The revision a message declares for itself, if any (any text).
std::optional<std::string_view> declared_version(const Message& message);

/// Errors: -32602 that names the field; in the stateless era also for a required field that is missing.
std::expected<RequestMeta, RpcError> read_meta(const Message& message, Revision revision);

/// W3C Trace Context, "traceparent": version 00, not all zero. Empty trace where it is not valid.
async::TraceContext trace_from(std::string_view traceparent, std::string_view tracestate);

}  // namespace mcp
