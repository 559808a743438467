/// The protocol's server: dispatch of messages of all revisions to a registry of tools, resources and prompts.
///
/// Place: one a process, shared by all workers; made before they start. It knows no socket: `http::Endpoint` (HTTP)
/// and `LineSession` (stdio and whatever carries one message a line) bring it messages and take its answers.
/// Threads: everything here from any worker. Lifetime: longer than every endpoint, session and call.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/call.hpp"
#include "async/worker.hpp"
#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/principal.hpp"
#include "base/probe.hpp"
#include "base/sealed_token.hpp"
#include "mcp/changes.hpp"
#include "mcp/context.hpp"
#include "mcp/registry.hpp"
#include "mcp/resource.hpp"

namespace mcp {

struct ServerOptions {
    std::string name = "snowflake-mcp";
    std::string title;
    std::string version;
    std::string description;
    std::string website_url;
    std::string icons_json;
    std::string instructions;  ///< for the model; empty: none

    /// What the server declares beyond what its registry shows.
    bool logging = false;  ///< handlers use `Context::log`
    /// Handshake era: what a session gets that has set no level (the specification leaves it to the server); absent:
    /// nothing.
    std::optional<LogLevel> log_unasked_from = LogLevel::info;
    bool tools_list_changed = false;  ///< somebody calls `changes().tools_changed()`
    bool prompts_list_changed = false;
    bool resources_list_changed = false;
    bool resource_subscriptions = false;

    std::size_t workers = 1;  ///< indices of `async::Worker` that will call, for storage reused by each

    std::chrono::milliseconds request_timeout{330'000};  ///< absolute deadline of a call
    std::chrono::milliseconds input_timeout{300'000};    ///< of one answer by the client in the handshake era
    std::chrono::milliseconds orphan_grace{30'000};      ///< a call of the handshake era after its client's disconnect
    std::chrono::hours session_ttl{24};
    std::chrono::seconds session_idle{900};  ///< a session that was silent for so long is no active one (metric)
    std::chrono::milliseconds state_ttl{3'600'000};  ///< of `requestState` and of cursors
    CacheHint list_cache{std::chrono::milliseconds{300'000}, CacheHint::Scope::public_};

    std::size_t max_batch = 64;             ///< messages in a batch (2025-03-26)
    std::size_t max_depth = 64;             ///< nesting of a message
    std::size_t max_calls = 4096;           ///< in flight and suspended; more are refused as overloaded
    std::size_t max_ended_sessions = 8192;  ///< remembered until their token expires
    std::size_t max_session_notes = 8192;   ///< sessions with a log level or subscriptions of their own
    int max_input_rounds = 8;               ///< of one call, in the handshake era

    std::function<base::WallTime()> wall_now = base::WallClock::now;
    std::function<base::TimePoint()> now = base::Clock::now;  ///< the workers' clock, for who asks from elsewhere
};

/// Who sends a message. `principal` was made by transport with access.
struct Caller {
    async::Worker& worker;
    base::PrincipalPtr principal;
    std::string request_id;     ///< for logs; empty: the server makes one
    async::TraceContext trace;  ///< of the transport (`traceparent`); `_meta` of the request wins
};

struct ServerCore;

class Server {
public:
    /// Takes the registry (frozen or not: it is frozen here), seals with `sealer`, which must outlive the server.
    /// `metrics` may be null.
    Server(Registry registry, const base::TokenSealer& sealer, ServerOptions options, base::Metrics* metrics = nullptr);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();  ///< `stop` and `join` first, where tasks may run

    const Registry& registry() const;
    const ServerOptions& options() const;
    Changes& changes();

    /// No new calls (they are refused as overloaded, "shutting down"); streams that would stay open for ever end
    /// gracefully; running calls go on.
    void drain();
    /// Stops the calls that still run.
    void stop(async::StopReason reason);
    /// Blocks (never on a worker) until no task runs any more or the time is over. True: all ended.
    bool join(std::chrono::milliseconds at_most);
    std::size_t calls_in_flight() const;

    base::Probe probe();

    /// For `http::Endpoint` and `LineSession`.
    ServerCore& core() { return *core_; }

private:
    std::unique_ptr<ServerCore> core_;
};

}  // namespace mcp
