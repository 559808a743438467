#include "scaling/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace scaling {

namespace {
constexpr int largest_bits = 43;
}

LatencyHistogram::LatencyHistogram(Precision precision)
    : precision_bits_{static_cast<int>(precision)},
      half_{std::size_t{1} << (precision_bits_ - 1)},
      counts_(half_ * static_cast<std::size_t>(largest_bits - precision_bits_ + 2), 0) {}

std::size_t LatencyHistogram::index_of(std::uint64_t ns) const {
    constexpr std::uint64_t largest = (std::uint64_t{1} << largest_bits) - 1;
    ns = std::min(ns, largest);
    const int shift = std::max(0, static_cast<int>(std::bit_width(ns)) - precision_bits_);
    return static_cast<std::size_t>(shift) * half_ + static_cast<std::size_t>(ns >> shift);
}

std::uint64_t LatencyHistogram::middle_of(std::size_t index) const {
    if (index < 2 * half_) {
        return index;
    }
    const auto shift = static_cast<int>(index / half_) - 1;
    const std::uint64_t low = (index - static_cast<std::size_t>(shift) * half_) << shift;
    return low + (std::uint64_t{1} << shift) / 2;
}

void LatencyHistogram::record(Duration value, std::uint64_t times) {
    if (times == 0) return;
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.count()));
    counts_[index_of(ns)] += times;
    min_ = count_ == 0 ? ns : std::min(min_, ns);
    max_ = std::max(max_, ns);
    count_ += times;
    sum_ += static_cast<double>(ns) * static_cast<double>(times);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
    if (other.count_ == 0) return;
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    count_ += other.count_;
    sum_ += other.sum_;
}

void LatencyHistogram::clear() {
    if (count_ == 0) return;
    std::ranges::fill(counts_, 0);
    count_ = 0;
    min_ = 0;
    max_ = 0;
    sum_ = 0;
}

LatencyHistogram::Duration LatencyHistogram::mean() const {
    return count_ == 0 ? Duration{0} : Duration{std::llround(sum_ / static_cast<double>(count_))};
}

double LatencyHistogram::deviation_ns() const {
    if (count_ < 2) return 0;
    const double mean = sum_ / static_cast<double>(count_);
    double squares = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] == 0) continue;
        const double off = static_cast<double>(middle_of(i)) - mean;
        squares += off * off * static_cast<double>(counts_[i]);
    }
    return std::sqrt(squares / static_cast<double>(count_ - 1));
}

LatencyHistogram::Duration LatencyHistogram::at(double quantile) const {
    if (count_ == 0) return Duration{0};
    const double wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_) - 1e-9);
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(1.0, wanted)), 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen >= rank) return Duration{std::clamp(middle_of(i), min_, max_)};
    }
    return Duration{max_};
}

std::uint64_t LatencyHistogram::count_up_to(Duration value) const {
    if (value.count() < 0) return 0;
    const std::size_t last = index_of(static_cast<std::uint64_t>(value.count()));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i <= last; ++i) seen += counts_[i];
    return seen;
}

void LatencyHistogram::each(const std::function<void(Duration, std::uint64_t)>& visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] != 0) visit(Duration{middle_of(i)}, counts_[i]);
    }
}

}  // namespace scaling
