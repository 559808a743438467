/// Rate and 95th percentile of the last minute, from totals that only grow.
///
/// Pure: told the time and the totals; keeps one sample a second of the last minute. Threads: none; its owner's lock.
#pragma once

#include <chrono>
#include <deque>

#include "base/clock.hpp"
#include "base/metrics.hpp"

namespace admin {

class RequestWindow {
public:
    static constexpr std::chrono::seconds span{60};
    static constexpr std::chrono::seconds step{1};

    struct Figures {
        double requests_per_second = 0;
        double p95_ms = 0;  ///< 0 when nothing was asked
    };

    /// Asked at least every few seconds (a scrape does): a sample is kept when the last one is older than `step`.
    Figures update(base::TimePoint now, const base::HistogramTotals& totals);

private:
    struct Sample {
        base::TimePoint at;
        base::HistogramTotals totals;
    };
    std::deque<Sample> samples_;
};

}  // namespace admin
