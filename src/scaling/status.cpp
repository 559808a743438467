#include "scaling/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace scaling {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

constexpr std::array<Threshold, signal_count> guide{{
    {.signal = Signal::instances, .side = Threshold::Side::below, .warning = 3, .critical = 1},
    {.signal = Signal::cpu, .warning = 60, .critical = 80},
    {.signal = Signal::memory, .warning = 75, .critical = 85},
    {.signal = Signal::requests, .warning = infinite, .critical = infinite},
    {.signal = Signal::p95, .warning = 2000, .critical = 5000},
    {.signal = Signal::pool, .warning = 80, .critical = 90},
    {.signal = Signal::queue, .warning = 50, .critical = 100},
    {.signal = Signal::errors, .warning = 1, .critical = 2},
}};

constexpr double scale_out_share = 0.8;  // of what is sustained: the guide's trigger

std::string with_unit(double value, Signal signal) {
    const std::string_view name = unit(signal);
    return fmt::format("{:.4g}{}{}", value, name.empty() ? "" : " ", name);
}

std::string bounds_text(const Threshold& bounds) {
    if (std::isinf(bounds.warning)) return "no bound known: a benchmark of the installation gives one";
    const std::string_view side = bounds.side == Threshold::Side::above ? "above" : "below";
    return fmt::format("warning {} {}, critical {} {}", side, with_unit(bounds.warning, bounds.signal), side,
                       with_unit(bounds.critical, bounds.signal));
}

Judged judge_instances(const Threshold& bounds, const Figures& figures) {
    Judged judged{.signal = Signal::instances,
                  .value = figures.instances,
                  .level = judge(bounds, figures.instances),
                  .why = bounds_text(bounds)};
    if (figures.instances && figures.instances_expected && *figures.instances < *figures.instances_expected) {
        judged.level = worse(judged.level, Level::warning);
        judged.why =
            fmt::format("{:.0f} of {:.0f} answer; {}", *figures.instances, *figures.instances_expected, judged.why);
    }
    return judged;
}

Judged judge_requests(Threshold bounds, const Figures& figures) {
    if (figures.sustainable_requests_per_second) {
        bounds.warning = std::min(bounds.warning, scale_out_share * *figures.sustainable_requests_per_second);
        bounds.critical = std::min(bounds.critical, *figures.sustainable_requests_per_second);
    }
    Judged judged{.signal = Signal::requests,
                  .value = figures.requests_per_second,
                  .level = judge(bounds, figures.requests_per_second),
                  .why = bounds_text(bounds)};
    if (figures.requests_per_second && *figures.requests_per_second <= 0 && figures.queue_length.value_or(0) > 0) {
        judged.level = Level::critical;
        judged.why = "nothing is answered while requests wait";
    }
    return judged;
}

struct Advice {
    Signal signal;
    std::string_view text;
};

constexpr Advice advices[] = {
    {Signal::cpu,
     "CPU: give each instance more cores, or add instances; caching (ENABLE_QUERY_CACHING) takes work off them."},
    {Signal::memory,
     "Memory: raise the limit, or lower what fills it: CACHE_MAX_SIZE_MB, MAX_QUERY_RESULT_ROWS, the pool's size."},
    {Signal::requests, "Load: more is asked than a benchmark of this installation sustained; add instances."},
    {Signal::p95,
     "Response time: look at the slowest statements and the warehouse first; add instances where requests queue."},
    {Signal::pool,
     "Pool: raise CONNECTION_POOL_MAX_SIZE (peak users x 1.5) or let reads share sessions "
     "(ENABLE_CONNECTION_MULTIPLEXING); add instances where the account's limit is reached."},
    {Signal::queue,
     "Queue: requests wait for their turn; add instances, or raise MAX_CONCURRENT_REQUESTS where CPU is free."},
    {Signal::errors,
     "Errors: read the log and mcp_errors_total by kind; more machines help only where a limit is hit."},
};

std::string_view advice(Signal signal) {
    const auto* const found = std::ranges::find(advices, signal, &Advice::signal);
    return found == std::end(advices) ? std::string_view{} : found->text;
}

void advise_instances(const Judged& judged, const Figures& figures, std::vector<Recommendation>& out) {
    if (!judged.value) return;
    if (*judged.value < 1) {
        out.push_back({Level::critical, "No instance answers: look at the deployment before anything else."});
        return;
    }
    if (figures.instances_expected && *judged.value < *figures.instances_expected) {
        out.push_back(
            {judged.level, fmt::format("{:.0f} of {:.0f} instances do not answer: look at their logs.",
                                       *figures.instances_expected - *judged.value, *figures.instances_expected)});
    }
    if (*judged.value < 3) {
        out.push_back({Level::warning,
                       "Consider increasing the minimum replica count to 3 for better availability: one may fail while "
                       "another is updated."});
    }
}

