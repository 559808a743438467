/// The rate limits: how many requests each caller, and all together, may make (DESIGN.md section 6, "Load").
///
/// Place: one a process. By this process alone, or, with a `SharedBudget`, over all replicas: then a request is usually
/// let in by tokens that were taken ahead (`TokenSlices`), without waiting. While Redis does not answer each process
/// grants the whole limit by itself. Threads: any; `admit` on the call's worker. Lifetime: as long as it is asked;
/// the shared budget outlives it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/rate_limiter.hpp"
#include "access/settings.hpp"
#include "access/token_slices.hpp"
#include "async/call.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "base/principal.hpp"
#include "base/probe.hpp"

namespace access_control {

class SharedBudget;

/// Of the counter `mcp_rate_limit_hits_total`, whose label `limit` is principal, total, queries, result_bytes or
/// warehouse_seconds.
base::Counter refusals(base::Metrics& metrics, std::string limit);

class Limits {
public:
    /// `shared`: null, or what all replicas share.
    Limits(const Settings& settings, base::Metrics& metrics, SharedBudget* shared = nullptr);

    /// Errors: `overloaded`, stage `access`, with `retry_after` (over HTTP: 429); they say which limit, how much it is
    /// and when to come back. Nothing: only the shared buckets know; ask `admit`.
    std::optional<base::Result<void>> admit_now(const base::Principal& who, base::TimePoint now);
    /// With at most one bounded wait. Error also: the call's stop.
    async::Task<base::Result<void>> admit(async::Call& call);
    /// By this process alone.
    base::Result<void> admit_here(const base::Principal& who, base::TimePoint now);

private:
    base::Result<void> judged(const base::Principal& who, const RateLimiter::Verdict& verdict);

    Settings settings_;
    RateLimiter here_;
    TokenSlices slices_;
    SharedBudget* shared_;
    base::Counter refused_each_, refused_all_, alone_;
};

}  // namespace access_control
