/// What each caller may use in a day: statements, bytes of answers, seconds of a warehouse (DESIGN.md section 5a).
///
/// Place: one a process; the pipeline asks before a statement and tells what it cost. An answer from the cache counts
/// as a statement and by its bytes, and costs no warehouse second. Days are UTC. With a `SharedBudget` over all
/// replicas and restarts, else for this process since its start; `QuotaBook` says how exact that is. While Redis does
/// not answer each process goes on from the figures it knows, and tells Redis later. Threads: any; tasks of the call's
/// worker. Lifetime: as long as it is asked; the shared budget outlives it and is stopped before it goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "access/quota_book.hpp"
#include "access/settings.hpp"
#include "async/call.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "base/principal.hpp"
#include "base/probe.hpp"

namespace access_control {

class SharedBudget;

class Quotas {
public:
    /// `shared`: null, or what all replicas share.
    Quotas(const Settings& settings, base::Metrics& metrics, SharedBudget* shared = nullptr,
           std::function<base::WallTime()> wall_now = base::WallClock::now);

    /// May one more statement begin? It is counted then. Errors: `overloaded`, stage `access`, `retry_after` until the
    /// end of the day; they say which quota, how much and when it begins anew. Nothing: only the shared figures know;
    /// ask `admit`.
    std::optional<base::Result<void>> admit_now(async::Call& call);
    /// With at most one bounded wait. Error also: the call's stop.
    async::Task<base::Result<void>> admit(async::Call& call);
    void charge(async::Call& call, std::uint64_t result_bytes, std::chrono::milliseconds warehouse);

    Usage used(const base::Principal& who) const;
    base::Probe probe();

private:
    /// What holds for this caller; 0: no bound.
    Usage quota_of(const base::Principal& who) const;
    base::Error refusal(QuotaBook::Part part, const Usage& used, const Usage& quota);
    base::Result<void> judged(const QuotaBook::Verdict& verdict, const Usage& quota);
    QuotaBook::Day today() const { return QuotaBook::day_of(wall_now_()); }
    void send_soon(async::Call& call, QuotaBook::Day day);
    async::Task<void> send(async::Call& call, std::string id, QuotaBook::Day day);

    const Usage quota_;
    SharedBudget* shared_;
    std::function<base::WallTime()> wall_now_;
    QuotaBook book_;
    base::Counter refused_queries_, refused_bytes_, refused_warehouse_;
};

}  // namespace access_control
