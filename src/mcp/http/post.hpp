/// One POST that is being answered: as JSON, or as an SSE stream once something precedes the answer.
///
/// Place: made by the endpoint for each POST; the outlet of its call. Threads: its worker. Lifetime: shared by the call
/// (until it has answered) and, as `Open`, by transport.
///
/// What ends the call (DESIGN.md section 4): the client's disconnect in the stateless era; in the handshake era it runs
/// on for `orphan_grace`. With 2025-11-25 the events of a stream carry ids and are kept for a client that comes back.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "async/deadline_wheel.hpp"
#include "mcp/batch.hpp"
#include "mcp/http/endpoint.hpp"
#include "mcp/http/header_rules.hpp"
#include "mcp/http/streams.hpp"
#include "mcp/outlet.hpp"
#include "mcp/running_call.hpp"

namespace mcp::http {

/// Where the rest of a stream goes after its client came back, on another worker maybe. Called on the stream's worker.
struct Continuation {
    std::function<void(base::Payload bytes)> send;
    std::function<void()> finish;
};

class Post final : public Outlet, public Open, public std::enable_shared_from_this<Post> {
public:
    struct Parts {
        ServerCore& core;
        const Endpoint::Options& options;
        Streams& streams;
        async::Worker& worker;
        Accepts accepts;
        Revision revision;
        SessionPtr session;
    };

    Post(Parts parts, Responder& responder);
    ~Post() override;

    /// It comes later: the responder moves to the heap, the clocks start.
    void suspend(RunningCallPtr call, std::shared_ptr<Batch> batch);

    // Outlet
    void answer(Reply reply) override;
    void notify(base::Payload message) override { say(std::move(message), Importance::droppable); }
    void tell(base::Payload message) override { say(std::move(message), Importance::required); }
    bool ask(base::Payload message) override;
    bool head_sent() const override { return streaming_; }
    void release_connection(std::chrono::milliseconds retry) override;

    // Open
    void disconnected(async::StopReason reason) override;
    void drain() override;

    /// The client came back (`session`: with which it did) and has seen the events up to `last`. False: not its stream.
    bool resume(const std::string& session, std::uint64_t last, Continuation continuation);
    /// The connection of the continuation is gone too.
    void left_again();

private:
    bool polling() const { return has_polling(parts_.revision) && parts_.session != nullptr; }
    bool open_stream();
    void say(base::Payload message, Importance importance);
    void send_event(base::Payload message, Importance importance);
    void send(base::Payload bytes, Importance importance);
    void finish();
    void detach();
    void forget_stream();
    void stop(async::StopReason reason);
    void stream_late();
    void grace_is_over();

    Parts parts_;
    Responder* responder_;  // null: the client is gone
    std::shared_ptr<Responder> kept_;
    Continuation continuation_;
    RunningCallPtr call_;
    std::shared_ptr<Batch> batch_;
    bool streaming_ = false;
    bool done_ = false;

    std::string stream_id_;
    std::uint64_t events_ = 0;
    std::deque<std::pair<std::uint64_t, base::Payload>> sent_;  // for a client that comes back
    std::size_t sent_bytes_ = 0;
    std::shared_ptr<Post> self_;  // while nobody else would keep what the client may come back for
    bool counted_ = false;        // in `streams.detached`

    async::DeadlineWheel::Entry late_;   // nothing said for `stream_after`
    async::DeadlineWheel::Entry grace_;  // of a call whose client has gone
};

}  // namespace mcp::http
