#include "net/server/request_target.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace net {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_target_char(char c) { return c > 0x20 && c < 0x7f && c != '#'; }

/// reg-name and IPv4 of RFC 3986, percent-encoding left out: no name that we answer to has any.
bool is_name_char(char c) {
    return is_alnum(c) || std::string_view{"-._~!$&'()*+;="}.find(c) != std::string_view::npos;
}

bool is_port(std::string_view port) { return port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit); }

TargetParts split_query(std::string_view target) {
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) return {.path = target, .query = {}, .authority = {}};
    return {.path = target.substr(0, mark), .query = target.substr(mark + 1), .authority = {}};
}

}  // namespace

HostPort split_host_port(std::string_view authority) {
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
        return {.host = authority, .port = {}};
    }
    return {.host = authority.substr(0, colon), .port = authority.substr(colon + 1)};
}

bool is_valid_host(std::string_view host) {
    if (host.empty()) return true;
    const auto [name, port] = split_host_port(host);
    if (!is_port(port)) return false;
    if (name.starts_with('[')) {
        const auto address = name.substr(1, name.size() - 2);
        return name.ends_with(']') && !address.empty() &&
               std::all_of(address.begin(), address.end(), [](char c) { return is_hex(c) || c == ':' || c == '.'; });
    }
    return !name.empty() && std::all_of(name.begin(), name.end(), is_name_char);
}

std::optional<TargetParts> parse_target(std::string_view method, std::string_view target) {
    if (target.empty() || !std::all_of(target.begin(), target.end(), is_target_char)) return {};
    if (method == "CONNECT") {
        const auto [host, port] = split_host_port(target);
        if (host.empty() || port.empty() || !is_valid_host(target)) return {};
        return TargetParts{.path = {}, .query = {}, .authority = target};
    }
    if (target == "*") {
        if (method != "OPTIONS") return {};
        return TargetParts{.path = target, .query = {}, .authority = {}};
    }
    if (target.front() == '/') return split_query(target);

    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos) return {};
    const auto name = target.substr(0, scheme);
    if (!base::iequals(name, "http") && !base::iequals(name, "https")) return {};
    const auto rest = target.substr(scheme + 3);
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    const auto authority = rest.substr(0, end);
    if (authority.empty() || !is_valid_host(authority)) return {};
    auto parts = split_query(rest.substr(end));
    // "OPTIONS http://host" asks about the server, like "*" (RFC 9112 section 3.2.4).
    if (parts.path.empty()) parts.path = method == "OPTIONS" && end == rest.size() ? "*" : "/";
    parts.authority = authority;
    return parts;
}

}  // namespace net
