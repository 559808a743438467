/// The control plane of port 8001 (DESIGN.md section 8): the status of every probe, and what operators may do.
///
///   GET    /status              all probes, as JSON
///   DELETE /cache               everything that is kept, in every store; answered when it is gone
///   POST   /<probe>/<action>    a named action of a probe: /pool/pause, /pool/resume, /pool/drain
///   PUT    /log-level           the level as text or {"level":"debug"}; until the next start
///
/// Place: `app` mounts it open on the UNIX socket (whose file only its owner may open), and guarded on TCP, where
/// ADMIN_TOKEN is set. Each act and each refusal is a line in the audit and in the log. A probe of one of several
/// things is called `pool:sales`; `/pool/…` means all of them. Threads: any worker. Lifetime: longer than the server
/// whose routes name it, and not longer than what the probes are of.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/health.hpp"
#include "base/audit.hpp"
#include "base/error.hpp"
#include "base/probe.hpp"
#include "base/secret.hpp"
#include "net/server/exchange.hpp"
#include "net/server/route_table.hpp"

namespace admin {

/// Who may come in over TCP: it shows the token, and asks by a name of ours. Pure; threads: any.
class Guard {
public:
    /// `hosts`: names or addresses beside loopback's.
    Guard(base::Secret token, std::vector<std::string> hosts) : token_{std::move(token)}, hosts_{std::move(hosts)} {}

    struct Refusal {
        int status = 403;
        std::string message;
    };
    /// Nothing: it may.
    std::optional<Refusal> refuses(const net::Exchange& exchange) const;

private:
    bool knows(std::string_view host) const;

    base::Secret token_;
    std::vector<std::string> hosts_;
};

class Control {
public:
    /// All must outlive it.
    Control(std::vector<base::Probe> probes, const Health& health, base::Audit& audit);
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    ~Control();

    /// For a socket that only its owner can open. A request with an Origin is no program of the owner: it is refused.
    void mount_open(net::RouteTable& routes);
    void mount_guarded(net::RouteTable& routes, Guard guard);

    std::string status_json() const;

private:
    struct Target {
        const base::Probe* probe;
        const base::Probe::Action* action;
    };
    struct Act;
    using Allow = std::function<std::optional<Guard::Refusal>(const net::Exchange&)>;

    void mount(net::RouteTable& routes, base::PrincipalPtr who, Allow allow);
    std::vector<Target> targets(std::string_view group, std::string_view action) const;
    void run(net::ExchangePtr exchange, const base::PrincipalPtr& who, std::vector<Target> targets);
    void set_log_level(net::Exchange& exchange, const base::Principal& who);
    void note(const net::Exchange& exchange, const base::Principal& who, std::string_view outcome,
              std::string_view detail) const;

    std::vector<base::Probe> probes_;
    const Health& health_;
    base::Audit& audit_;
};

}  // namespace admin
