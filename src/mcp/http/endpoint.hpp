/// The rules of Streamable HTTP, all revisions, without sockets: a request in, status, headers and answer out.
///
/// Place: `transport` has checked Origin, Host, keys, rate and size, and adapts its exchange to `Responder`. Rules:
/// specification, "Streamable HTTP" of 2026-07-28 and "Transports" of 2025-03-26 to 2025-11-25. Threads: any worker;
/// a request is handled on its caller's worker and its responder is used there only. Lifetime: as long as the server.
///
///     class OnStack : public mcp::http::Responder {…}           // holds the ExchangePtr
///     if (auto open = endpoint.handle(request, std::move(caller), responder)) {
///         exchange->on_stop([open](auto reason) { open->disconnected(reason); });
///         exchange->on_drain([open] { open->drain(); });
///     }
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/payload.hpp"
#include "mcp/server.hpp"

namespace mcp::http {

/// Header fields of a request, by lower-case name.
class Headers {
public:
    /// The first field of this name, without surrounding white space; `data()` is null when there is none.
    virtual std::string_view get(std::string_view lower_case_name) const = 0;
    /// The last field of this name: the one that counts where a client adds its own to its library's (ApacheBench sends
    /// `Content-type: text/plain` before the one it was told; Fetch, "extract a MIME type", takes the last too).
    virtual std::string_view last(std::string_view lower_case_name) const { return get(lower_case_name); }
    /// How often it was sent.
    virtual std::size_t count(std::string_view lower_case_name) const = 0;

protected:
    ~Headers() = default;
};

struct Request {
    std::string_view method;  ///< "POST", "GET", "DELETE", …
    const Headers& headers;
    std::string_view body;  ///< whole; all views live until `handle` returns
};

/// Status and the headers the rules set; `Date`, `Content-Length`, CORS and the like are transport's.
struct Head {
    int status = 200;
    std::string_view content_type = {};                    ///< empty: no body
    std::string session_id = {};                           ///< `Mcp-Session-Id`; empty: none
    std::string_view allow = {};                           ///< `Allow` of a 405
    std::optional<std::chrono::seconds> retry_after = {};  ///< of 429 and 503
    /// An SSE answer: `Cache-Control: no-cache`, `X-Accel-Buffering: no`, and a comment every 15 s of silence are
    /// transport's.
    bool event_stream = false;
};

enum class Importance : std::uint8_t {
    droppable,  ///< progress, log, keep-alive: not sent when the peer is slow
    required,   ///< must be taken: queued where there is no room
};

/// The way back. Either `reply` once, or `begin`, any number of `send`, `finish`.
class Responder {
public:
    virtual ~Responder() = default;

    virtual void reply(Head head, base::Payload body) = 0;
    virtual void begin(Head head) = 0;
    /// Bytes of the stream, framed already (SSE events, comments).
    virtual void send(base::Payload bytes, Importance importance) = 0;
    virtual void finish() = 0;

    /// Called inside `handle` when the answer comes later: a responder for the same exchange that lives on the heap.
    /// The one given to `handle` is not used any more.
    virtual std::shared_ptr<Responder> keep() = 0;
};

/// A request whose answer has not been given yet. On its worker only.
class Open {
public:
    virtual ~Open() = default;
    /// The client is gone (`client`), did not take its bytes (`deadline`) or the server ends (`drain`). The responder
    /// is not used any more. What happens to the call is the revision's rule: 2026-07-28 stops it, the handshake era
    /// lets it run on for `orphan_grace`.
    virtual void disconnected(async::StopReason reason) = 0;
    /// The server begins to drain: a stream that would stay open for ever ends gracefully.
    virtual void drain() = 0;
};

class Endpoint {
public:
    struct Options {
        /// A call that has said nothing for so long gets its SSE stream, so that proxies see a living answer.
        std::chrono::milliseconds stream_after{10'000};
        std::chrono::milliseconds retry{1'000};  ///< `retry:` of 2025-11-25 streams
        std::size_t max_detached = 256;          ///< streams whose client may come back with `Last-Event-ID`
    };

    explicit Endpoint(Server& server) : Endpoint{server, Options{}} {}
    Endpoint(Server& server, Options options);
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;
    ~Endpoint();

    /// Null when it was answered before returning (the hot path).
    std::shared_ptr<Open> handle(const Request& request, Caller caller, Responder& responder);

    /// For refusals that transport makes itself (403, 413, 429 …): a JSON-RPC error without an id.
    static base::Payload refusal(int code, std::string_view message);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace mcp::http
