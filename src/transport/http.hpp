/// Streamable HTTP: an exchange of `net` becomes an exchange of `mcp`.
///
/// Place: mounts `/mcp` and its alias `/`; asks `Door` (Host, Origin), answers CORS preflights, asks `access` who it is
/// and whether now, then hands over to `mcp::http::Endpoint`. A refusal ends here: 403, 401 with WWW-Authenticate, 429
/// with Retry-After, each with a JSON-RPC error body and a line in the audit. Threads: any worker; each request on its
/// own. Lifetime: longer than the server whose routes name it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "async/task_group.hpp"
#include "base/audit.hpp"
#include "mcp/http/endpoint.hpp"
#include "net/server/exchange.hpp"
#include "net/server/route_table.hpp"
#include "transport/door.hpp"

namespace transport {

class HttpTransport {
public:
    struct Options {
        std::string api_key_header = "X-API-Key";  ///< allowed in CORS requests
        base::Audit* audit = nullptr;              ///< refusals; may be null
    };

    /// All must outlive the transport.
    HttpTransport(mcp::http::Endpoint& endpoint, access_control::Access& access, Door door, Options options);

    /// POST, GET, DELETE and OPTIONS of each path.
    void mount(net::RouteTable& routes, const std::vector<std::string>& paths = {"/mcp", "/"});

    void handle(net::ExchangePtr exchange);

    /// Requests that wait for the shared limits are refused; blocks (never a worker) until none waits. Once no new ones
    /// come; needed only where the limits are shared.
    bool stop(std::chrono::milliseconds at_most);

private:
    async::Task<void> ask_shared_limits(async::Call& call, net::ExchangePtr exchange, base::PrincipalPtr who,
                                        net::HeaderLines cors);
    void refuse_too_many(net::Exchange& exchange, const base::Principal& who, const base::Error& error,
                         net::HeaderLines cors) const;
    void serve(net::ExchangePtr exchange, base::PrincipalPtr who, net::HeaderLines cors);
    void preflight(net::Exchange& exchange, net::HeaderLines cors) const;
    void refuse(net::Exchange& exchange, const base::Principal& who, int status, std::string_view reason,
                std::string_view message, net::HeaderLines headers) const;

    mcp::http::Endpoint& endpoint_;
    access_control::Access& access_;
    Door door_;
    Options options_;
    async::TaskGroup waiting_;  // for the shared limits; last: its tasks use the above
};

}  // namespace transport
