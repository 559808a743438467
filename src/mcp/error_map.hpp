/// The one table from `base::Error` to what a client gets (DESIGN.md section 5): a tool error that the model can read
/// and mend, a JSON-RPC error for misuse of the protocol, an HTTP status as long as the head is unsent. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "mcp/revision.hpp"

namespace mcp {

/// JSON-RPC 2.0 and MCP's own codes (specification 2026-07-28, "Error Codes").
namespace code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int resource_not_found = -32002;  ///< 2025-11-25 and older
inline constexpr int header_mismatch = -32020;
inline constexpr int missing_client_capability = -32021;
inline constexpr int unsupported_version = -32022;
}  // namespace code

/// A JSON-RPC error, and the HTTP status that goes with it.
struct RpcError {
    int code = code::internal_error;
    std::string message;
    std::string data_json = {};  ///< empty: none
    int http_status = 200;
    std::optional<std::chrono::seconds> retry_after = {};
};

enum class Asked : std::uint8_t { tool, resource, prompt, completion, other };

enum class Surface : std::uint8_t {
    tool_error,  ///< a result with `isError: true`
    rpc_error,
    silence,  ///< the client cancelled: no answer
};

struct Mapped {
    Surface surface = Surface::rpc_error;
    std::string text;  ///< for the model: what happened and what to do next; clean of control characters
    RpcError rpc;      ///< filled for both: a tool error becomes this where no result may be sent
};

/// `head_sent`: the HTTP status is out (or there is none, on stdio): overload is then a tool error too.
Mapped map_error(const base::Error& error, Revision revision, Asked asked, bool head_sent);

/// The text of a tool error: message, then what to do next.
std::string advice(const base::Error& error);

}  // namespace mcp
