/// Readiness of many sockets for one worker: each is registered once, edge-triggered, and costs no call a request.
///
/// Place: between a worker's Asio loop and the connections of a server or a client. Asio's own `async_wait` would pay
/// one `epoll_ctl` (or one failing `recv`) and an operation for every request. So sockets stand in an epoll set of
/// ours, and that set is the one thing Asio watches; what is ready is served in one go, then the loop goes on. Threads:
/// its worker's only.
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "async/worker.hpp"

namespace async {

/// What happened to a socket since it was last told (edges: use them up, or remember).
struct Readiness {
    bool readable = false;
    bool ended = false;  ///< the peer sends no more, or the connection broke: reading finds out
    bool writable = false;
    bool broken = false;  ///< neither way goes any more (a reset)
};

class Poller : public std::enable_shared_from_this<Poller> {
public:
    class Source {
    public:
        virtual void on_ready(Readiness what) = 0;

    protected:
        ~Source() = default;
    };

    explicit Poller(Worker& worker);
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    ~Poller();

    /// From now on until the socket is closed `source` is told. It must live until `after_round` ran after that.
    bool add(int fd, Source& source);
    /// Before its time: `source` may still be told in the present round, so it lives on until `after_round` ran.
    void remove(int fd);
    /// Runs whenever what was ready has been served: the place to destroy what was closed meanwhile.
    void after_round(std::function<void()> done) { after_round_ = std::move(done); }
    /// Watches nothing any more. When the worker does not run.
    void stop();

private:
    void wait();
    void serve();

    using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;
    Descriptor set_;  // the epoll set
    std::function<void()> after_round_;
    bool waiting_ = false;
};

}  // namespace async
