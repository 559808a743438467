#include "net/client/tcp_connect.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "async/signal.hpp"

namespace net::client {
namespace {

constexpr std::chrono::milliseconds head_start{250};  // RFC 8305 section 5

void set_option(int fd, int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); }

/// One address that is being tried.
class Attempt final : public SocketLoop::Place::Owner {
public:
    Attempt(SocketLoopPtr loop, async::Signal& signal) : loop_{std::move(loop)}, signal_{signal} {}
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    ~Attempt() { leave(); }

    /// 0, or why not even a beginning was made.
    int begin(const Address& address) {
        fd_ = base::Fd{::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        if (!fd_) return errno;
        set_option(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
        set_option(fd_.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
        set_option(fd_.get(), IPPROTO_TCP, TCP_KEEPIDLE, 30);
        set_option(fd_.get(), IPPROTO_TCP, TCP_KEEPINTVL, 10);
        set_option(fd_.get(), IPPROTO_TCP, TCP_KEEPCNT, 4);
        const int result = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address.socket), address.size);
        if (result != 0 && errno != EINPROGRESS) return errno;
        place_ = loop_->add(fd_.get(), *this);
        return place_ ? 0 : ENOMEM;
    }

    void on_edge(async::Readiness what) override {
        answered_ |= what.writable;
        signal_.set();
    }
    bool answered() const { return answered_; }
    int result() const {
        int error = 0;
        socklen_t size = sizeof error;
        return ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
    }
    base::Fd take() {
        leave();
        return std::move(fd_);
    }

private:
    void leave() {
        if (place_) loop_->remove(fd_.get(), std::move(place_));
    }

    SocketLoopPtr loop_;
    async::Signal& signal_;
    base::Fd fd_;
    std::unique_ptr<SocketLoop::Place> place_;
    bool answered_ = false;
};

Failure refused(const std::string& name, const std::string& why) {
    return {.error = base::Error{base::Kind::unavailable, fmt::format("no connection to {}: {}", name, why)},
            .cause = Cause::connect};
}

}  // namespace

async::Task<Outcome<base::Fd>> tcp_connect(async::Call& call, SocketLoopPtr loop, std::vector<Address> addresses,
                                           std::string name) {
    async::Signal signal;
    bool late = true;  // the next address may be tried
    async::DeadlineWheel::Entry stagger{[&] {
        late = true;
        signal.set();
    }};
    std::vector<std::unique_ptr<Attempt>> attempts;
    std::string why = "the name has no address";
    std::size_t next = 0;
    for (;;) {
        for (std::size_t i = 0; i < attempts.size();) {
            if (!attempts[i]->answered()) {
                ++i;
                continue;
            }
            const int error = attempts[i]->result();
            if (error == 0) co_return attempts[i]->take();
            why = std::strerror(error);
            attempts.erase(attempts.begin() + static_cast<std::ptrdiff_t>(i));
            late = true;
        }
        while (next < addresses.size() && (late || attempts.empty())) {
            auto attempt = std::make_unique<Attempt>(loop, signal);
            const int error = attempt->begin(addresses[next++]);
            if (error != 0) {
                why = std::strerror(error);
                continue;
            }
            attempts.push_back(std::move(attempt));
            late = false;
            if (next < addresses.size()) call.worker().wheel().arm(stagger, call.worker().now() + head_start);
        }
        if (attempts.empty()) co_return fail(refused(name, why));
        signal.reset();
        if (co_await signal.wait(call) != async::StopReason::none) {
            co_return fail({.error = call.stopped_error(base::Stage::none), .cause = Cause::stopped});
        }
    }
}

}  // namespace net::client
