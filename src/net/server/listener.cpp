#include "net/server/listener.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace net {
namespace {

constexpr int backlog = 4096;

std::unexpected<base::Error> cannot(std::string message) {
    return base::fail(base::Error{base::Kind::bad_argument, std::move(message)}.at(base::Stage::config));
}

std::string why(int error) {
    switch (error) {
        case EADDRINUSE: return "the port is in use by another program; stop that one or choose another port";
        case EADDRNOTAVAIL: return "no interface of this machine has this address";
        case EACCES: return "this needs more rights (ports below 1024, or the folder's permissions)";
        default: return std::strerror(error);
    }
}

std::string name_of(const sockaddr_storage& address, std::uint16_t port) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        return fmt::format("[{}]:{}", text.data(), port);
    }
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), port);
}

std::uint16_t port_of(int fd) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
    return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

void set_port(sockaddr_storage& address, std::uint16_t port) {
    if (address.ss_family == AF_INET6) {
        reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
    }
}

std::shared_ptr<const Peer> peer_of(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        const bool loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
        return std::make_shared<Peer>(
            Peer{.address = text.data(), .port = ntohs(v4.sin_port), .loopback = loopback, .unix_socket = false});
    }
    if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        const auto* const bytes = v6.sin6_addr.s6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            inet_ntop(AF_INET, bytes + 12, text.data(), text.size());
            return std::make_shared<Peer>(Peer{.address = text.data(),
                                               .port = ntohs(v6.sin6_port),
                                               .loopback = bytes[12] == 127,
                                               .unix_socket = false});
        }
        inet_ntop(AF_INET6, bytes, text.data(), text.size());
        const bool loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
        return std::make_shared<Peer>(
            Peer{.address = text.data(), .port = ntohs(v6.sin6_port), .loopback = loopback, .unix_socket = false});
    }
    return std::make_shared<Peer>(Peer{.address = "unix", .port = 0, .loopback = true, .unix_socket = true});
}

base::Result<base::Fd> open_tcp(const sockaddr_storage& address, socklen_t size, const std::string& name) {
    base::Fd fd{::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const int on = 1;
    // Reuse of an address whose old connections still linger; never of one that somebody listens on.
    if (fd.get() < 0 || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(fd.get(), backlog) != 0) {
        return cannot(fmt::format("cannot listen on {}: {}", name, why(errno)));
    }
    return fd;
}

/// A file that is left of a server that is gone may be removed; anything else stays.
base::Result<void> make_way(const std::string& path, const sockaddr_un& address) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) return {};
    if (!S_ISSOCK(found.st_mode))
        return cannot(fmt::format("cannot listen on {}: a file that is no socket is there", path));
    const base::Fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return cannot(fmt::format("cannot listen on {}: another program answers there", path));
    }
    ::unlink(path.c_str());
    return {};
}

}  // namespace

base::Result<std::vector<Listener>> Listener::tcp(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* list = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    if (error != 0) return cannot(fmt::format("cannot listen on {}:{}: {}", host, port, ::gai_strerror(error)));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{list, &::freeaddrinfo};

    std::vector<Listener> opened;
    std::optional<base::Error> first_error;
    for (const auto* at = list; at != nullptr; at = at->ai_next) {
        sockaddr_storage address{};
        std::memcpy(&address, at->ai_addr, at->ai_addrlen);
        if (!opened.empty()) set_port(address, opened.front().port());
        const auto wanted = opened.empty() ? port : opened.front().port();
        auto fd = open_tcp(address, at->ai_addrlen, name_of(address, wanted));
        if (!fd) {
            const bool taken = errno == EADDRINUSE;
            if (!first_error) first_error = std::move(fd).error();
            // One of a name's addresses may not exist here (IPv6 switched off); a port that is taken is always an
            // error.
            if (taken) return base::fail(std::move(*first_error));
            continue;
        }
        const auto bound = port_of(fd->get());
        opened.push_back(Listener{std::move(*fd), name_of(address, bound), bound});
    }
    if (opened.empty()) {
        return first_error ? base::fail(std::move(*first_error))
                           : cannot(fmt::format("cannot listen on {}:{}: the name has no address", host, port));
    }
    return opened;
}

base::Result<Listener> Listener::unix_socket(const std::string& path, mode_t mode) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return cannot(
            fmt::format("cannot listen on '{}': a socket's path has 1 to {} bytes", path, sizeof address.sun_path - 1));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    if (auto free = make_way(path, address); !free) return base::fail(std::move(free).error());
    base::Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    // The file never exists with more rights than `mode`: bound under a mask, then set.
    const auto mask = ::umask(0777 & ~mode);
    const bool bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const int error = errno;
    ::umask(mask);
    if (!bound || ::chmod(path.c_str(), mode) != 0 || ::listen(fd.get(), backlog) != 0) {
        return cannot(fmt::format("cannot listen on {}: {}", path, why(bound ? errno : error)));
    }
    Listener listener{std::move(fd), path, 0};
    listener.path_ = path;
    return listener;
}

Listener::~Listener() {
    if (fd_.get() >= 0 && !path_.empty()) ::unlink(path_.c_str());
}

std::optional<Accepted> Listener::accept(Trouble& trouble) const {
    trouble = Trouble::none;
    for (;;) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        base::Fd fd{::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (fd.get() >= 0) {
            const int on = 1;
            if (address.ss_family != AF_UNIX) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return Accepted{.fd = std::move(fd), .peer = peer_of(address)};
        }
        // A client that left before it was accepted is nobody's trouble.
        if (errno == EINTR || errno == ECONNABORTED) continue;
        trouble = errno == EAGAIN ? Trouble::nobody : Trouble::exhausted;
        return {};
    }
}

}  // namespace net
