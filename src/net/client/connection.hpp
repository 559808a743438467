/// One open connection to an origin: its stream, what the poller said of it, its buffer and its permit.
///
/// Place: with a request, in an `Response`, or idle in a pool. Threads: one worker at a time: `detach` before it goes
/// to another, `attach` there. Its destruction closes it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/call.hpp"
#include "async/plain_stream.hpp"
#include "async/poller.hpp"
#include "async/signal.hpp"
#include "async/task.hpp"
#include "net/client/connection_budget.hpp"
#include "net/client/proxy.hpp"
#include "net/client/read_buffer.hpp"
#include "net/client/response_head.hpp"
#include "net/client/stream.hpp"

namespace net::client {

/// Where a connection leads: the same for all requests to one origin.
struct Route {
    Scheme scheme = Scheme::https;
    std::string host;
    std::uint16_t port = 443;
    std::shared_ptr<const Proxy> proxy;  ///< null: directly
    std::string name;                    ///< "host:443", for messages
    std::string origin;                  ///< what makes two connections interchangeable
};
using RoutePtr = std::shared_ptr<const Route>;

/// The sockets of one worker's client: their poller, and what must outlive its round.
class SocketLoop {
public:
    explicit SocketLoop(async::Worker& worker);
    ~SocketLoop();
    SocketLoop(const SocketLoop&) = delete;
    SocketLoop& operator=(const SocketLoop&) = delete;

    /// A socket's place in the poller. It may be told of an edge once more after its end, within the same round.
    class Place final : public async::Poller::Source {
    public:
        class Owner {
        public:
            virtual void on_edge(async::Readiness what) = 0;

        protected:
            ~Owner() = default;
        };
        explicit Place(Owner& owner) : owner_{&owner} {}
        void on_ready(async::Readiness what) override {
            if (owner_ != nullptr) owner_->on_edge(what);
        }

    private:
        friend class SocketLoop;
        Owner* owner_;
    };

    std::unique_ptr<Place> add(int fd, Place::Owner& owner);  ///< null: out of memory or watches
    /// Before the socket is closed, or handed on.
    void remove(int fd, std::unique_ptr<Place> place);

    async::Worker& worker() const { return worker_; }

private:
    async::Worker& worker_;
    std::shared_ptr<async::Poller> poller_;
    std::vector<std::unique_ptr<Place>> ended_;
};
using SocketLoopPtr = std::shared_ptr<SocketLoop>;

class Connection final : public SocketLoop::Place::Owner {
public:
    /// What an idle connection's pool does when an edge comes.
    class Keeper {
    public:
        virtual void on_idle_edge(Connection& connection) = 0;

    protected:
        ~Keeper() = default;
    };

    Connection(RoutePtr route, ConnectionBudget::Permit permit, base::Fd socket);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool attach(SocketLoopPtr loop);  ///< false: the poller takes no more
    void detach();

    const Route& route() const { return *route_; }
    const std::string& origin() const { return route_->origin; }
    ConnectionBudget::Permit take_permit() { return std::move(permit_); }

    /// Puts a stream on top of the present one (TLS).
    Stream& stream() { return *stream_; }
    std::unique_ptr<Stream> take_stream() { return std::move(stream_); }
    void set_stream(std::unique_ptr<Stream> stream) { stream_ = std::move(stream); }

    /// Without a system call where the poller has told of nothing new.
    async::IoResult read(std::span<char> into);
    async::IoResult write(std::span<iovec> from);
    bool may_read() const { return readable_; }
    bool may_write() const { return writable_; }
    bool has_ended() const { return at_end_; }  ///< by the poller's word
    /// Of an idle connection: nothing came, and the peer has not ended it.
    bool is_quiet();

    enum class Woken {
        edge,
        silent,   // nothing for so long
        stopped,  // the call has
    };
    /// Until an edge comes. `silence` 0: no bound of its own.
    async::Task<Woken> wait(async::Call& call, std::chrono::milliseconds silence);

    ReadBuffer& input() { return input_; }
    ResponseHeadParser& head_parser(std::size_t head_bytes);

    void set_keeper(Keeper* keeper) { keeper_ = keeper; }
    void on_edge(async::Readiness what) override;

    base::TimePoint expires{};  ///< while idle
    bool used = false;          ///< an answer has come over it

private:
    RoutePtr route_;
    ConnectionBudget::Permit permit_;  // given back after the socket was closed
    int fd_;
    std::unique_ptr<Stream> stream_;
    SocketLoopPtr loop_;
    std::unique_ptr<SocketLoop::Place> place_;
    Keeper* keeper_ = nullptr;
    async::Signal signal_;
    async::DeadlineWheel::Entry silence_;
    ReadBuffer input_;
    std::unique_ptr<ResponseHeadParser> parser_;
    std::size_t parser_bytes_ = 0;
    bool readable_ = false;  // a read may find something
    bool writable_ = true;
    bool at_end_ = false;  // the poller said that the peer has ended
    bool was_silent_ = false;
};
using ConnectionPtr = std::unique_ptr<Connection>;

}  // namespace net::client
