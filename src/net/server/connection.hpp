/// The loop of one client connection: reads, gets exchanges from the codec, gives them to the handler, writes.
///
/// Place: made by a server's listener on the connection's worker; `Connection<Stream>` works on TCP and UNIX sockets
/// (`PlainStream`) and later on TLS. A handler that answers inside its start costs neither a spawn nor a timer: the
/// answers of all pipelined requests leave in one `writev`, then the loop waits for input. Only while an answer is open
/// does it read ahead, so that it notices when the client ends or resets the connection. All time limits are one entry
/// in the worker's wheel. Threads: its worker's only. Lifetime: the share keeps it until it is closed, exchanges
/// longer.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "async/plain_stream.hpp"
#include "async/poller.hpp"
#include "async/worker.hpp"
#include "net/server/date_text.hpp"
#include "net/server/exchange.hpp"
#include "net/server/http1_codec.hpp"
#include "net/server/probe.hpp"

namespace net {

class ConnectionBase;

/// What the connections of one server on one worker share. Threads: its worker's, but for `count`.
struct ConnectionShare {
    struct Limits {
        Http1Codec::Limits codec;
        std::size_t output_bytes = 256 * 1024;            ///< unsent, before a writer waits
        std::size_t output_most = std::size_t{16} << 20;  ///< unsent, before the peer is cut off
        std::chrono::milliseconds idle{60'000};
        std::chrono::milliseconds head{15'000};
        std::chrono::milliseconds body{60'000};
        std::chrono::milliseconds send{60'000};
        std::chrono::milliseconds linger{2'000};
        std::chrono::milliseconds comment{15'000};
    };

    async::Worker& worker;
    std::shared_ptr<const Limits> limits;
    std::shared_ptr<const Handler> handler;
    base::MemoryBudget* budget = nullptr;
    HttpProbe* probe = nullptr;
    std::shared_ptr<async::Poller> poller = {};
    BlockPool blocks = {};
    DateText date = {};
    std::list<std::shared_ptr<ConnectionBase>> connections = {};
    std::vector<std::shared_ptr<ConnectionBase>> closed = {};  ///< until the poller's round is over
    std::shared_ptr<HttpTally> tally = {};
    std::atomic<std::size_t> count = 0;  ///< open here
    bool draining = false;

    /// The poller's round is over: nothing names closed connections any more.
    void round_over() {
        if (!closed.empty()) std::vector<std::shared_ptr<ConnectionBase>>{}.swap(closed);
    }
};

class ConnectionBase : public async::Poller::Source {
public:
    virtual ~ConnectionBase() = default;
    /// The server drains: ends when idle, else with the current answer.
    virtual void drain() = 0;
    /// Grace is over: the exchange is stopped, the connection closed.
    virtual void end() = 0;
};

template <class Stream>
class Connection final : public ExchangeSink,
                         public ConnectionBase,
                         public std::enable_shared_from_this<Connection<Stream>> {
public:
    Connection(std::shared_ptr<ConnectionShare> share, std::shared_ptr<const Peer> peer, Stream stream);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() override;

    /// Once, right after it was made.
    void start();
    /// Instead of `start`: 503 and the end, because there are too many.
    void turn_away();
    void drain() override;
    void end() override;
    void on_ready(async::Readiness what) override;

    void reply(Exchange& exchange, ReplyHead&& head, base::Payload&& body) override;
    void begin(Exchange& exchange, ReplyHead&& head) override;
    bool write(Exchange& exchange, base::Payload&& part) override;
    bool has_room(const Exchange& exchange) const override;
    void finish(Exchange& exchange) override;
    void abort(Exchange& exchange) override;
    void dropped(Exchange& exchange) override;

private:
    static constexpr std::size_t fair_share = std::size_t{512} * 1024;  // bytes sent before others have their turn

    /// What the wheel's entry is for.
    enum class Limit { none, idle, head, body, send, comment, linger };

    void join_share();
    void read();
    void read_on();
    void discard();
    void peer_left(async::IoResult::Status how);
    void pump();
    void serve(Request request);
    void settle();
    void flush();
    void flush_on();
    static std::size_t shorten(std::span<iovec> pieces, std::size_t most);
    void break_off(async::StopReason reason);
    void set_limit();
    void expired();
    void part_with();
    void close();
    base::TimePoint now() const { return share_->worker.now(); }
    std::chrono::milliseconds span_of(Limit limit) const;

    std::shared_ptr<ConnectionShare> share_;
    std::shared_ptr<const Peer> peer_;
    Stream stream_;
    Http1Codec codec_;
    Exchange* current_ = nullptr;  // being answered
    async::DeadlineWheel::Entry timer_;
    base::TimePoint due_;
    Limit limit_ = Limit::none;
    std::list<std::shared_ptr<ConnectionBase>>::iterator place_;
    bool progress_ = false;  // something moved: the limit starts anew
    bool pumping_ = false;   // answers only fill the output; `pump` sends
    bool joined_ = false;    // `place_` is set
    bool readable_ = false;  // the socket was not read empty
    bool at_end_ = false;    // the poller said that the peer has ended
    bool blocked_ = false;   // the socket takes nothing now
    bool posted_ = false;    // `read_on` is under way
    bool flushing_ = false;  // `flush_on` is under way
    bool peer_ended_ = false;
    bool events_ = false;  // the open answer is an event stream
    bool lingering_ = false;
    bool broken_ = false;  // of no use; the end is posted
    bool closed_ = false;
};

}  // namespace net

#include "net/server/connection_impl.hpp"