/// CPU and memory that nobody needs: the guide's "right-size resources".
void advise_less(const std::vector<Judged>& judged, const Figures& figures, std::vector<Recommendation>& out) {
    const bool all_well = std::ranges::all_of(
        judged, [](const Judged& one) { return one.level == Level::good || one.level == Level::unknown; });
    if (all_well && figures.instances.value_or(0) > 3 && figures.cpu_percent && *figures.cpu_percent < 20) {
        out.push_back({Level::good, fmt::format("CPU is below 20 % on {:.0f} instances: fewer would do (not below 3).",
                                                *figures.instances)});
    }
}

}  // namespace

std::string_view to_string(Signal signal) {
    constexpr std::array<std::string_view, signal_count> names{"instances", "cpu",  "memory", "requests",
                                                               "p95",       "pool", "queue",  "errors"};
    return names[static_cast<std::size_t>(signal)];
}

std::string_view title(Signal signal) {
    constexpr std::array<std::string_view, signal_count> titles{
        "Instances", "CPU", "Memory", "Requests per second", "Response time, p95", "Pool in use", "Queue", "Errors"};
    return titles[static_cast<std::size_t>(signal)];
}

std::string_view unit(Signal signal) {
    constexpr std::array<std::string_view, signal_count> units{"", "%", "%", "", "ms", "%", "", "%"};
    return units[static_cast<std::size_t>(signal)];
}

std::string_view to_string(Level level) {
    constexpr std::array<std::string_view, 4> names{"good", "warning", "critical", "unknown"};
    return names[static_cast<std::size_t>(level)];
}

Level worse(Level a, Level b) {
    if (a == Level::unknown) return b;
    if (b == Level::unknown) return a;
    return std::max(a, b);
}

const std::array<Threshold, signal_count>& default_thresholds() { return guide; }

Level judge(const Threshold& threshold, std::optional<double> value) {
    if (!value || std::isnan(*value)) return Level::unknown;
    const auto beyond = [&](double bound) {
        return threshold.side == Threshold::Side::above ? *value > bound : *value < bound;
    };
    if (beyond(threshold.critical)) return Level::critical;
    return beyond(threshold.warning) ? Level::warning : Level::good;
}

std::optional<double> Figures::of(Signal signal) const {
    switch (signal) {
        case Signal::instances: return instances;
        case Signal::cpu: return cpu_percent;
        case Signal::memory: return memory_percent;
        case Signal::requests: return requests_per_second;
        case Signal::p95: return p95_ms;
        case Signal::pool: return pool_percent;
        case Signal::queue: return queue_length;
        case Signal::errors: return error_percent;
    }
    return std::nullopt;
}

std::vector<Judged> judge_all(const Figures& figures, std::span<const Threshold> thresholds) {
    std::vector<Judged> judged;
    for (const Threshold& bounds : thresholds) {
        switch (bounds.signal) {
            case Signal::instances: judged.push_back(judge_instances(bounds, figures)); break;
            case Signal::requests: judged.push_back(judge_requests(bounds, figures)); break;
            default: {
                const std::optional<double> value = figures.of(bounds.signal);
                judged.push_back({.signal = bounds.signal,
                                  .value = value,
                                  .level = judge(bounds, value),
                                  .why = value ? bounds_text(bounds) : "not known: " + bounds_text(bounds)});
            }
        }
    }
    return judged;
}

std::vector<Recommendation> recommend(const std::vector<Judged>& judged, const Figures& figures) {
    std::vector<Recommendation> out;
    for (const Judged& one : judged) {
        if (one.signal == Signal::instances) {
            advise_instances(one, figures, out);
        } else if (one.level == Level::warning || one.level == Level::critical) {
            out.push_back({one.level, std::string{advice(one.signal)}});
        } else if (one.signal == Signal::cpu && one.value && *one.value > 50) {
            out.push_back(
                {Level::good, "CPU nears 60 %: plan the next step (snowflake-mcp plan) before it is needed."});
        }
    }
    advise_less(judged, figures, out);
    std::vector<Recommendation> by_level;  // within a level in the order of the signals
    for (const Level level : {Level::critical, Level::warning, Level::good}) {
        for (Recommendation& one : out) {
            if (one.level == level) by_level.push_back(std::move(one));
        }
    }
    const bool none_known = std::ranges::all_of(judged, [](const Judged& one) { return one.level == Level::unknown; });
    if (by_level.empty()) {
        by_level.push_back(
            none_known ? Recommendation{Level::unknown, "No figure is known: nothing can be recommended."}
                       : Recommendation{Level::good, "Nothing to do: every known figure is within its bounds."});
    }
    return by_level;
}

}  // namespace scaling
