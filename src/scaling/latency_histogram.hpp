/// Durations counted in buckets of constant relative width, as HdrHistogram counts them (three significant digits).
///
/// Place: the load generator (one a thread, merged at the end) and who reads its results. A value is known to within
/// 1/2048 of itself, a count exactly; recording is an index and an increment, without allocation. Range: 0 to about
/// 2.4 hours; what is longer counts as the longest. Memory: 272 KiB. Pure. Threads: none.
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

    LatencyHistogram();

    /// Negative ones count as 0.
    void record(Duration value) { record(value, 1); }
    void record(Duration value, std::uint64_t times);
    void merge(const LatencyHistogram& other);
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
    static constexpr int precision_bits = 11;  // 2048 buckets of 1 ns, then 1024 to each doubling
    static constexpr int largest_bits = 43;
    static constexpr std::size_t half = std::size_t{1} << (precision_bits - 1);
    static constexpr std::size_t buckets = half * (largest_bits - precision_bits + 2);

    static std::size_t index_of(std::uint64_t ns);
    static std::uint64_t middle_of(std::size_t index);

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ = 0;
    std::uint64_t max_ = 0;
    double sum_ = 0;
};

}  // namespace scaling
