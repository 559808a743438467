#include "net/client/probe.hpp"

#include "net/client/connection_budget.hpp"

namespace net::client {
namespace {

using Share = ConnectionBudget::Share;

std::size_t open_of(const ConnectionBudget& budget) { return budget.open(Share::work) + budget.open(Share::control); }

}  // namespace

std::shared_ptr<ClientTally> ClientProbe::new_tally() {
    auto tally = std::make_shared<ClientTally>();
    const base::MutexLock lock{mutex_};
    tallies_.push_back(tally);
    return tally;
}

std::uint64_t ClientProbe::sum(Part part) const {
    const base::MutexLock lock{mutex_};
    std::uint64_t all = 0;
    for (const auto& tally : tallies_) all += (*tally.*part).value();
    return all;
}

void ClientProbe::register_metrics(base::Metrics& metrics, const ConnectionBudget& budget) {
    const auto total = [&](const char* name, const char* help, Part part) {
        metrics.counter_function(name, help, {}, [this, part] { return static_cast<double>(sum(part)); });
    };
    total("client_requests_total", "Outbound HTTP requests", &ClientTally::requests);
    total("client_request_failures_total", "Outbound HTTP requests without a complete head of an answer",
          &ClientTally::failures);
    total("client_connections_reused_total", "Outbound requests on a connection that was open already",
          &ClientTally::reused);
    total("client_requests_repeated_total", "Outbound requests sent again since the kept connection had been closed",
          &ClientTally::repeated);
    total("client_connects_total", "Outbound connections opened", &ClientTally::connects);
    total("client_connect_failures_total", "Outbound connections that could not be opened",
          &ClientTally::connect_failures);
    total("client_tls_handshakes_total", "TLS handshakes with servers", &ClientTally::handshakes);
    total("client_tls_resumptions_total", "TLS handshakes that resumed a session", &ClientTally::resumptions);
    total("client_connection_waits_total", "Outbound requests that waited for one of CLIENT_POOL_SIZE connections",
          &ClientTally::waits);
    total("client_sent_bytes_total", "Bytes sent to servers", &ClientTally::sent);
    total("client_received_bytes_total", "Bytes received from servers", &ClientTally::received);
    for (const auto& [share, name] : {std::pair{Share::work, "work"}, std::pair{Share::control, "control"}}) {
        metrics.gauge_function("client_connections_open", "Outbound connections open now", {{"lane", name}},
                               [&budget, share] { return static_cast<double>(budget.open(share)); });
        metrics.gauge_function("client_connection_waiters", "Outbound requests waiting for a connection",
                               {{"lane", name}},
                               [&budget, share] { return static_cast<double>(budget.waiting(share)); });
    }
    metrics.gauge_function("client_connections_idle", "Outbound connections open and not used", {},
                           [this] { return static_cast<double>(idle()); });
}

void ClientProbe::write_status(base::JsonWriter& json, const ConnectionBudget& budget) const {
    const auto number = [](std::size_t value) { return static_cast<std::uint64_t>(value); };
    json.begin_object()
        .field("open_connections", number(open_of(budget)))
        .field("idle_connections", number(idle()))
        .field("limit", number(budget.limit(Share::work)))
        .field("waiting", number(budget.waiting(Share::work)))
        .field("waits", sum(&ClientTally::waits))
        .field("requests", sum(&ClientTally::requests))
        .field("failures", sum(&ClientTally::failures))
        .field("reused", sum(&ClientTally::reused))
        .field("repeated", sum(&ClientTally::repeated))
        .field("connects", sum(&ClientTally::connects))
        .field("connect_failures", sum(&ClientTally::connect_failures))
        .field("tls_handshakes", sum(&ClientTally::handshakes))
        .field("tls_resumptions", sum(&ClientTally::resumptions))
        .end_object();
}

}  // namespace net::client
