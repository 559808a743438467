/// What a request line's target and a Host header may look like (RFC 9112 section 3.2, RFC 3986). Pure functions.
#pragma once

#include <optional>
#include <string_view>

namespace net {

/// Parts of a target; views into it. `authority` only of absolute forms.
struct TargetParts {
    std::string_view path;
    std::string_view query;
    std::optional<std::string_view> authority;
};

/// Origin form ("/mcp?x"), absolute form ("http://host/mcp"), "*" with OPTIONS, "host:port" with CONNECT. Nothing for
/// any other: characters outside printable ASCII, a fragment, user information, another scheme.
std::optional<TargetParts> parse_target(std::string_view method, std::string_view target);

/// `uri-host [ ":" port ]` as the Host header has it; empty is valid (RFC 9112: a target without authority).
bool is_valid_host(std::string_view host);

/// Host and port of an authority that `is_valid_host`; port is empty when absent. Brackets of IPv6 stay.
struct HostPort {
    std::string_view host;
    std::string_view port;
};
HostPort split_host_port(std::string_view authority);

}  // namespace net
