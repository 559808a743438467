#include "admin/metrics_page.hpp"

#include <algorithm>
#include <utility>

namespace admin {
namespace {

void answer(net::Exchange& exchange, const base::Metrics& metrics) {
    const auto format = base::Metrics::negotiate(exchange.header("Accept"));
    net::ReplyHead head;
    head.content_type = base::Metrics::content_type(format);
    head.headers.add("Cache-Control", "no-store");
    exchange.reply(std::move(head), base::Payload::own(metrics.scrape(format)));
}

}  // namespace

bool may_read_metrics(const std::vector<Network>& allowed, const net::Peer& peer, bool forwarded) {
    if (peer.unix_socket) {
        return !forwarded;
    }
    if (peer.loopback && forwarded) {
        return false;
    }
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const Network& network) { return network.contains(peer.address); });
}

void mount_metrics(net::RouteTable& routes, const base::Metrics& metrics) {
    routes.add(
        "GET", "/metrics", [&metrics](const net::ExchangePtr& exchange) { answer(*exchange, metrics); },
        net::HostRule::any);
}

void mount_guarded_metrics(net::RouteTable& routes, const base::Metrics& metrics, std::vector<Network> allowed) {
    routes.add("GET", "/metrics", [&metrics, allowed = std::move(allowed)](const net::ExchangePtr& exchange) {
        if (may_read_metrics(allowed, exchange->peer(), exchange->forwarded())) {
            answer(*exchange, metrics);
        } else {
            net::reply_error(*exchange, 403,
                             "This address may not read /metrics here; METRICS_ALLOWED_NETWORKS names those that may.");
        }
    });
}

}  // namespace admin
