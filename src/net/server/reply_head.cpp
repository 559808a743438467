#include "net/server/reply_head.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace net {

HeaderLines& HeaderLines::add(std::string_view name, std::string_view value) {
    lines_.reserve(lines_.size() + name.size() + value.size() + 4);
    lines_.append(name).append(": ");
    const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
    if (std::any_of(value.begin(), value.end(), is_control)) {
        for (const char c : value) lines_.push_back(is_control(c) ? ' ' : c);
    } else {
        lines_.append(value);
    }
    lines_.append("\r\n");
    return *this;
}

HeaderLines& HeaderLines::add(const HeaderLines& other) {
    lines_.append(other.lines_);
    return *this;
}

bool HeaderLines::has(std::string_view name) const {
    for (std::size_t at = 0; at < lines_.size();) {
        const auto line = std::string_view{lines_}.substr(at, lines_.find("\r\n", at) - at);
        if (base::iequals(line.substr(0, line.find(':')), name)) return true;
        at += line.size() + 2;
    }
    return false;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 426: return "Upgrade Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "Unknown";
    }
}

}  // namespace net
