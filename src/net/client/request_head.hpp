/// The request line and headers as bytes; what could forge another line is refused (RFC 9112 sections 3 and 5).
///
/// Place: under `HttpClient`. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/client/request.hpp"

namespace net::client {

/// How the way to the server shapes the head.
struct HeadForm {
    bool absolute = false;                 ///< the whole URL as target: an http:// request through a proxy
    std::string_view proxy_authorization;  ///< with it, or empty
};

/// Appends the head of `request`, which ends with an empty line. Errors: `bad_argument` that names the part.
base::Result<void> write_request_head(std::string& out, const Request& request, const HeadForm& form);

/// A proxy's CONNECT for `host_and_port`.
std::string write_connect_head(const std::string& host_and_port, std::string_view proxy_authorization);

/// May it be sent a second time without an answer to the first?
bool is_repeatable(const Request& request);

}  // namespace net::client
