/// Where a request goes: scheme, host, port and target, and how their parts are written (RFC 3986, RFC 9110 section 4).
///
/// Place: everybody who speaks HTTP outwards. Pure; values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace net::client {

enum class Scheme : std::uint8_t { http, https };

struct Url {
    Scheme scheme = Scheme::https;
    std::string host;  ///< lower case; an IPv6 address without its brackets
    std::uint16_t port = 443;
    std::string target = "/";  ///< path and query, percent-encoded, as in the request line

    /// "https://host[:port][/path][?query]". A fragment is left out; user information is refused (no secret belongs in
    /// a URL), and so are other schemes, an empty host and characters outside printable ASCII. Errors: `bad_argument`.
    static base::Result<Url> parse(std::string_view text);
    /// What a `Location` header names, seen from here: absolute, "//host/…", "/path" or relative (RFC 3986
    /// section 5.2).
    base::Result<Url> resolve(std::string_view location) const;

    bool secure() const { return scheme == Scheme::https; }
    bool has_default_port() const { return port == (secure() ? 443 : 80); }
    std::string authority() const;      ///< "host", "host:8443", "[::1]:8443": what a Host header says
    std::string host_and_port() const;  ///< always with the port: for CONNECT and messages
    std::string origin() const;         ///< "https://host:443": equal for everything one connection may serve
    std::string to_string() const;

    bool operator==(const Url&) const = default;
};

/// True for a name or an IP literal that may stand in a URL and a Host header (no port, no brackets).
bool is_host(std::string_view host);

/// Everything but RFC 3986's unreserved characters becomes %XX: '/' too, so a name can never be two segments. A segment
/// that is "." or ".." is encoded as well.
std::string encode_segment(std::string_view text);
/// For a query's name or value; a space becomes %20, never '+'.
std::string encode_query(std::string_view text);
/// Appends "?name=value" or "&name=value", both encoded.
void append_query(std::string& target, std::string_view name, std::string_view value);
/// The pairs of an application/x-www-form-urlencoded text, decoded ('+' is a space); `bad_argument` for a broken
/// escape.
base::Result<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text);
/// "a=1&b=2" as application/x-www-form-urlencoded (a space is '+').
std::string write_form(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace net::client
