/// What the HTTP server shows: metrics and a status snapshot. Threads: counting and reading from any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

#include "base/metrics.hpp"
#include "base/probe.hpp"

namespace net {

class HttpProbe {
public:
    /// `listener`: the label that tells servers apart ("mcp", "metrics"). Registered before workers start.
    HttpProbe(base::Metrics& metrics, const std::string& listener);

    void opened() { open_.fetch_add(1, std::memory_order_relaxed), connections_.add(); }
    void closed() { open_.fetch_sub(1, std::memory_order_relaxed); }
    void turned_away() { turned_away_.add(); }
    void answered(int status);
    void refused() { refused_.add(); }
    void timed_out() { timed_out_.add(); }
    void left_early() { left_early_.add(); }
    void received(std::size_t bytes) { received_.add(bytes); }
    void sent(std::size_t bytes) { sent_.add(bytes); }

    std::size_t open() const { return open_.load(std::memory_order_relaxed); }
    /// Must not outlive this.
    base::Probe probe() const;

private:
    std::string listener_;
    std::atomic<std::size_t> open_ = 0;
    base::Counter connections_, turned_away_, refused_, timed_out_, left_early_, received_, sent_;
    std::array<base::Counter, 5> answers_;  // 1xx to 5xx
};

}  // namespace net
