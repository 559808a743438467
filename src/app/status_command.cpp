#include "app/status_command.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"

namespace app {
namespace {

constexpr int ready = 0;
constexpr int wrong_usage = 2;
constexpr int not_ready = 4;
constexpr int no_answer = 5;

constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};
constexpr std::size_t largest_answer = std::size_t{16} << 20;

struct Place {
    std::string socket;  // else host and port
    std::string host;
    std::string port;
    std::string shown;
};

std::unexpected<base::Error> unreachable(const Place& place, std::string_view why) {
    return base::fail(base::Kind::unavailable, fmt::format("no server answers at {}: {}", place.shown, why));
}

base::Result<base::Fd> connected(const Place& place, int family, const sockaddr* address, socklen_t size) {
    base::Fd fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (fd.get() < 0) return unreachable(place, std::strerror(errno));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(fd.get(), address, size) != 0) return unreachable(place, std::strerror(errno));
    return fd;
}

base::Result<base::Fd> connect_to(const Place& place) {
    if (!place.socket.empty()) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (place.socket.size() >= sizeof address.sun_path) return unreachable(place, "the path is too long");
        std::memcpy(address.sun_path, place.socket.c_str(), place.socket.size() + 1);
        return connected(place, AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(place.host.c_str(), place.port.c_str(), &hints, &found); error != 0) {
        return unreachable(place, ::gai_strerror(error));
    }
    base::Result<base::Fd> last = unreachable(place, "the name has no address");
    for (const auto* each = found; each != nullptr; each = each->ai_next) {
        last = connected(place, each->ai_family, each->ai_addr, each->ai_addrlen);
        if (last) break;
    }
    ::freeaddrinfo(found);
    return last;
}

struct Reply {
    int status = 0;
    std::string body;
};

/// One request of HTTP/1.0: the answer ends with the connection.
base::Result<Reply> ask(const Place& place, std::string_view token) {
    auto fd = connect_to(place);
    if (!fd) return base::fail(std::move(fd.error()));
    std::string host = place.socket.empty() ? place.host : "localhost";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    std::string bytes = fmt::format("GET /status HTTP/1.0\r\nHost: {}\r\n", host);
    if (!token.empty()) bytes += fmt::format("Authorization: Bearer {}\r\n", token);
    bytes += "\r\n";
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto wrote = ::send(fd->get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (wrote <= 0 && errno != EINTR) return unreachable(place, std::strerror(errno));
        sent += wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
    }
    std::string text;
    char block[16 * 1024];
    for (;;) {
        const auto got = ::recv(fd->get(), block, sizeof block, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unreachable(place, "it did not answer in time");
        if (got == 0) break;
        text.append(block, static_cast<std::size_t>(got));
        if (text.size() > largest_answer) return unreachable(place, "its answer is too long");
    }
    const auto head = text.find("\r\n\r\n");
    Reply reply;
    const bool is_http = text.starts_with("HTTP/1.") && text.size() > 12 && head != std::string::npos;
    if (!is_http || std::from_chars(text.data() + 9, text.data() + 12, reply.status).ec != std::errc{}) {
        return unreachable(place, "what answers there does not speak HTTP");
    }
    reply.body = text.substr(head + 4);
    return reply;
}

base::Result<Place> place_of(const StatusArguments& arguments, const admin::Settings& settings) {
    const auto by_socket = [](const std::string& path) {
        return Place{.socket = path, .host = {}, .port = {}, .shown = path};
    };
    if (!arguments.socket.empty()) return by_socket(arguments.socket);
    if (arguments.url.empty()) {
        if (!settings.socket.empty()) return by_socket(settings.socket);
        if (settings.token.empty()) {
            return base::fail(base::Kind::bad_argument,
                              "neither ADMIN_SOCKET nor ADMIN_TOKEN is set, so no server of these settings tells its "
                              "status: set one of them for the server, or name it with --socket PATH or --url "
                              "http://HOST:PORT");
        }
        const auto port = std::to_string(arguments.metrics_port);
        return Place{.socket = {},
                     .host = arguments.metrics_host,
                     .port = port,
                     .shown = fmt::format("http://{}:{}", arguments.metrics_host, port)};
    }
    std::string_view rest = arguments.url;
    constexpr std::string_view scheme = "http://";
    if (!rest.starts_with(scheme)) {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("--url is {}: allowed is http://HOST:PORT", arguments.url));
    }
    rest.remove_prefix(scheme.size());
    rest = rest.substr(0, rest.find('/'));
    const bool bracketed = rest.starts_with('[');
    const auto end = bracketed ? rest.find(']') : rest.rfind(':');
    Place place{.socket = {}, .host = {}, .port = "80", .shown = arguments.url};
    if (bracketed && end != std::string_view::npos) {
        place.host = rest.substr(1, end - 1);
        if (rest.size() > end + 2) place.port = rest.substr(end + 2);
    } else {
        place.host = rest.substr(0, end);
        if (end != std::string_view::npos) place.port = rest.substr(end + 1);
    }
    return place;
}

void append_lines(std::string& out, const boost::json::value& value, std::string_view name, std::size_t depth) {
    const std::string indent(depth * 2, ' ');
    if (value.is_object()) {
        out += fmt::format("{}{}:\n", indent, base::escape_untrusted(name));
        for (const auto& field : value.get_object()) append_lines(out, field.value(), field.key(), depth + 1);
        return;
    }
    const auto text = value.is_string() ? std::string{value.get_string()} : boost::json::serialize(value);
    out += fmt::format("{}{}: {}\n", indent, base::escape_untrusted(name), base::escape_untrusted(text));
}

}  // namespace

std::string status_text(const std::string& json) {
    boost::system::error_code error;
    const auto value = boost::json::parse(json, error);
    if (error || !value.is_object()) return json + "\n";
    std::string out;
    for (const auto& field : value.get_object()) {
        if (field.key() != "probes") append_lines(out, field.value(), field.key(), 0);
    }
    if (const auto* probes = value.get_object().if_contains("probes"); probes && probes->is_object()) {
        for (const auto& probe : probes->get_object()) append_lines(out, probe.value(), probe.key(), 0);
    }
    return out;
}

int run_status_command(const StatusArguments& arguments, const admin::Settings& settings, std::ostream& out,
                       std::ostream& err) {
    const auto place = place_of(arguments, settings);
    if (!place) {
        err << "snowflake-mcp: " << place.error().message() << "\n";
        return wrong_usage;
    }
    const auto reply = ask(*place, place->socket.empty() ? settings.token.reveal() : std::string_view{});
    if (!reply) {
        err << "snowflake-mcp: " << reply.error().message() << "\n";
        return no_answer;
    }
    if (reply->status != 200) {
        const std::string_view hint = reply->status == 401 ? ": set ADMIN_TOKEN to the server's"
                                      : reply->status == 404
                                          ? ": it has no control plane there (ADMIN_SOCKET, ADMIN_TOKEN)"
                                          : "";
        err << fmt::format("snowflake-mcp: the server at {} answered {}{}\n", place->shown, reply->status, hint);
        return not_ready;
    }
    out << (arguments.json ? reply->body + "\n" : status_text(reply->body));
    boost::system::error_code error;
    const auto value = boost::json::parse(reply->body, error);
    const auto says = [&](std::string_view name, std::string_view wanted) {
        const auto* field = !error && value.is_object() ? value.get_object().if_contains(name) : nullptr;
        return field != nullptr && field->is_string() && std::string_view{field->get_string()} == wanted;
    };
    return says("state", "ready") && says("status", "ok") ? ready : not_ready;
}

}  // namespace app
