/// Durations counted in buckets of constant relative width, as HdrHistogram counts them (three significant digits).
///
/// Place: the load generator (one a thread, merged at the end) and who reads its results. A value is known to within
/// 1/2048 of itself (`fine`) or 1/128 (`coarse`), a count exactly; recording is an index and an increment, without
/// allocation. Range: 0 to about 2.4 hours; what is longer counts as the longest. Memory: 272 or 19 KiB. Pure. Threads:
/// none.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace scaling {

class LatencyHistogram {
public:
    using Duration = std::chrono::nanoseconds;
    enum class Precision : int { coarse = 7, fine = 11 };

    explicit LatencyHistogram(Precision precision = Precision::fine);

    /// Negative ones count as 0.
    void record(Duration value) { record(value, 1); }
    void record(Duration value, std::uint64_t times);
    void merge(const LatencyHistogram& other);  ///< of the same precision
    void clear();

    std::uint64_t count() const { return count_; }
    Duration min() const { return count_ == 0 ? Duration{0} : Duration{min_}; }  ///< exact
    Duration max() const { return Duration{max_}; }                              ///< exact
    Duration mean() const;        ///< exact to a nanosecond; 0 when empty
    double deviation_ns() const;  ///< standard deviation, by the buckets' middles
    /// The smallest recorded value that at least `quantile` (0 to 1) of all are not above: nearest rank, no
    /// interpolation. Its bucket's middle, within min and max. 0 when empty.
    Duration at(double quantile) const;
    /// How many were not above `value` (by the bucket it falls in).
    std::uint64_t count_up_to(Duration value) const;

    /// Every bucket that is not empty, ascending: its middle and its count. `record(middle, count)` into an empty
    /// histogram gives the same buckets.
    void each(const std::function<void(Duration middle, std::uint64_t count)>& visit) const;

private:
    // `2 * half_` buckets of 1 ns, then `half_` to each doubling
    std::size_t index_of(std::uint64_t ns) const;
    std::uint64_t middle_of(std::size_t index) const;

    int precision_bits_;
    std::size_t half_;
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ = 0;
    std::uint64_t max_ = 0;
    double sum_ = 0;
};

}  // namespace scaling
