/// The rules of a channel that carries one JSON-RPC message at a time, both ways: stdio (a message a line), later
/// WebSocket (a message a frame). Pure: messages in, messages out.
///
/// Both eras live on one channel: a request with a revision in its `_meta` is served statelessly, `initialize` begins
/// the handshake era for the rest (specification 2026-07-28, "Versioning"). Threads: its caller's worker only.
/// Lifetime: a `shared_ptr`, since calls hold it; after `close` nothing is written any more.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "base/payload.hpp"
#include "mcp/server.hpp"

namespace mcp {

class LineSession : public std::enable_shared_from_this<LineSession> {
public:
    /// Takes one message without a line end, and without a raw line end inside. Runs on the session's worker.
    using Write = std::function<void(base::Payload message)>;

    static std::shared_ptr<LineSession> make(Server& server, Caller caller, Write write);
    virtual ~LineSession() = default;

    /// One message (for stdio: a line without its end; blank lines are ignored by the caller or here). Views live
    /// until it returns. Answers may be written before it returns.
    virtual void receive(std::string_view message) = 0;
    /// One message that may not be served now (a rate limit): a request in it is answered with the error, with what
    /// says when to come back; a notification or a response is taken as usual.
    virtual void receive_refused(std::string_view message, const base::Error& error) = 0;
    /// A message that was too long to be kept: an error with a null id is written.
    virtual void refuse_oversized(std::size_t limit) = 0;
    /// Nothing in flight and no subscription open.
    virtual bool idle() const = 0;
    /// Runs once, when the session is idle (at once, when it is).
    virtual void on_idle(std::function<void()> handler) = 0;
    /// End of input, drain, or a broken pipe: subscriptions end (gracefully where `reason` is drain), calls stop with
    /// the reason, answers that come after are dropped.
    virtual void close(async::StopReason reason) = 0;

protected:
    LineSession() = default;
};

}  // namespace mcp
