#include "admin/request_window.hpp"

#include <gtest/gtest.h>

namespace admin {
namespace {

using namespace std::chrono_literals;

base::HistogramTotals totals(std::uint64_t fast, std::uint64_t slow) {
    return {.bounds = {0.1, 1.0}, .counts = {fast, slow, 0}, .sum = 0};
}

TEST(RequestWindow, knows_nothing_at_first) {
    RequestWindow window;
    const auto figures = window.update(base::TimePoint{}, totals(1000, 0));
    EXPECT_EQ(figures.requests_per_second, 0);
    EXPECT_EQ(figures.p95_ms, 0);
}

TEST(RequestWindow, divides_by_the_time_that_passed) {
    RequestWindow window;
    window.update(base::TimePoint{}, totals(0, 0));
    EXPECT_DOUBLE_EQ(window.update(base::TimePoint{} + 10s, totals(50, 0)).requests_per_second, 5);
}

TEST(RequestWindow, forgets_what_is_older_than_a_minute) {
    RequestWindow window;
    base::TimePoint now{};
    for (int second = 0; second <= 30; ++second, now += 1s) {
        window.update(now, totals(static_cast<std::uint64_t>(second) * 100, 0));
    }
    for (int second = 0; second < 90; ++second, now += 1s) {
        window.update(now, totals(3000, 0));
    }
    const auto figures = window.update(now, totals(3000, 0));
    EXPECT_EQ(figures.requests_per_second, 0);
    EXPECT_EQ(figures.p95_ms, 0);
}

TEST(RequestWindow, gives_the_percentile_of_the_window_and_not_of_all_time) {
    RequestWindow window;
    window.update(base::TimePoint{}, totals(1'000'000, 0));
    const auto figures = window.update(base::TimePoint{} + 10s, totals(1'000'000, 10));
    EXPECT_GT(figures.p95_ms, 900);
    EXPECT_LE(figures.p95_ms, 1000);
}

}  // namespace
}  // namespace admin
