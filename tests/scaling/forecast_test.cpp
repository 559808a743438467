#include "scaling/forecast.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace scaling {
namespace {

TEST(Forecast, exponential_growth_multiplies_month_by_month) {
    const auto clients = project({.start = 25, .rate = 0.15}, 12);
    ASSERT_EQ(clients.size(), 12u);
    // What the guide's calculator cuts to whole clients.
    const int expected[] = {28, 33, 38, 43, 50, 57, 66, 76, 87, 101, 116, 133};
    for (std::size_t month = 0; month < 12; ++month) {
        EXPECT_EQ(static_cast<int>(clients[month]), expected[month]) << month + 1;
    }
    double by_hand = 25;
    for (int month = 0; month < 12; ++month) {
        by_hand *= 1.15;
    }
    EXPECT_EQ(clients.back(), by_hand) << "the same double";
}

TEST(Forecast, linear_growth_adds_the_same_every_month) {
    EXPECT_EQ(project({.model = GrowthModel::linear, .start = 20, .rate = 0.25}, 3), (std::vector<double>{25, 30, 35}));
}

TEST(Forecast, linear_shrinking_ends_at_nobody) {
    EXPECT_EQ(project({.model = GrowthModel::linear, .start = 20, .rate = -0.5}, 3), (std::vector<double>{10, 0, 0}));
}

TEST(Forecast, logistic_growth_starts_like_exponential_and_stays_below_its_ceiling) {
    const auto clients = project({.model = GrowthModel::logistic, .start = 1, .rate = 0.15, .ceiling = 1e6}, 200);
    EXPECT_NEAR(clients[0], 1.15, 1e-6);
    EXPECT_NEAR(clients[9], std::pow(1.15, 10), 1e-4);
    EXPECT_LT(clients.back(), 1e6);
    EXPECT_GT(clients.back(), 0.99e6);
}

TEST(Forecast, logistic_growth_by_its_formula) {
    // K / (1 + (K/N - 1) / 1.15^6), computed apart.
    const auto clients = project({.model = GrowthModel::logistic, .start = 25, .rate = 0.15, .ceiling = 100}, 6);
    EXPECT_NEAR(clients[5], 100 / (1 + 3 / 2.313060765625), 1e-9);
}

TEST(Forecast, growth_beyond_doubles_is_infinite_and_not_a_wrong_number) {
    EXPECT_TRUE(std::isinf(project({.start = 1e300, .rate = 9}, 20).back()));
}

}  // namespace
}  // namespace scaling
