/// Streamable HTTP without sockets, for tests: requests in, what the responder was told out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mcp/http/endpoint.hpp"
#include "mcp/sample_server.hpp"

namespace sample {

/// What came back for one request, up to now.
struct Answer {
    int status = 0;  ///< 0: nothing yet
    std::string content_type;
    std::string session_id;
    std::string allow;
    std::optional<std::chrono::seconds> retry_after;
    bool event_stream = false;
    std::string body;  ///< JSON, or the bytes of the stream
    bool finished = false;

    /// The `data:` of each event with data, in order.
    std::vector<std::string> events() const;
    /// The id of the last event that has one.
    std::string last_event_id() const;
};

struct HttpRequest {
    std::string method = "POST";
    std::multimap<std::string, std::string> headers;  ///< lower-case names
    std::string body;
    std::string principal = "anonymous";
};

/// A request with the headers a client of 2026-07-28 sends; `params` gets its `_meta`.
HttpRequest modern(std::string_view method, std::string_view name = {}, std::string_view params = "{}",
                   std::string_view id = "1");
/// A request of the handshake era.
HttpRequest handshake(std::string_view session, std::string_view body, std::string_view version = "2025-11-25");

class HttpWorld : public World {
public:
    HttpWorld() = default;
    explicit HttpWorld(mcp::Registry registry) : World{std::move(registry)} {}
    HttpWorld(mcp::Registry registry, mcp::ServerOptions options) : World{std::move(registry), std::move(options)} {}
    explicit HttpWorld(mcp::http::Endpoint::Options options) : endpoint{server, options} {}

    struct Exchange {
        std::shared_ptr<Answer> answer = std::make_shared<Answer>();
        std::shared_ptr<mcp::http::Open> open;  ///< null: answered before `handle` returned

        const Answer* operator->() const { return answer.get(); }
        void leave() const {
            if (open) open->disconnected(async::StopReason::client);
        }
    };

    Exchange send(const HttpRequest& request);
    /// Sends, then runs what is ready.
    Answer ask(const HttpRequest& request);
    /// `initialize`; the session id.
    std::string begin_session(std::string_view revision = "2025-11-25", std::string_view capabilities = "{}");

    mcp::http::Endpoint endpoint{server};
};

}  // namespace sample
