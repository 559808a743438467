/// Server-Sent Events as bytes (WHATWG HTML, "Server-sent events"). Pure.
#pragma once

#include <chrono>
#include <string_view>

#include "base/payload.hpp"

namespace mcp::http {

/// One message event; `id` may be empty.
base::Payload event(base::Payload message, std::string_view id);
/// An event without data that gives the client its first id and its pause before coming back (2025-11-25, "priming").
base::Payload priming_event(std::string_view id, std::chrono::milliseconds retry);
/// A comment: keeps proxies from closing a quiet stream.
base::Payload comment();

}  // namespace mcp::http
