/// What all requests of a server share. Not for users of the library.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task_group.hpp"
#include "base/metrics.hpp"
#include "mcp/calls_in_flight.hpp"
#include "mcp/changes.hpp"
#include "mcp/document.hpp"
#include "mcp/envelope.hpp"
#include "mcp/registry.hpp"
#include "mcp/server.hpp"
#include "mcp/session.hpp"
#include "mcp/session_census.hpp"
#include "mcp/traffic.hpp"

namespace mcp {

struct ServerCore {
    ServerCore(Registry registry, const base::TokenSealer& sealer, ServerOptions options, base::Metrics* metrics);

    /// A worker's own things; cache lines are not shared.
    struct alignas(64) Local {
        DocumentPool documents;
        std::uint64_t requests = 0;
    };
    Local& local(const async::Worker& worker) { return locals_[worker.index()]; }
    std::string next_request_id(const async::Worker& worker);
    base::WallTime wall_now() const { return options.wall_now(); }

    Registry registry;
    const base::TokenSealer& sealer;
    const ServerOptions options;
    Changes changes;
    async::TaskGroup tasks;
    Sessions sessions;
    SessionCensus census{options.session_idle};
    CallsInFlight calls;
    std::unique_ptr<Traffic> traffic;  ///< null without metrics
    std::atomic<bool> draining = false;

    /// Rendered once, by revision.
    std::array<std::string, 5> initialize_results;
    std::string discover_http;  ///< `server/discover`: what is supported differs by channel
    std::string discover_lines;
    std::string result_meta;  ///< `"io.modelcontextprotocol/serverInfo":{...}`
    std::vector<std::string_view> versions_http;
    std::vector<std::string_view> versions_lines;
    std::string list_hints;  ///< `"ttlMs":…,"cacheScope":…`

private:
    std::vector<Local> locals_;
    const std::string id_prefix_;
};

/// `"ttlMs":…,"cacheScope":"…"`
std::string hint_members(const CacheHint& hint);
/// The notification of a change; `subscription_id`: JSON text, empty in the handshake era.
base::Payload change_message(Change change, std::string_view uri, std::string_view subscription_id);
/// The error for a revision that is not served.
RpcError unsupported_version(std::string_view requested, const std::vector<std::string_view>& supported);

}  // namespace mcp
