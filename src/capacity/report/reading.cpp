#include "capacity/report/reading.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace capacity::report {
namespace {

std::optional<double> percent(const std::optional<double>& part, const std::optional<double>& whole) {
    if (!part || !whole || !(*whole > 0)) return std::nullopt;
    return 100 * *part / *whole;
}

bool went_back(const std::optional<double>& before, const std::optional<double>& after) {
    return before && after && *after < *before;
}

std::optional<double> difference(const std::optional<double>& before, const std::optional<double>& after) {
    if (!before || !after) return std::nullopt;
    return *after - *before;
}

bool same_bounds(const std::vector<HistogramBucketCount>& a, const std::vector<HistogramBucketCount>& b) {
    return std::ranges::equal(a, b, {}, &HistogramBucketCount::at_most, &HistogramBucketCount::at_most);
}

}  // namespace

std::optional<double> Reading::memory_percent() const { return percent(memory_bytes, memory_limit_bytes); }
std::optional<double> Reading::pool_percent() const { return percent(pool_active, pool_max); }

base::Result<Reading> reading_of(const MetricsText& page, double at) {
    Reading reading{.at = at,
                    .uptime_seconds = page.sum("mcp_uptime_seconds"),
                    .cpu_seconds = page.sum("process_cpu_seconds_total"),
                    .cpu_cores = page.sum("process_cpu_limit_cores"),
                    .memory_bytes = page.sum("process_memory_bytes"),
                    .memory_limit_bytes = page.sum("process_memory_limit_bytes"),
                    .requests = page.sum("mcp_requests_total"),
                    .errors = page.sum("mcp_errors_total"),
                    .pool_active = page.sum("pool_connections_active"),
                    .pool_max = page.sum("pool_connections_max"),
                    .queue_length = page.sum("mcp_request_queue_length"),
                    .durations = page.buckets("mcp_request_duration_seconds")};
    if (!reading.requests && !reading.memory_bytes && !reading.pool_active) {
        return base::fail(base::Kind::bad_argument,
                          "it has none of the figures of snowflake-mcp (mcp_requests_total, process_memory_bytes, "
                          "pool_connections_active)");
    }
    return reading;
}

std::optional<double> Change::requests_per_second() const {
    if (!requests || !(seconds > 0)) return std::nullopt;
    return *requests / seconds;
}

std::optional<double> Change::p95_ms() const {
    const auto p95 = histogram_quantile(0.95, durations);
    return p95 ? std::optional{*p95 * 1000} : std::nullopt;
}

std::optional<Change> between(const Reading& before, const Reading& after) {
    if (!(after.at > before.at) || went_back(before.requests, after.requests) ||
        went_back(before.cpu_seconds, after.cpu_seconds) || went_back(before.uptime_seconds, after.uptime_seconds)) {
        return std::nullopt;
    }
    Change change;
    change.seconds = after.at - before.at;
    if (const auto cpu = difference(before.cpu_seconds, after.cpu_seconds)) {
        change.cpu_percent = percent(*cpu / change.seconds, after.cpu_cores);
    }
    change.requests = difference(before.requests, after.requests);
    change.errors = difference(before.errors, after.errors);
    if (same_bounds(before.durations, after.durations)) {
        for (std::size_t i = 0; i < after.durations.size(); ++i) {
            change.durations.push_back({.at_most = after.durations[i].at_most,
                                        .count = std::max(0.0, after.durations[i].count - before.durations[i].count)});
        }
    }
    return change;
}

void add(Change& sum, const Change& more) {
    const auto plus = [](std::optional<double>& to, const std::optional<double>& what) {
        if (what) to = to.value_or(0) + *what;
    };
    plus(sum.requests, more.requests);
    plus(sum.errors, more.errors);
    if (more.cpu_percent) sum.cpu_percent = std::max(sum.cpu_percent.value_or(0), *more.cpu_percent);
    std::map<double, double> counts;
    for (const auto& bucket : sum.durations) counts[bucket.at_most] += bucket.count;
    for (const auto& bucket : more.durations) counts[bucket.at_most] += bucket.count;
    sum.durations.clear();
    for (const auto& [bound, count] : counts) sum.durations.push_back({.at_most = bound, .count = count});
}

}  // namespace capacity::report
