#include "app/serve_command.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "admin/control.hpp"
#include "admin/metrics_page.hpp"
#include "app/house.hpp"
#include "app/version.hpp"
#include "base/log.hpp"
#include "mcp/http/endpoint.hpp"
#include "net/server/route_table.hpp"
#include "net/server/server.hpp"
#include "transport/door.hpp"
#include "transport/http.hpp"

namespace app {
namespace {

std::vector<base::Probe> all_probes(House& house, const net::HttpProbe& mcp, const net::HttpProbe& metrics) {
    auto all = house.probes();
    all.push_back(mcp.probe());
    all.push_back(metrics.probe());
    return all;
}

/// By which names the control plane is called over TCP, beside loopback's.
std::vector<std::string> admin_hosts(const Settings& settings) {
    auto hosts = settings.admin.allowed_hosts;
    hosts.push_back(settings.http.metrics_host);
    return hosts;
}

/// What `serve` adds to the house: three sets of routes and their listeners.
class Front {
public:
    static base::Result<std::unique_ptr<Front>> build(const Settings& settings, House& house);

    void start() {
        mcp_server_->start();
        metrics_server_->start();
        admin_server_->start();
    }
    /// Nothing new comes in on the MCP port; the metrics port answers on, so that the going down can be watched.
    void drain() { mcp_server_->drain(); }
    void end() {
        mcp_server_->end();
        mcp_server_->join(std::chrono::seconds{5});
        transport_.stop(std::chrono::seconds{5});
        for (net::Server* server : {metrics_server_.get(), admin_server_.get()}) {
            server->drain();
            server->end();
            server->join(std::chrono::seconds{5});
        }
    }
    bool wait_for_clients(std::chrono::milliseconds at_most) { return mcp_server_->join(at_most); }

    const net::Server& mcp_server() const { return *mcp_server_; }
    const net::Server& metrics_server() const { return *metrics_server_; }
    const net::Server& admin_server() const { return *admin_server_; }

private:
    Front(const Settings& settings, House& house, std::unique_ptr<access_control::Access> access,
          std::vector<admin::Network> metrics_networks);
    base::Result<void> listen(const Settings& settings);

    std::unique_ptr<access_control::Access> access_;
    mcp::http::Endpoint endpoint_;
    transport::HttpTransport transport_;
    net::RouteTable mcp_routes_;
    net::RouteTable metrics_routes_;
    net::RouteTable admin_routes_;
    net::HttpProbe mcp_probe_;
    net::HttpProbe metrics_probe_;
    net::HttpProbe admin_probe_;
    admin::Control control_;
    std::unique_ptr<net::Server> mcp_server_;
    std::unique_ptr<net::Server> metrics_server_;
    std::unique_ptr<net::Server> admin_server_;  // listens where ADMIN_SOCKET is set
};

Front::Front(const Settings& settings, House& house, std::unique_ptr<access_control::Access> access,
             std::vector<admin::Network> metrics_networks)
    : access_{std::move(access)},
      endpoint_{house.mcp()},
      transport_{endpoint_,
                 *access_,
                 transport::Door{settings.transport},
                 {.api_key_header = settings.access.api_key_header, .audit = &house.audit()}},
      mcp_probe_{house.metrics(), "mcp"},
      metrics_probe_{house.metrics(), "metrics"},
      admin_probe_{house.metrics(), "admin"},
      control_{all_probes(house, mcp_probe_, metrics_probe_), house.health(), house.audit()} {
    transport_.mount(mcp_routes_);
    house.health().mount(mcp_routes_);
    admin::mount_guarded_metrics(mcp_routes_, house.metrics(), std::move(metrics_networks));
    house.health().mount(metrics_routes_);
    admin::mount_metrics(metrics_routes_, house.metrics());
    if (!settings.admin.token.empty()) {
        control_.mount_guarded(metrics_routes_, admin::Guard{settings.admin.token, admin_hosts(settings)});
    }
    control_.mount_open(admin_routes_);
    house.health().mount(admin_routes_);
    admin::mount_metrics(admin_routes_, house.metrics());

    std::vector<async::Worker*> workers;
    for (std::size_t i = 0; i < house.workers().size(); ++i) {
        workers.push_back(&house.workers()[i]);
    }
    const auto server = [&](const net::RouteTable& routes, net::HttpProbe& probe) {
        return std::make_unique<net::Server>(
            workers, [&routes](net::ExchangePtr exchange) { routes.dispatch(std::move(exchange)); },
            net::Server::Options{.settings = settings.http, .budget = &house.memory(), .probe = &probe});
    };
    mcp_server_ = server(mcp_routes_, mcp_probe_);
    metrics_server_ = server(metrics_routes_, metrics_probe_);
    admin_server_ = server(admin_routes_, admin_probe_);
}

base::Result<std::unique_ptr<Front>> Front::build(const Settings& settings, House& house) {
    if (auto allowed = access_control::may_listen(settings.http.host, settings.access); !allowed) {
        return base::fail(std::move(allowed.error()));
    }
    auto access = access_control::Access::open(settings.access, house.metrics(), house.shared_limits());
    if (!access) {
        return base::fail(std::move(access.error()));
    }
    auto networks = admin::parse_networks(settings.admin.metrics_allowed_networks);
    if (!networks) {
        return base::fail(std::move(networks.error()));
    }
    std::unique_ptr<Front> front{new Front{settings, house, std::move(*access), std::move(*networks)}};
    if (auto listening = front->listen(settings); !listening) {
        return base::fail(std::move(listening.error()));
    }
    return front;
}

base::Result<void> Front::listen(const Settings& settings) {
    auto port = mcp_server_->listen(settings.http.host, static_cast<std::uint16_t>(settings.http.port));
    if (port) {
        port =
            metrics_server_->listen(settings.http.metrics_host, static_cast<std::uint16_t>(settings.http.metrics_port));
    }
    if (!port) {
        return base::fail(std::move(port.error()));
    }
    if (!settings.admin.socket.empty()) {
        return admin_server_->listen_unix(settings.admin.socket, 0600);
    }
    return {};
}

/// Thousands of clients need more descriptors than the soft limit usually gives.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int refuse(const base::Error& error) {
    fmt::print(stderr, "snowflake-mcp: {}\n", error.message());
    return 2;
}

/// Ends the process at once when a second signal comes while `step` waits in slices.
template <class Done>
bool wait_unless_signalled(Signals& signals, std::chrono::milliseconds at_most, Done done) {
    const auto until = base::Clock::now() + at_most;
    while (!done()) {
        if (base::Clock::now() >= until) {
            return false;
        }
        if (signals.wait_for(std::chrono::milliseconds{20})) {
            base::log::warn("second signal: ending at once");
            _exit(1);
        }
    }
    return true;
}

}  // namespace

