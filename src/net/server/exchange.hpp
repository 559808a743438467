/// One HTTP request and its answer: what handlers get, whatever HTTP version and stream are below.
///
/// Place: made by a codec, given to a `Handler` on the worker of its connection, and used there only (another worker
/// posts). A handler may answer inside its start: the loop then writes without a spawn or a timer. Lifetime: handlers
/// keep the `shared_ptr` until they have answered; all views (path, headers, body) live as long as the exchange. When
/// the last reference goes without an answer, the client gets 500 (or a cut connection, when the answer had begun).
/// After the client left (`gone`) answering does nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/worker.hpp"
#include "base/error.hpp"
#include "base/payload.hpp"
#include "net/server/reply_head.hpp"

namespace net {

enum class HttpVersion : std::uint8_t { http_1_0, http_1_1, http_2 };

/// A field of the request; views into the exchange's buffer. HTTP/2 names are lower case: compare without case.
struct Header {
    std::string_view name;
    std::string_view value;  ///< without surrounding white space; never CR, LF or NUL
};

/// Who is at the other end of the connection (a proxy, where there is one).
struct Peer {
    std::string address;     ///< "127.0.0.1", "2001:db8::1", "unix"
    std::uint16_t port = 0;  ///< 0 for a UNIX socket
    bool loopback = false;   ///< 127.0.0.0/8, ::1, IPv4-mapped loopback, UNIX socket
    bool unix_socket = false;
};

class Exchange;

/// The connection's side of an exchange (codec and loop). Not for handlers.
class ExchangeSink {
public:
    virtual void reply(Exchange& exchange, ReplyHead&& head, base::Payload&& body) = 0;
    virtual void begin(Exchange& exchange, ReplyHead&& head) = 0;
    virtual bool write(Exchange& exchange, base::Payload&& part) = 0;  ///< false: lost, the connection is broken
    virtual bool has_room(const Exchange& exchange) const = 0;
    virtual void finish(Exchange& exchange) = 0;
    virtual void abort(Exchange& exchange) = 0;

    virtual void dropped(Exchange& exchange) = 0;  ///< its last reference goes, whatever its state

protected:
    ~ExchangeSink() = default;
};

/// What a codec found out about a request. Views point into `storage`.
struct Request {
    std::string_view method;
    std::string_view target;  ///< as sent: "/mcp?x=1", "*", "http://host/path"
    std::string_view path;    ///< of the target, not decoded: "/mcp"; "*" for OPTIONS *
    std::string_view query;   ///< behind '?', not decoded; may be empty
    std::string_view host;    ///< authority: the absolute target's, else the Host header's; empty when there was none
    HttpVersion version = HttpVersion::http_1_1;
    std::vector<Header> headers;
    std::string_view body;  ///< whole, chunks joined
    std::shared_ptr<const void> storage;
};

class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    using StopHandler = std::function<void(async::StopReason)>;

    /// The sink lives as long as its exchanges.
    Exchange(std::shared_ptr<ExchangeSink> sink, async::Worker& worker, std::shared_ptr<const Peer> peer,
             Request request);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange();

    // --- the request

    std::string_view method() const { return request_.method; }
    std::string_view target() const { return request_.target; }
    std::string_view path() const { return request_.path; }
    std::string_view query() const { return request_.query; }
    std::string_view host() const { return request_.host; }
    HttpVersion version() const { return request_.version; }
    std::string_view body() const { return request_.body; }
    std::span<const Header> headers() const { return request_.headers; }
    /// The first field of this name (any case), or empty. `data()` is null when there is none.
    std::string_view header(std::string_view name) const;
    bool has_header(std::string_view name) const { return header(name).data() != nullptr; }
    /// How often it was sent: what must be single is refused by its reader.
    std::size_t count(std::string_view name) const;

    const Peer& peer() const { return *peer_; }
    /// A proxy says it stands between (Forwarded, X-Forwarded-*, X-Real-IP): the peer's address is not the client's.
    bool forwarded() const;
    async::Worker& worker() const { return *worker_; }

    // --- the answer: `reply` once, or `begin`, any number of `write`, `finish`

    /// The whole answer, with Content-Length. To HEAD the head only.
    void reply(ReplyHead head, base::Payload body = {});
    /// An answer in parts: chunked in HTTP/1.1, ended by the connection's close in 1.0.
    void begin(ReplyHead head);
    /// Sends a part. Waits while the peer is slow (more than OUTPUT_BUFFER_KB unsent). Errors: `cancelled` when the
    /// client left, the call's stop. The part is either sent whole or not at all.
    async::Task<base::Result<void>> write(async::Call& call, base::Payload part);
    /// The same without waiting: `overloaded` when there is no room now, `cancelled` when the client left.
    base::Result<void> offer(base::Payload part);
    /// For what must not get lost and can't wait: queued even without room (bounded: a peer that lets 16 MB pile up is
    /// cut off). Error: `cancelled` when the client left.
    base::Result<void> push(base::Payload part);
    void finish();
    /// Cuts the connection (HTTP/2: resets the stream), so that the client knows the answer is incomplete.
    void abort();

    bool begun() const { return state_ != State::waiting; }      ///< the head is out: status and headers are fixed
    bool finished() const { return state_ == State::finished; }  ///< nothing more to say
    bool gone() const { return stopped_ != async::StopReason::none; }  ///< nobody listens any more

    /// Runs once, on the worker, when the exchange is to end early: `client` (the connection ended or was reset),
    /// `drain` (the server's grace time is over), `deadline` (the peer did not take our bytes in time). At once when
    /// that was before. Not after `finish`. Empty handler: forget it. It must not throw; it may drop the exchange.
    void on_stop(StopHandler handler);
    /// Runs once when the server begins to drain (at once, when it drains already): an answer that would be open for
    /// ever (a subscription) should come to its end. Calls in work just go on.
    void on_drain(std::function<void()> handler);

    // --- for codec and loop

    void stop(async::StopReason reason);                                        ///< the connection is gone or must go
    void drain();                                                               ///< the server began to drain
    void made_room();                                                           ///< output was sent: wakes writers
    std::vector<Header> take_headers() { return std::move(request_.headers); }  ///< storage for the next request

private:
    enum class State : std::uint8_t { waiting, begun, finished };
    struct RoomWaiter;

    Request request_;
    std::shared_ptr<ExchangeSink> sink_;
    async::Worker* worker_;
    std::shared_ptr<const Peer> peer_;
    State state_ = State::waiting;
    async::StopReason stopped_ = async::StopReason::none;
    bool draining_ = false;
    StopHandler on_stop_;
    std::function<void()> on_drain_;
    std::vector<RoomWaiter*> waiters_;
};

using ExchangePtr = std::shared_ptr<Exchange>;

/// Gets each exchange on its worker. Must not throw; must not block.
using Handler = std::function<void(ExchangePtr)>;

}  // namespace net
