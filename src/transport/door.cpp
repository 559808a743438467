#include "transport/door.hpp"

#include <algorithm>
#include <optional>

#include "access/settings.hpp"
#include "base/text.hpp"
#include "net/server/request_target.hpp"

namespace transport {
namespace {

struct Split {
    std::string host;  // lower case, without a final dot
    std::string port;
};

Split split(std::string_view authority) {
    const auto parts = net::split_host_port(authority);
    auto host = base::to_lower(parts.host);
    if (host.ends_with('.')) host.pop_back();
    return {std::move(host), std::string{parts.port}};
}

struct Origin {
    std::string scheme;
    Split at;
};

/// scheme "://" host [":" port], and nothing behind it (RFC 6454 section 6.2).
std::optional<Origin> parse_origin(std::string_view origin) {
    const auto mark = origin.find("://");
    if (mark == std::string_view::npos || mark == 0) return {};
    const auto authority = origin.substr(mark + 3);
    if (authority.empty() || !net::is_valid_host(authority)) return {};
    Origin found{base::to_lower(origin.substr(0, mark)), split(authority)};
    // A browser leaves out the scheme's own port.
    if (found.at.port.empty() && found.scheme == "http") found.at.port = "80";
    if (found.at.port.empty() && found.scheme == "https") found.at.port = "443";
    return found;
}

}  // namespace

Door::Door(const Settings& settings) {
    for (const auto& entry : settings.allowed_hosts) {
        if (entry == "*") {
            any_host_ = true;
            continue;
        }
        auto parts = split(entry.starts_with("*.") ? std::string_view{entry}.substr(1) : std::string_view{entry});
        hosts_.push_back({.host = std::move(parts.host), .port = std::move(parts.port), .scheme = {}});
    }
    for (const auto& entry : settings.allowed_origins) {
        if (entry == "*") {
            any_origin_ = true;
        } else if (auto origin = parse_origin(entry)) {
            origins_.push_back({.host = std::move(origin->at.host),
                                .port = std::move(origin->at.port),
                                .scheme = std::move(origin->scheme)});
        }
    }
}

bool Door::Name::matches(std::string_view candidate, std::string_view candidate_port) const {
    if (!port.empty() && port != candidate_port) return false;
    if (host.starts_with('.')) return candidate.size() > host.size() && candidate.ends_with(host);
    return candidate == host;
}

bool Door::admits_host(std::string_view host) const {
    if (any_host_) return true;
    if (host.empty() || !net::is_valid_host(host)) return false;
    const auto parts = split(host);
    if (access_control::is_loopback(parts.host)) return true;
    return std::any_of(hosts_.begin(), hosts_.end(),
                       [&](const Name& name) { return name.matches(parts.host, parts.port); });
}

bool Door::admits_origin(std::string_view origin, std::string_view host) const {
    if (any_origin_) return true;
    const auto page = parse_origin(origin);
    if (!page) return false;  // "null" too: a page that hides where it is from
    const bool listed = std::any_of(origins_.begin(), origins_.end(), [&](const Name& name) {
        return name.scheme == page->scheme && name.matches(page->at.host, page->at.port);
    });
    if (listed) return true;
    if (page->scheme != "http" && page->scheme != "https") return false;
    const auto asked = split(host);
    if (access_control::is_loopback(page->at.host) && access_control::is_loopback(asked.host)) return true;
    const auto own_port = asked.port.empty() ? (page->scheme == "http" ? "80" : "443") : asked.port;
    return !host.empty() && page->at.host == asked.host && page->at.port == own_port;
}

bool Door::is_host_entry(std::string_view entry) {
    if (entry == "*") return true;
    if (entry.starts_with("*.")) entry.remove_prefix(2);
    return !entry.empty() && entry.find('*') == std::string_view::npos && net::is_valid_host(entry);
}

bool Door::is_origin_entry(std::string_view entry) { return entry == "*" || parse_origin(entry).has_value(); }

}  // namespace transport
