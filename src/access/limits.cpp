#include "access/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "access/shared_budget.hpp"

namespace access_control {

namespace {

/// What holds for each caller, and for all of them. With CLIENT_RATE_LIMIT_ENABLED the two families of settings share
/// the work: CLIENT_… is each caller's, RATE_LIMIT_… is for all together.
RateLimiter::Limits limits_of(const Settings& settings) {
    RateLimiter::Limits limits;
    const Rate general{.per_minute = settings.requests_per_minute, .burst = settings.burst_size};
    if (settings.client_rate_limiting) {
        const int rate = settings.client_requests_per_minute;
        limits.each = Rate{.per_minute = rate, .burst = std::min(rate, settings.burst_size)};
        if (settings.enable_rate_limiting) limits.all = general;
    } else if (settings.enable_rate_limiting) {
        limits.each = general;
    }
    const int total = settings.total_requests_per_minute;
    if (settings.enable_rate_limiting && total > 0 && (!limits.all || total < limits.all->per_minute)) {
        limits.all = Rate{.per_minute = total, .burst = std::max(settings.burst_size, total / 6)};
    }
    return limits;
}

std::string described(const Rate& rate) {
    return fmt::format("{} requests a minute, {} at once", rate.per_minute, rate.burst);
}

}  // namespace

base::Counter refusals(base::Metrics& metrics, std::string limit) {
    return metrics.counter("mcp_rate_limit_hits_total", "Requests refused by a rate limit or a quota.",
                           {{"limit", std::move(limit)}});
}

Limits::Limits(const Settings& settings, base::Metrics& metrics, SharedBudget* shared)
    : settings_{settings},
      here_{limits_of(settings)},
      shared_{shared},
      refused_each_{refusals(metrics, "principal")},
      refused_all_{refusals(metrics, "total")},
      alone_{metrics.counter("mcp_rate_limit_unshared_total",
                             "Requests judged by this process alone because Redis did not answer.")} {
    if (shared_ == nullptr) return;
    metrics.gauge_function("mcp_limits_shared", "1 while Redis answers, so that limits hold over all replicas.", {},
                           [shared] { return shared->answers() ? 1.0 : 0.0; });
}

base::Result<void> Limits::judged(const base::Principal& who, const RateLimiter::Verdict& verdict) {
    if (verdict.allowed()) return {};
    const bool each = verdict.refused_by == RateLimiter::Bound::principal;
    (each ? refused_each_ : refused_all_).add();
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(verdict.retry_after);
    const auto rate = each ? here_.rate_of(who) : here_.rate_of_all();
    const bool own = who.limits.requests_per_minute || who.limits.burst;
    const std::string_view name = !each                            ? "the limit of all callers together"
                                  : own                            ? "the limit of this API key"
                                  : settings_.client_rate_limiting ? "CLIENT_RATE_LIMIT_REQUESTS_PER_MINUTE"
                                                                   : "RATE_LIMIT_REQUESTS_PER_MINUTE";
    return base::fail(base::Error{
        base::Kind::overloaded,
        fmt::format("too many requests: {} is {}; the next one is free in {} s", name, described(rate.value_or(Rate{})),
                    std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()))}
                          .at(base::Stage::access)
                          .about(std::string{each ? "principal" : "total"})
                          .retry_after(wait));
}

base::Result<void> Limits::admit_here(const base::Principal& who, base::TimePoint now) {
    return judged(who, here_.admit(who, now));
}

std::optional<base::Result<void>> Limits::admit_now(const base::Principal& who, base::TimePoint now) {
    const auto each = here_.rate_of(who);
    const auto all = here_.rate_of_all();
    if (!each && !all) return base::Result<void>{};
    if (shared_ == nullptr) return admit_here(who, now);
    const auto outcome = slices_.admit(who.id, each, all, now, TokenSlices::MayAsk::no);
    if (outcome.verdict) return judged(who, *outcome.verdict);
    if (shared_->may_ask(now)) return std::nullopt;
    alone_.add();
    return admit_here(who, now);
}

async::Task<base::Result<void>> Limits::admit(async::Call& call) {
    const base::Principal& who = call.principal();
    if (shared_ == nullptr) co_return admit_here(who, call.worker().now());
    auto outcome =
        slices_.admit(who.id, here_.rate_of(who), here_.rate_of_all(), call.worker().now(), TokenSlices::MayAsk::yes);
    if (outcome.verdict) co_return judged(who, *outcome.verdict);
    const auto given = co_await shared_->take(call, outcome.ask.parts);
    const auto now = call.worker().now();
    if (given) co_return judged(who, slices_.answered(outcome.ask, *given, now));
    slices_.unanswered(outcome.ask);
    if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::access));
    alone_.add();
    co_return admit_here(who, now);
}

}  // namespace access_control
