/// `/metrics`: who may read it, and in which form.
#pragma once

#include <vector>

#include "admin/network.hpp"
#include "base/metrics.hpp"
#include "net/server/exchange.hpp"
#include "net/server/route_table.hpp"

namespace admin {

/// On the metrics port: bound to METRICS_HOST, everybody who reaches it may read.
void mount_metrics(net::RouteTable& routes, const base::Metrics& metrics);
/// On the MCP port: only from `allowed` networks; 403 otherwise.
void mount_guarded_metrics(net::RouteTable& routes, const base::Metrics& metrics, std::vector<Network> allowed);

/// The rule: the peer's address is in one of the networks; a request that came through a proxy hides its origin, so a
/// loopback peer does not count then.
bool may_read_metrics(const std::vector<Network>& allowed, const net::Peer& peer, bool forwarded);

}  // namespace admin