int serve(const Settings& settings, Signals& signals) {
    raise_descriptor_limit();
    for (const std::string& warning : net::warnings(settings.http)) {
        base::log::warn("{}", warning);
    }
    auto house = House::build(settings);
    if (!house) {
        return refuse(house.error());
    }
    auto front = Front::build(settings, **house);
    if (!front) {
        return refuse(front.error());
    }
    (*front)->start();
    (*house)->start();
    for (const std::string& address : (*front)->mcp_server().addresses()) {
        base::log::info("snowflake-mcp {} serves {} at http://{}/mcp with {} workers", version,
                        (*house)->describe_backend(), address, (*house)->workers().size());
    }
    for (const std::string& address : (*front)->metrics_server().addresses()) {
        base::log::info("metrics at http://{}/metrics", address);
        if (!settings.admin.token.empty()) {
            base::log::info("control plane at http://{}/status, with ADMIN_TOKEN", address);
        }
    }
    for (const std::string& address : (*front)->admin_server().addresses()) {
        base::log::info("control plane at the UNIX socket {}", address);
    }
    if (!settings.admin.token.empty() && !access_control::is_loopback(settings.http.metrics_host)) {
        base::log::warn(
            "METRICS_HOST is {} and ADMIN_TOKEN is set: the token travels without TLS; let only a network that is "
            "trusted reach that port",
            settings.http.metrics_host);
    }
    if (settings.process.state_keys.empty()) {
        base::log::warn(
            "STATE_KEYS is not set: session ids and cursors are good for this process only. Behind a load "
            "balancer give every replica the same keys.");
    }

    signals.wait();
    (*house)->health().draining();
    base::log::info("going down: /ready fails, the listener stays open for {} s", settings.process.drain_delay.count());
    wait_unless_signalled(signals, settings.process.drain_delay, [] { return false; });
    (*front)->drain();
    (*house)->mcp().drain();
    const auto grace = std::chrono::milliseconds{settings.process.shutdown_grace};
    wait_unless_signalled(signals, grace, [&] {
        return (*house)->mcp().join(std::chrono::milliseconds{0}) &&
               (*front)->wait_for_clients(std::chrono::milliseconds{0});
    });
    (*house)->cancel_calls();
    (*front)->end();
    const bool clean = (*house)->shut_down();
    base::log::info("ended{}", clean ? "" : ", some work had to be cut off");
    return clean ? 0 : 1;
}

}  // namespace app
