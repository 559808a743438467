#include "backend/pool_probe.hpp"

#include <cstdint>
#include <utility>

namespace backend {
namespace {

void write_status(const Pool::Figures& now, base::JsonWriter& json) {
    json.begin_object();
    json.field("active", now.active).field("idle", now.idle).field("max", now.max);
    json.field("statements", now.lendings).field("capacity", now.capacity);
    json.field("waiting", now.waiting).field("longest_wait_ms", static_cast<std::int64_t>(now.longest_wait.count()));
    json.field("logging_in", now.logging_in).field("closing", now.closing).field("checking", now.checking);
    json.field("logins", now.logins).field("login_failures", now.failures);
    json.field("last_login_failure", now.last_failure);
    json.field("breaker", to_string(now.breaker)).field("paused", now.paused);
    json.field("oldest_seconds", static_cast<double>(now.oldest.count()) / 1000);
    json.field("context_switches", now.context_switches).field("overtakes", now.overtakes);
    json.field("most_overtaken", now.most_overtaken);
    json.field("shared", now.shared).field("identities", now.identities);
    json.field("failed_checks", now.failed_checks);
    json.end_object();
}

template <class Act>
base::Probe::Action action(std::string name, Act act) {
    return {.name = std::move(name), .run = [act]() -> base::Result<void> {
                act();
                return {};
            }};
}

}  // namespace

base::Probe probe(Pool& pool, std::string name) {
    return {.name = std::move(name),
            .status = [&pool](base::JsonWriter& json) { write_status(pool.figures(), json); },
            .actions = {action("pause", [&pool] { pool.pause(); }), action("resume", [&pool] { pool.resume(); }),
                        action("drain", [&pool] { pool.drain(); })}};
}

void publish(base::Metrics& metrics, Pool& pool, const base::Labels& labels) {
    const auto gauge = [&](const char* name, const char* help, auto read) {
        metrics.gauge_function(name, help, labels, [&pool, read] { return static_cast<double>(read(pool.figures())); });
    };
    const auto counter = [&](const char* name, const char* help, auto read) {
        metrics.counter_function(name, help, labels,
                                 [&pool, read] { return static_cast<double>(read(pool.figures())); });
    };
    using Figures = Pool::Figures;
    gauge("pool_connections_active", "Sessions that are lent.", [](const Figures& now) { return now.active; });
    gauge("pool_connections_idle", "Sessions that wait for work.", [](const Figures& now) { return now.idle; });
    gauge("pool_connections_max", "Sessions at most.", [](const Figures& now) { return now.max; });
    gauge("pool_connections_total", "Sessions there are.", [](const Figures& now) { return now.active + now.idle; });
    gauge("pool_connections_shared", "Sessions that carry several statements, or did lately.",
          [](const Figures& now) { return now.shared; });
    gauge("pool_statements", "Statements that sessions carry.", [](const Figures& now) { return now.lendings; });
    gauge("pool_waiting", "Calls that wait for a session.", [](const Figures& now) { return now.waiting; });
    gauge("pool_longest_wait_seconds", "How long the longest waiter has waited so far.",
          [](const Figures& now) { return static_cast<double>(now.longest_wait.count()) / 1000; });
    gauge("pool_oldest_connection_seconds", "Age of the oldest session.",
          [](const Figures& now) { return static_cast<double>(now.oldest.count()) / 1000; });
    gauge("pool_breaker_open", "1 while logins are not tried because they kept failing.",
          [](const Figures& now) { return now.breaker == Breaker::State::closed ? 0 : 1; });
    gauge("pool_paused", "1 while no session is lent.", [](const Figures& now) { return now.paused ? 1 : 0; });
    counter("pool_logins_total", "Logins that succeeded.", [](const Figures& now) { return now.logins; });
    counter("pool_login_failures_total", "Logins that failed.", [](const Figures& now) { return now.failures; });
    counter("pool_context_switches_total", "Sessions lent for another context than they were in.",
            [](const Figures& now) { return now.context_switches; });
    counter("pool_failed_checks_total", "Sessions that gave no sign of life.",
            [](const Figures& now) { return now.failed_checks; });
    pool.on_waited([waits = metrics.histogram("pool_wait_seconds", "How long calls waited for a session.", labels)](
                       std::chrono::duration<double> time) mutable { waits.observe(time.count()); });
}

}  // namespace backend
