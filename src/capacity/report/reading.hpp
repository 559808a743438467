/// A server's /metrics page as the figures of scaling, and what two of them say about the time between.
///
/// Place: the report of a running server. Pure: told what was read and when. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "capacity/metrics_text.hpp"

namespace capacity::report {

struct Reading {
    double at = 0;  ///< seconds since 1970
    std::optional<double> uptime_seconds = {};
    std::optional<double> cpu_seconds = {};
    std::optional<double> cpu_cores = {};
    std::optional<double> memory_bytes = {};
    std::optional<double> memory_limit_bytes = {};
    std::optional<double> requests = {};
    std::optional<double> errors = {};
    std::optional<double> pool_active = {};
    std::optional<double> pool_max = {};
    std::optional<double> queue_length = {};
    std::vector<HistogramBucketCount> durations = {};

    std::optional<double> memory_percent() const;
    std::optional<double> pool_percent() const;
};

/// Errors: `bad_argument` where none of the figures is there: it is another program's page.
base::Result<Reading> reading_of(const MetricsText& page, double at);

/// What happened between two readings of one instance.
struct Change {
    double seconds = 0;
    std::optional<double> cpu_percent = {};  ///< of `cpu_cores`
    std::optional<double> requests = {};
    std::optional<double> errors = {};
    std::vector<HistogramBucketCount> durations = {};

    std::optional<double> requests_per_second() const;
    std::optional<double> p95_ms() const;
};

/// Nothing where no time has passed or a counter went back (the instance was started anew): what happened is not known.
std::optional<Change> between(const Reading& before, const Reading& after);

/// The sum of what several instances (or stretches of time) did; their seconds are not added.
void add(Change& sum, const Change& more);

}  // namespace capacity::report
