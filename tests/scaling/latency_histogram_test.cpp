#include "scaling/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace scaling {
namespace {

using std::chrono::nanoseconds;

TEST(LatencyHistogram, percentiles_are_those_of_the_sorted_values_to_a_thousandth) {
    std::mt19937_64 random{7};
    std::lognormal_distribution<double> spread{14, 2.5};  // microseconds to minutes
    LatencyHistogram histogram;
    std::vector<std::int64_t> exact;
    for (int i = 0; i < 100'000; ++i) {
        const auto ns = static_cast<std::int64_t>(std::min(spread(random), 8e12));
        histogram.record(nanoseconds{ns});
        exact.push_back(ns);
    }
    std::ranges::sort(exact);
    for (const double quantile : {0.0, 0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.99999, 1.0}) {
        const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(quantile * 100'000 - 1e-9)));
        const auto truth = static_cast<double>(exact[rank - 1]);
        EXPECT_NEAR(static_cast<double>(histogram.at(quantile).count()), truth, truth / 1024) << quantile;
    }
    EXPECT_EQ(histogram.min().count(), exact.front());
    EXPECT_EQ(histogram.max().count(), exact.back());
    double sum = 0;
    for (const auto ns : exact) sum += static_cast<double>(ns);
    EXPECT_NEAR(static_cast<double>(histogram.mean().count()), sum / 100'000, 1 + sum / 1e14);
}

TEST(LatencyHistogram, small_values_are_exact) {
    LatencyHistogram histogram;
    for (int ns = 0; ns < 2048; ++ns) histogram.record(nanoseconds{ns});
    for (const int ns : {0, 1, 1023, 1024, 1500, 2047}) {
        EXPECT_EQ(histogram.at((ns + 1) / 2048.0).count(), ns);
        EXPECT_EQ(histogram.count_up_to(nanoseconds{ns}), static_cast<std::uint64_t>(ns) + 1);
    }
}

TEST(LatencyHistogram, quantile_is_the_nearest_rank_without_rounding_up_a_whole_one) {
    LatencyHistogram histogram;
    for (int i = 1; i <= 100; ++i) histogram.record(nanoseconds{i});
    EXPECT_EQ(histogram.at(0.95).count(), 95);
    EXPECT_EQ(histogram.at(0.951).count(), 96);
    EXPECT_EQ(histogram.at(0.5).count(), 50);
}

TEST(LatencyHistogram, every_bucket_of_every_width_holds_its_own_middle) {
    for (std::int64_t ns = 1; ns < (std::int64_t{1} << 43); ns += 1 + ns / 99) {
        LatencyHistogram one;
        one.record(nanoseconds{ns});
        std::int64_t middle = -1;
        one.each([&](nanoseconds at, std::uint64_t) { middle = at.count(); });
        EXPECT_LE(std::abs(static_cast<double>(middle - ns)), static_cast<double>(ns) / 2047) << ns;
        LatencyHistogram again;
        again.record(nanoseconds{middle});
        again.each([&](nanoseconds at, std::uint64_t) { EXPECT_EQ(at.count(), middle); });
    }
}

TEST(LatencyHistogram, values_out_of_range_count_at_its_ends) {
    LatencyHistogram histogram;
    histogram.record(nanoseconds{-5});
    histogram.record(std::chrono::hours{24});
    EXPECT_EQ(histogram.count(), 2U);
    EXPECT_EQ(histogram.at(0.5).count(), 0);
    EXPECT_EQ(histogram.max(), nanoseconds{std::chrono::hours{24}});
    EXPECT_GT(histogram.at(1), std::chrono::hours{2});
}

TEST(LatencyHistogram, merged_parts_are_the_whole) {
    LatencyHistogram whole;
    LatencyHistogram left;
    LatencyHistogram right;
    for (int i = 1; i < 5000; ++i) {
        const nanoseconds value{i * 7919LL};
        whole.record(value);
        (i % 3 == 0 ? left : right).record(value);
    }
    left.merge(right);
    left.merge(LatencyHistogram{});
    EXPECT_EQ(left.count(), whole.count());
    EXPECT_EQ(left.min(), whole.min());
    EXPECT_EQ(left.max(), whole.max());
    EXPECT_EQ(left.mean(), whole.mean());
    for (const double quantile : {0.01, 0.5, 0.999}) EXPECT_EQ(left.at(quantile), whole.at(quantile));
    left.clear();
    EXPECT_EQ(left.count(), 0U);
    EXPECT_EQ(left.at(0.5).count(), 0);
    EXPECT_EQ(left.max().count(), 0);
}

TEST(LatencyHistogram, coarse_ones_are_within_a_hundredth) {
    LatencyHistogram histogram{LatencyHistogram::Precision::coarse};
    for (int i = 1; i <= 10'000; ++i) histogram.record(nanoseconds{i * 12'345LL});
    for (const double quantile : {0.1, 0.5, 0.99}) {
        const double truth = quantile * 10'000 * 12'345;
        EXPECT_NEAR(static_cast<double>(histogram.at(quantile).count()), truth, truth / 127) << quantile;
    }
}

TEST(LatencyHistogram, deviation_is_that_of_the_values) {
    LatencyHistogram histogram;
    for (const int ns : {100, 200, 300, 400}) histogram.record(nanoseconds{ns});
    EXPECT_NEAR(histogram.deviation_ns(), 129.099, 0.001);
}

}  // namespace
}  // namespace scaling
