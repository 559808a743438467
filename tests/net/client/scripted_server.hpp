/// A TCP server whose every connection follows a script, on threads of its own, with blocking sockets.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace client_test {

/// One side of a connection; TLS has the same.
class Wire {
public:
    virtual ~Wire() = default;
    virtual long receive(char* into, std::size_t size) = 0;  ///< 0: the end; below: broken
    virtual bool send(std::string_view bytes) = 0;

    /// A request with its body (Content-Length), or empty when the client left.
    std::string request() {
        std::string& all = pending_;
        for (;;) {
            const auto end = all.find("\r\n\r\n");
            if (end != std::string::npos) {
                std::size_t size = end + 4;
                if (const auto at = all.find("Content-Length: "); at < end) size += std::stoul(all.substr(at + 16));
                while (all.size() < size && more()) {
                }
                auto request = all.substr(0, size);
                all.erase(0, std::min(size, all.size()));
                return request;
            }
            if (!more()) return {};
        }
    }
    /// Waits until the client has closed. True also when it sent something before.
    bool closed_by_client() {
        while (more()) {
        }
        return true;
    }

private:
    bool more() {
        char bytes[65536];
        const auto got = receive(bytes, sizeof bytes);
        if (got > 0) pending_.append(bytes, static_cast<std::size_t>(got));
        return got > 0;
    }
    std::string pending_;
};

class Socket final : public Wire {
public:
    explicit Socket(int fd) : fd_{fd} {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() override { close(); }
    int fd() const { return fd_; }

    long receive(char* into, std::size_t size) override {
        pollfd waiting{fd_, POLLIN, 0};
        if (::poll(&waiting, 1, 20'000) <= 0) return -1;
        return ::recv(fd_, into, size, 0);
    }
    bool send(std::string_view bytes) override {
        while (!bytes.empty()) {
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    /// The client sees a reset instead of an end.
    void reset() {
        const linger now{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }

private:
    int fd_;
};

class ScriptedServer {
public:
    /// `number`: of the connection, from 0.
    using Script = std::function<void(Socket&, int number)>;

    explicit ScriptedServer(Script script) : script_{std::move(script)} {
        listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(listening_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listening_, 128);
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread{[this] { accept_all(); }};
    }
    ~ScriptedServer() {
        ::shutdown(listening_, SHUT_RDWR);
        acceptor_.join();
        ::close(listening_);
        for (auto& thread : threads_) thread.join();
    }

    int port() const { return port_; }
    std::string url(const std::string& target = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + target;
    }
    int connections() const { return connections_; }

private:
    void accept_all() {
        for (;;) {
            const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            threads_.emplace_back([this, fd, number = connections_++] {
                Socket socket{fd};
                script_(socket, number);
            });
        }
    }

    Script script_;
    int listening_ = -1;
    int port_ = 0;
    std::atomic<int> connections_ = 0;
    std::thread acceptor_;
    std::vector<std::thread> threads_;
};

inline std::string reply(std::string_view body, std::string_view headers = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string{headers} +
           "\r\n" + std::string{body};
}

/// Answers every request of every connection with its number and its request's first line.
inline void answer_all(Wire& wire, int number) {
    for (;;) {
        const auto request = wire.request();
        if (request.empty()) return;
        wire.send(reply(request.substr(0, request.find("\r\n")), "X-Connection: " + std::to_string(number) + "\r\n"));
    }
}

}  // namespace client_test
