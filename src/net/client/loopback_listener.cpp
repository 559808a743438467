#include "net/client/loopback_listener.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <list>
#include <optional>
#include <utility>

#include "async/signal.hpp"
#include "base/text.hpp"
#include "net/client/connection.hpp"

namespace net::client {
namespace {

namespace http = boost::beast::http;
using Status = async::IoResult::Status;
using Parser = http::request_parser<http::string_body>;

constexpr std::size_t max_peers = 16;  // browsers open some connections that they never use
constexpr std::size_t max_head = 32 * 1024;
constexpr std::size_t max_body = 64 * 1024;

std::string as_string(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

/// One connection of the browser.
struct Peer final : SocketLoop::Place::Owner {
    Peer(SocketLoopPtr given, base::Fd socket, async::Signal& wake)
        : loop{std::move(given)}, fd{socket.get()}, stream{std::move(socket)}, signal{wake} {
        parser.header_limit(max_head);
        parser.body_limit(max_body);
        parser.eager(true);
        place = loop->add(fd, *this);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() {
        if (place) loop->remove(fd, std::move(place));
    }
    void on_edge(async::Readiness what) override {
        readable |= what.readable;
        signal.set();
    }

    /// A small answer into an empty socket: it goes in one piece, or the browser has to live without it.
    void answer(std::string_view status, std::string_view headers, std::string_view body) {
        const auto text = fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status,
                                      body.size(), headers, body);
        iovec piece{const_cast<char*>(text.data()), text.size()};
        stream.write_some({&piece, 1});
        ::shutdown(fd, SHUT_WR);
    }

    SocketLoopPtr loop;
    int fd;
    SocketStream stream;
    async::Signal& signal;
    std::unique_ptr<SocketLoop::Place> place;
    Parser parser;
    std::string bytes;
    bool readable = true;
};

}  // namespace

struct LoopbackListener::State final : SocketLoop::Place::Owner {
    State(async::Worker& worker, base::Fd socket, std::uint16_t bound)
        : listening{std::move(socket)}, loop{std::make_shared<SocketLoop>(worker)}, port{bound} {
        place = loop->add(listening.get(), *this);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        held.reset();
        peers.clear();
        if (place) loop->remove(listening.get(), std::move(place));
    }
    void on_edge(async::Readiness) override { signal.set(); }

    void accept_all();
    enum class Read { more, request, gone };
    Read read(Peer& peer);
    bool is_ours(Peer& peer) const;
    std::optional<Callback> judge(Peer& peer, const std::string& path) const;
    std::optional<Callback> step(const std::string& path);
    static std::string cors(const std::string& origin);

