/// What the headers of a request must say (specification 2026-07-28, "Request Metadata", "Server Validation"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mcp/error_map.hpp"
#include "mcp/http/endpoint.hpp"
#include "mcp/message.hpp"
#include "mcp/registry.hpp"

namespace mcp::http {

/// What the client can take (`Accept`, RFC 9110 section 12.5.1; without the header: anything).
struct Accepts {
    bool json = false;
    bool stream = false;
};
Accepts accepts(const Headers& headers);

/// `application/json`, parameters allowed.
bool is_json(std::string_view content_type);

/// `Mcp-Method` and `Mcp-Name` against the body, then `Mcp-Param-*` of the tool that is called (null: none known).
/// The error is -32020, HTTP 400.
std::optional<RpcError> check_headers(const Headers& headers, const Message& message, const Registry::ToolEntry* tool);

RpcError header_mismatch(std::string message);

/// A header value that may be in the form `=?base64?…?=`; empty where that is malformed or has characters that a header
/// must not have.
std::optional<std::string> decoded(std::string_view value);

}  // namespace mcp::http
