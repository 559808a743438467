/// A session's GET stream (handshake era): what changed, as it changes; or the rest of a POST's stream, for a client
/// that came back with `Last-Event-ID`.
///
/// Threads: its worker. Lifetime: held by transport (as `Open`) until the client leaves or the stream ends.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mcp/http/endpoint.hpp"
#include "mcp/http/streams.hpp"
#include "mcp/server_core.hpp"

namespace mcp::http {

class ListenStream final : public Open, public std::enable_shared_from_this<ListenStream> {
public:
    ListenStream(ServerCore& core, async::Worker& worker, SessionPtr session, std::shared_ptr<Responder> responder);
    ~ListenStream() override;

    /// Opens the stream and listens to changes.
    void listen();
    /// Opens the stream and goes on with the one that sent `last_event_id`. Where that is not known any more, it
    /// listens.
    void resume(Streams& streams, std::string_view last_event_id);

    void disconnected(async::StopReason reason) override;
    void drain() override { finish(); }

private:
    void begin();
    void finish();
    void told(Change change, std::string_view uri);

    ServerCore& core_;
    async::Worker& worker_;
    SessionPtr session_;
    std::shared_ptr<Responder> responder_;  // null: ended
    std::unique_ptr<Changes::Listening> listening_;
    std::size_t stream_ = 0;  // among the session's
    Streams* streams_ = nullptr;
    std::string resumed_;  // the stream that goes on here
};

}  // namespace mcp::http
