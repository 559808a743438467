/// A server on a port that the kernel chose, and a client that speaks raw bytes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/worker.hpp"
#include "net/server/route_table.hpp"
#include "net/server/server.hpp"

class LiveServer {
public:
    explicit LiveServer(net::Handler handler, net::Server::Options options = {}, std::size_t workers = 1)
        : workers_{workers} {
        std::vector<async::Worker*> all;
        for (std::size_t i = 0; i < workers; ++i) all.push_back(&workers_[i]);
        server_ = std::make_unique<net::Server>(all, std::move(handler), std::move(options));
        port_ = server_->listen("127.0.0.1", 0).value();
        server_->start();
        workers_.start();
    }
    ~LiveServer() {
        workers_.stop_and_join();
        server_.reset();
    }

    std::uint16_t port() const { return port_; }
    net::Server& server() { return *server_; }
    async::Workers& workers() { return workers_; }

    /// Runs on worker 0, and waits until it has run.
    void on_worker(const std::function<void()>& act) {
        std::atomic<bool> done = false;
        workers_[0].post([&] {
            act();
            done = true;
            done.notify_all();
        });
        done.wait(false);
    }

private:
    async::Workers workers_;
    std::unique_ptr<net::Server> server_;
    std::uint16_t port_ = 0;
};

class RawClient {
public:
    static constexpr int patience_ms = 10'000;

    explicit RawClient(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    explicit RawClient(const std::string& path) : fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    RawClient(RawClient&& other) noexcept : fd_{std::exchange(other.fd_, -1)}, connected_{other.connected_} {}
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient() { close(); }

    bool connected() const { return connected_; }
    int fd() const { return fd_; }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    void end_sending() { ::shutdown(fd_, SHUT_WR); }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    /// Closes so that the server sees a reset.
    void reset() {
        const linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }

    /// Everything up to and with `mark`; less when the connection ends (or patience does).
    std::string read_until(std::string_view mark) {
        while (held_.find(mark) == std::string::npos && more()) {
        }
        const auto at = held_.find(mark);
        const auto size = at == std::string::npos ? held_.size() : at + mark.size();
        auto text = held_.substr(0, size);
        held_.erase(0, size);
        return text;
    }
    std::string read_bytes(std::size_t count) {
        while (held_.size() < count && more()) {
        }
        auto text = held_.substr(0, count);
        held_.erase(0, text.size());
        return text;
    }
    /// All that comes until the connection ends.
    std::string read_to_end() {
        while (more()) {
        }
        return std::exchange(held_, {});
    }
    /// Head and body of an answer with Content-Length.
    std::string read_answer() {
        auto text = read_until("\r\n\r\n");
        const auto at = text.find("Content-Length: ");
        if (at != std::string::npos) text += read_bytes(std::stoul(text.substr(at + 16)));
        return text;
    }
    bool ended() const { return ended_; }

private:
    bool more() {
        pollfd wait{fd_, POLLIN, 0};
        if (::poll(&wait, 1, patience_ms) <= 0) return false;
        char bytes[65536];
        const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
        if (got <= 0) {
            ended_ = true;
            return false;
        }
        held_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

    int fd_;
    bool connected_ = false;
    bool ended_ = false;
    std::string held_;
};
