#include "capacity/bench/link.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace capacity::bench {
namespace {

using Status = async::IoResult::Status;

void set_port(net::client::Address& address, std::uint16_t port) {
    if (address.family() == AF_INET6) {
        reinterpret_cast<sockaddr_in6*>(&address.socket)->sin6_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in*>(&address.socket)->sin_port = htons(port);
    }
}

/// Waits until `link` is ready or closed.
Link::State settle(Link& link, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (link.state() != Link::State::closed && link.state() != Link::State::ready) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0) return Link::State::closed;
        const bool connecting = link.state() == Link::State::connecting;
        pollfd waits{link.fd(), static_cast<short>(connecting ? POLLOUT : POLLIN), 0};
        if (::poll(&waits, 1, static_cast<int>(left)) > 0) link.advance();
    }
    return link.state();
}

}  // namespace

base::Result<Endpoint> Endpoint::find(const std::string& url, const std::string& ca_file,
                                      std::chrono::milliseconds timeout) {
    auto parsed = net::client::Url::parse(url);
    if (!parsed) {
        return base::fail(std::move(parsed.error()));
    }
    Endpoint endpoint;
    endpoint.url = std::move(*parsed);
    if (endpoint.url.secure()) {
        auto tls = net::client::TlsContext::create(ca_file);
        if (!tls) return base::fail(std::move(tls.error()));
        endpoint.tls = std::move(*tls);
    }
    auto addresses = net::client::Resolver::system_look_up(endpoint.url.host);
    if (!addresses) {
        return base::fail(std::move(addresses.error()));
    }
    std::string tried;
    for (auto& address : *addresses) {
        set_port(address, endpoint.url.port);
        endpoint.address = address;
        Link link;
        link.open(endpoint);
        if (settle(link, timeout) == Link::State::ready) return endpoint;
        const std::string why = link.state() == Link::State::closed
                                    ? link.trouble()
                                    : fmt::format("no answer within {} s", timeout.count() / 1000.0);
        tried += fmt::format("{}{}: {}", tried.empty() ? "" : "; ", address.text(), why);
    }
    return base::fail(base::Kind::unavailable, fmt::format("no connection to {} ({})", url, tried));
}

Link::State Link::fail(std::string why) {
    close();
    trouble_ = std::move(why);
    return state_;
}

void Link::close() {
    stream_.reset();
    tls_ = nullptr;
    fd_ = -1;
    state_ = State::closed;
}

std::string Link::trouble() const { return trouble_.empty() && stream_ ? stream_->trouble() : trouble_; }

Link::State Link::open(const Endpoint& endpoint) {
    close();
    trouble_.clear();
    endpoint_ = &endpoint;
    const auto& to = endpoint.address;
    base::Fd socket{::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) {
        return fail(fmt::format("no socket: {}", std::strerror(errno)));
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fd_ = socket.get();
    const int connected = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to.socket), to.size);
    if (connected != 0 && errno != EINPROGRESS) {
        const int error = errno;
        const base::Fd closed = std::move(socket);
        return fail(std::strerror(error));
    }
    stream_ = std::make_unique<net::client::SocketStream>(std::move(socket));
    state_ = State::connecting;
    return connected == 0 ? advance() : state_;
}

Link::State Link::advance() {
    if (state_ == State::connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            return fail(std::strerror(error));
        }
        sockaddr_storage peer{};
        socklen_t peer_size = sizeof peer;
        if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return state_;
        if (!endpoint_->tls) {
            state_ = State::ready;
            return state_;
        }
        auto tls = endpoint_->tls->connect(std::move(stream_), endpoint_->url.host, endpoint_->url.host_and_port());
        tls_ = tls.get();
        stream_ = std::move(tls);
        state_ = State::shaking_hands;
    }
    if (state_ == State::shaking_hands) {
        const auto result = tls_->handshake();
        if (result.status == Status::done) {
            state_ = State::ready;
        } else if (result.status != Status::would_block) {
            return fail(fmt::format("TLS: {}", stream_->trouble()));
        }
    }
    return state_;
}

async::IoResult Link::write(std::span<const char> from) {
    iovec piece{const_cast<char*>(from.data()), from.size()};
    return stream_->write_some({&piece, 1});
}

}  // namespace capacity::bench
