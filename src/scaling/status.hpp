/// How an installation stands: each figure judged by its threshold, and what to do about it.
///
/// Place: `snowflake-mcp report`, and whatever alerts on the same figures: the thresholds are data. Pure. Threads:
/// none.
///
/// The values are the scaling guide's: CPU 60/80 % (its report), memory 75 % (a trigger) and 85 % (its alert), pool 80
/// % (a trigger) and 90 % (its alert), p95 2 s (its cluster's bound) and 5 s (a trigger), errors 1 % (of a sustainable
/// load) and 2 % (a trigger), queue 50 (a trigger), instances below 3 (its report). Requests per second have no bound
/// of their own: what was measured is one (80 % of it is when to scale out).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scaling {

enum class Signal : std::uint8_t { instances, cpu, memory, requests, p95, pool, queue, errors };
constexpr std::size_t signal_count = 8;
std::string_view to_string(Signal signal);  ///< "cpu": as JSON names it
std::string_view title(Signal signal);      ///< "CPU": for people
std::string_view unit(Signal signal);       ///< "%", "ms", …; may be empty

enum class Level : std::uint8_t { good, warning, critical, unknown };
std::string_view to_string(Level level);
/// The worse of two; `unknown` is no news.
Level worse(Level a, Level b);

struct Threshold {
    Signal signal;
    enum class Side : std::uint8_t { above, below } side = Side::above;  ///< which side of the bounds is bad
    double warning = 0;                                                  ///< strictly beyond it
    double critical = 0;
};

/// One a signal, in their order. `requests` has infinite bounds.
const std::array<Threshold, signal_count>& default_thresholds();

/// Strictly beyond a bound counts: 80 % of CPU is a warning, 80.1 % critical. No value, or NaN: `unknown`.
Level judge(const Threshold& threshold, std::optional<double> value);

/// The figures of an installation; what is not known is empty.
struct Figures {
    std::optional<double> instances;            ///< that answer
    std::optional<double> instances_expected;   ///< that should
    std::optional<double> cpu_percent;          ///< of the limit; of the busiest instance
    std::optional<double> memory_percent;       ///< of the limit; of the fullest instance
    std::optional<double> requests_per_second;  ///< all instances
    std::optional<double> p95_ms;
    std::optional<double> pool_percent;  ///< of the fullest instance
    std::optional<double> queue_length;  ///< of the longest
    std::optional<double> error_percent;
    /// What the installation carries by a measurement: all instances.
    std::optional<double> sustainable_requests_per_second;

    std::optional<double> of(Signal signal) const;
};

struct Judged {
    Signal signal;
    std::optional<double> value;
    Level level = Level::unknown;
    std::string why;  ///< "warning above 60 %, critical above 80 %"
};

/// Every signal, in their order.
std::vector<Judged> judge_all(const Figures& figures, std::span<const Threshold> thresholds = default_thresholds());

/// What to do, the gravest first; says so when nothing is to be done.
struct Recommendation {
    Level level = Level::good;
    std::string text;
};
std::vector<Recommendation> recommend(const std::vector<Judged>& judged, const Figures& figures);

}  // namespace scaling
