/// What the HTTP server shows: metrics and a status snapshot. Threads: counting and reading from any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "base/mutex.hpp"
#include "base/probe.hpp"

namespace net {

/// What one worker counts on the hot path. Written by that worker only, read by any: no locked instruction, no delay.
struct alignas(64) HttpTally {
    class Count {
    public:
        void add(std::uint64_t n = 1) {
            value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
        }
        std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

    private:
        std::atomic<std::uint64_t> value_ = 0;
    };

    std::array<Count, 5> answers;  ///< 1xx to 5xx
    Count refused, timed_out, left_early, received, sent;

    void answered(int status) { answers[status >= 100 && status < 600 ? status / 100 - 1 : 4].add(); }
};

class HttpProbe {
public:
    /// `listener`: the label that tells servers apart ("mcp", "metrics"). Made before workers start; it must outlive
    /// the scraping of `metrics`.
    HttpProbe(base::Metrics& metrics, const std::string& listener);

    void opened() { open_.fetch_add(1, std::memory_order_relaxed), connections_.add(); }
    void closed() { open_.fetch_sub(1, std::memory_order_relaxed); }
    void turned_away() { turned_away_.add(); }
    /// For one more worker; summed at scrape.
    std::shared_ptr<HttpTally> new_tally();

    std::size_t open() const { return open_.load(std::memory_order_relaxed); }
    /// Must not outlive this.
    base::Probe probe() const;

private:
    std::uint64_t sum(std::function<std::uint64_t(const HttpTally&)> part) const;

    std::string listener_;
    std::atomic<std::size_t> open_ = 0;
    base::Counter connections_, turned_away_;
    mutable base::Mutex mutex_;
    std::vector<std::shared_ptr<HttpTally>> tallies_ BASE_GUARDED_BY(mutex_);
};

}  // namespace net
