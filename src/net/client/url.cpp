#include "net/client/url.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace net::client {
namespace {

std::unexpected<base::Error> broken(std::string_view url, std::string_view why) {
    return base::fail(base::Kind::bad_argument, fmt::format("'{}' is not a URL: {}", base::ellipsize(url, 200), why));
}

bool is_ipv6(std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> address;
    return inet_pton(AF_INET6, std::string{text}.c_str(), address.data()) == 1;
}

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
}

bool is_target_char(char c) { return c > ' ' && c < 0x7f && c != '#'; }

std::optional<std::uint16_t> parse_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(port);
}

/// RFC 3986 section 5.2.4 on an absolute path.
std::string without_dots(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const auto end = std::min(path.find('/', 1), path.size());
        const auto segment = path.substr(0, end);  // with its '/'
        path.remove_prefix(end);
        if (segment == "/.") {
            if (path.empty()) out += '/';
        } else if (segment == "/..") {
            out.resize(out.empty() ? 0 : out.rfind('/'));
            if (path.empty()) out += '/';
        } else {
            out += segment;
        }
    }
    return out.empty() ? "/" : out;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

std::optional<std::string> decode_form(std::string_view text) {
    const auto digit = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%') {
            const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

bool is_host(std::string_view host) {
    if (host.empty() || host.size() > 255) return false;
    if (host.find(':') != std::string_view::npos) return is_ipv6(host);
    return std::all_of(host.begin(), host.end(), is_name_char);
}

base::Result<Url> Url::parse(std::string_view text) {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos) return broken(text, "it does not begin with https://");
    Url url;
    const auto scheme = text.substr(0, colon);
    if (base::iequals(scheme, "https")) {
        url.scheme = Scheme::https;
    } else if (base::iequals(scheme, "http")) {
        url.scheme = Scheme::http;
    } else {
        return broken(text, "its scheme is neither https nor http");
    }
    const auto rest = text.substr(colon + 3);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    auto authority = rest.substr(0, end);
    // What it is may be a password: it is not repeated in the message.
    if (authority.find('@') != std::string_view::npos) {
        return base::fail(base::Kind::bad_argument, "a URL with a user or password in it is refused");
    }
    url.port = url.secure() ? 443 : 80;
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return broken(text, "a bracket is not closed");
        port = authority.substr(close + 1);
        authority = authority.substr(1, close - 1);
        if (!is_ipv6(authority)) return broken(text, "what stands in brackets is no IPv6 address");
    } else if (const auto mark = authority.find(':'); mark != std::string_view::npos) {
        port = authority.substr(mark);
        authority = authority.substr(0, mark);
    }
    if (!port.empty()) {
        if (port.front() != ':') return broken(text, "its port is malformed");
        if (port.size() > 1) {
            const auto number = parse_port(port.substr(1));
            if (!number) return broken(text, "its port is not a number from 1 to 65535");
            url.port = *number;
        }
    }
    if (!is_host(authority)) return broken(text, "its host is malformed");
    url.host = base::to_lower(authority);
    auto target = rest.substr(end);
    target = target.substr(0, target.find('#'));
    if (!std::all_of(target.begin(), target.end(), is_target_char)) {
        return broken(text, "it holds spaces, control characters or characters outside ASCII");
    }
    url.target = target.starts_with('/') ? std::string{target} : "/" + std::string{target};
    return url;
}

base::Result<Url> Url::resolve(std::string_view location) const {
    location = base::trim(location);
    location = location.substr(0, location.find('#'));
    const auto colon = location.find(':');
    const auto other = location.find_first_of("/?");
    if (colon != std::string_view::npos && (other == std::string_view::npos || colon < other)) return parse(location);
    if (location.starts_with("//")) return parse((secure() ? "https:" : "http:") + std::string{location});
    if (!std::all_of(location.begin(), location.end(), is_target_char)) {
        return broken(location, "it holds spaces, control characters or characters outside ASCII");
    }
    Url url = *this;
    if (location.empty()) return url;
    const std::string_view here = target;
    const auto path = here.substr(0, here.find('?'));
    if (location.starts_with('?')) {
        url.target = std::string{path} + std::string{location};
        return url;
    }
    const auto mark = std::min(location.find('?'), location.size());
    std::string joined{location.substr(0, mark)};
    if (!joined.starts_with('/')) joined = std::string{path.substr(0, path.rfind('/') + 1)} + joined;
    url.target = without_dots(joined) + std::string{location.substr(mark)};
    return url;
}

std::string Url::authority() const {
    const bool v6 = host.find(':') != std::string::npos;
    if (!has_default_port()) return host_and_port();
    return v6 ? "[" + host + "]" : host;
}

std::string Url::host_and_port() const {
    const bool v6 = host.find(':') != std::string::npos;
    return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Url::origin() const { return (secure() ? "https://" : "http://") + host_and_port(); }

std::string Url::to_string() const { return (secure() ? "https://" : "http://") + authority() + target; }

std::string encode_segment(std::string_view text) {
    if (text == ".") return "%2E";
    if (text == "..") return "%2E%2E";
    return encode_query(text);
}

std::string encode_query(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            append_escaped(out, c);
        }
    }
    return out;
}

void append_query(std::string& target, std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += encode_query(name);
    target += '=';
    target += encode_query(value);
}

base::Result<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const auto pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = decode_form(pair.substr(0, equals));
        auto value = decode_form(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) return base::fail(base::Kind::bad_argument, "a form's %XX escape is broken");
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

std::string write_form(const std::vector<std::pair<std::string, std::string>>& pairs) {
    const auto encode = [](std::string_view text) {
        std::string out;
        for (const char c : text) {
            if (c == ' ') {
                out += '+';
            } else if (is_unreserved(c) && c != '~') {
                out += c;
            } else {
                append_escaped(out, c);
            }
        }
        return out;
    };
    std::string out;
    for (const auto& [name, value] : pairs) {
        if (!out.empty()) out += '&';
        out += encode(name) + '=' + encode(value);
    }
    return out;
}

}  // namespace net::client
