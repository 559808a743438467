#include "net/client/request_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace net::client {
namespace {

/// RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> token_table = [] {
    std::array<bool, 256> table{};
    for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
    for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
    for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
    for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

bool is_token(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return token_table[static_cast<unsigned char>(c)]; });
}

bool is_value(std::string_view text) {
    bool bad = false;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        bad |= (byte < 0x20 && byte != '\t') || byte == 0x7f;
    }
    return !bad;
}

bool is_target(std::string_view text) {
    bool bad = false;
    for (const char c : text) bad |= c <= ' ' || c == 0x7f || c == '#';
    return !bad && text.starts_with('/');
}

/// What the client writes itself, or what would change the connection.
bool is_ours(std::string_view name) {
    constexpr std::array<std::string_view, 9> names{"Host",       "Content-Length", "Transfer-Encoding",
                                                    "Connection", "Keep-Alive",     "Upgrade",
                                                    "TE",         "Trailer",        "Expect"};
    return std::any_of(names.begin(), names.end(), [&](std::string_view own) { return base::iequals(name, own); }) ||
           (name.size() >= 6 && base::iequals(name.substr(0, 6), "Proxy-"));
}

std::unexpected<base::Error> refuse(std::string message) {
    return base::fail(base::Kind::bad_argument, std::move(message));
}

}  // namespace

base::Result<void> write_request_head(std::string& out, const Request& request, const HeadForm& form) {
    const Url& url = request.url;
    if (!is_token(request.method) || request.method == "CONNECT") return refuse("the HTTP method is malformed");
    if (!is_target(url.target)) {
        return refuse("the path of an HTTP request holds spaces, control characters or characters outside ASCII");
    }
    if (!is_host(url.host) || url.port == 0) return refuse("the host of an HTTP request is malformed");
    const auto authority = url.authority();
    out.append(request.method).append(" ");
    if (form.absolute) out.append(url.secure() ? "https://" : "http://").append(authority);
    out.append(url.target).append(" HTTP/1.1\r\nHost: ").append(authority).append("\r\n");
    bool accepts = false;
    for (const auto& [name, value] : request.headers) {
        if (!is_token(name)) return refuse("the name of an HTTP header is malformed");
        if (is_ours(name)) return refuse(fmt::format("the HTTP header {} is set by the client itself", name));
        if (!is_value(value)) {
            return refuse(fmt::format("the value of the HTTP header {} holds control characters", name));
        }
        accepts = accepts || (name.size() == 15 && base::iequals(name, "Accept-Encoding"));
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (!accepts && request.decode) out.append("Accept-Encoding: gzip, deflate, zstd\r\n");
    if (!form.proxy_authorization.empty()) {
        out.append("Proxy-Authorization: ").append(form.proxy_authorization).append("\r\n");
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
        out.append("Content-Length: ").append(fmt::format_int{request.body.size()}.c_str()).append("\r\n");
    }
    out.append("\r\n");
    return {};
}

std::string write_connect_head(const std::string& host_and_port, std::string_view proxy_authorization) {
    std::string out = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", host_and_port);
    if (!proxy_authorization.empty()) out.append("Proxy-Authorization: ").append(proxy_authorization).append("\r\n");
    return out.append("\r\n");
}

bool is_repeatable(const Request& request) {
    switch (request.repeat) {
        case Repeat::allowed: return true;
        case Repeat::never: return false;
        case Repeat::by_method: break;
    }
    constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    return std::find(methods.begin(), methods.end(), request.method) != methods.end();
}

}  // namespace net::client