    base::Fd listening;
    SocketLoopPtr loop;
    std::uint16_t port;
    std::unique_ptr<SocketLoop::Place> place;
    async::Signal signal;
    std::list<std::unique_ptr<Peer>> peers;
    std::unique_ptr<Peer> held;  // waits for `reply`
    std::string held_origin;
};

void LoopbackListener::State::accept_all() {
    for (;;) {
        base::Fd fd{::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!fd) return;
        if (peers.size() >= max_peers) peers.pop_front();
        peers.push_back(std::make_unique<Peer>(loop, std::move(fd), signal));
    }
}

LoopbackListener::State::Read LoopbackListener::State::read(Peer& peer) {
    std::array<char, 8192> room;
    while (peer.readable) {
        const auto got = peer.stream.read_some(room);
        if (got.status == Status::would_block) {
            peer.readable = false;
            return Read::more;
        }
        if (got.status != Status::done) return Read::gone;
        peer.bytes.append(room.data(), got.bytes);
        boost::beast::error_code error;
        const auto used = peer.parser.put(boost::asio::const_buffer{peer.bytes.data(), peer.bytes.size()}, error);
        peer.bytes.erase(0, used);
        if (peer.parser.is_done()) return Read::request;
        if ((error && error != http::error::need_more) || peer.bytes.size() > max_head) {
            peer.answer("400 Bad Request", "", "");
            return Read::gone;
        }
    }
    return Read::more;
}

/// A page of another site that made its name point here (DNS rebinding) shows that name.
bool LoopbackListener::State::is_ours(Peer& peer) const {
    const auto host = as_string(peer.parser.get()[http::field::host]);
    return host == fmt::format("127.0.0.1:{}", port) || base::iequals(host, fmt::format("localhost:{}", port)) ||
           host == fmt::format("[::1]:{}", port);
}

std::string LoopbackListener::State::cors(const std::string& origin) {
    if (!origin.starts_with("https://")) return {};
    return fmt::format("Access-Control-Allow-Origin: {}\r\nVary: Origin\r\n", origin);
}

/// The callback, or nothing where the browser was answered at once.
std::optional<Callback> LoopbackListener::State::judge(Peer& peer, const std::string& path) const {
    const auto& message = peer.parser.get();
    const auto target = as_string(message.target());
    const auto mark = std::min(target.find('?'), target.size());
    Callback callback{.method = as_string(message.method_string()),
                      .path = target.substr(0, mark),
                      .query = target.substr(std::min(mark + 1, target.size())),
                      .origin = as_string(message[http::field::origin]),
                      .body = message.body()};
    if (!is_ours(peer)) {
        peer.answer("403 Forbidden", "", "");
    } else if (callback.method == "OPTIONS") {
        auto headers = cors(callback.origin);
        if (!headers.empty()) {
            headers +=
                "Access-Control-Allow-Methods: POST, GET\r\nAccess-Control-Max-Age: 86400\r\n"
                "Access-Control-Allow-Headers: Content-Type\r\nAccess-Control-Allow-Private-Network: true\r\n";
        }
        peer.answer("204 No Content", headers, "");
    } else if (callback.method != "GET" && callback.method != "POST") {
        peer.answer("405 Method Not Allowed", "Allow: GET, POST, OPTIONS\r\n", "");
    } else if (callback.path == "/favicon.ico" || (path.size() > 1 && callback.path != path)) {
        peer.answer("404 Not Found", "", "");
    } else {
        return callback;
    }
    return std::nullopt;
}

std::optional<Callback> LoopbackListener::State::step(const std::string& path) {
    accept_all();
    for (auto at = peers.begin(); at != peers.end();) {
        const auto result = read(**at);
        if (result == Read::more) {
            ++at;
            continue;
        }
        auto peer = std::move(*at);
        at = peers.erase(at);
        if (result == Read::gone) continue;
        if (auto callback = judge(*peer, path)) {
            held = std::move(peer);
            held_origin = callback->origin;
            return callback;
        }
    }
    return std::nullopt;
}

LoopbackListener::LoopbackListener(std::unique_ptr<State> state) : state_{std::move(state)} {}
LoopbackListener::~LoopbackListener() = default;

base::Result<std::unique_ptr<LoopbackListener>> LoopbackListener::open(async::Worker& worker, const std::string& host,
                                                                       std::uint16_t port) {
    const auto refuse = [&](std::string_view why) {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("no listener for the browser's answer on {}:{}: {}", host, port, why));
    };
    sockaddr_storage address{};
    socklen_t size = sizeof(sockaddr_in);
    if (host == "127.0.0.1" || base::iequals(host, "localhost")) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(address);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else if (host == "::1") {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        v6.sin6_addr = in6addr_loopback;
        size = sizeof v6;
    } else {
        return refuse("only this machine's own address (127.0.0.1, ::1, localhost) is allowed");
    }
    base::Fd fd{::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const int on = 1;
    if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd.get(), 16) != 0) {
        return refuse(std::strerror(errno));
    }
    size = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const auto bound = ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                                           : reinterpret_cast<sockaddr_in&>(address).sin_port);
    auto state = std::make_unique<State>(worker, std::move(fd), bound);
    if (!state->place) return refuse("the system has no more file descriptors");
    return std::unique_ptr<LoopbackListener>{new LoopbackListener{std::move(state)}};
}

std::uint16_t LoopbackListener::port() const { return state_->port; }

async::Task<base::Result<Callback>> LoopbackListener::next(async::Call& call, std::string path) {
    State& state = *state_;
    state.held.reset();
    for (;;) {
        if (auto callback = state.step(path)) co_return std::move(*callback);
        state.signal.reset();
        if (co_await state.signal.wait(call) != async::StopReason::none) {
            co_return base::fail(call.stopped_error(base::Stage::login));
        }
    }
}

void LoopbackListener::reply(bool ok, const std::string& title, const std::string& text) {
    if (!state_->held) return;
    const auto page = fmt::format(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title></head>"
        "<body><h1>{0}</h1><p>{1}</p></body></html>",
        html(title), html(text));
    state_->held->answer(ok ? "200 OK" : "400 Bad Request",
                         State::cors(state_->held_origin) +
                             "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
                             "Content-Security-Policy: default-src 'none'\r\n",
                         page);
    state_->held.reset();
}

}  // namespace net::client
