/// What the callers of one thread measured in one step.
///
/// Place: one a load loop; merged when the threads have ended. Latencies are of requests that *began* in the window
/// (however late they ended), rates are of answers that *came* in it. Threads: one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "capacity/bench/answer_check.hpp"
#include "capacity/bench/result.hpp"
#include "scaling/latency_histogram.hpp"

namespace capacity::bench {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

struct Window {
    TimePoint begin;  ///< of what is measured
    TimePoint end;
    std::chrono::nanoseconds interval{std::chrono::seconds{1}};

    bool holds(TimePoint at) const { return at >= begin && at < end; }
    std::size_t intervals() const;
    double seconds() const { return std::chrono::duration<double>(end - begin).count(); }
};

class Recorder {
public:
    explicit Recorder(Window window);

    /// An answer that was correct: the usual case.
    void ok(TimePoint began, TimePoint ended);
    void not_ok(TimePoint began, TimePoint ended, const Verdict& verdict);
    /// The load generator itself sent so much later than intended, with a free connection.
    void late(std::chrono::nanoseconds by) { lag_.record(by); }
    void opened() { ++opened_; }
    void lost() { ++lost_; }

    void merge(const Recorder& other);
    /// The window ended early: what came later is left out.
    void cut(TimePoint end);
    /// Counts, rates, percentiles, errors and intervals; of the server nothing.
    Step step(int round) const;
    const Window& window() const { return window_; }
    const scaling::LatencyHistogram& latencies() const { return ok_; }
    const scaling::LatencyHistogram& refused_latencies() const { return refused_; }
    const scaling::LatencyHistogram& lags() const { return lag_; }

private:
    struct Slice {
        scaling::LatencyHistogram latencies{scaling::LatencyHistogram::Precision::coarse};
        std::array<std::uint64_t, 3> counts{};  // by Outcome
    };
    Slice* slice_at(TimePoint at);

    Window window_;
    scaling::LatencyHistogram ok_;
    scaling::LatencyHistogram refused_;
    scaling::LatencyHistogram lag_{scaling::LatencyHistogram::Precision::coarse};
    std::vector<Slice> slices_;
    std::array<std::uint64_t, 3> counts_{};
    std::map<std::string, ErrorCount> errors_;
    std::uint64_t opened_ = 0;
    std::uint64_t lost_ = 0;
};

/// Milliseconds out of a histogram.
Latency latency_of(const scaling::LatencyHistogram& histogram);

}  // namespace capacity::bench
