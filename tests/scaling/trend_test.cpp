#include "scaling/trend.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace scaling {
namespace {

// A month (5) is missing on purpose: each value stands at its own month.
const std::vector<Observation> seven = {{0, 10}, {1, 13}, {2, 14}, {3, 18}, {4, 21}, {6, 26}, {7, 27}};
const std::vector<Observation> bent = {{0, 6},  {1, 9},  {2, 14}, {3, 20}, {4, 30},  {5, 41},
                                       {6, 55}, {7, 66}, {8, 77}, {9, 84}, {10, 91}, {11, 94}};

std::vector<Observation> made(int months, auto clients) {
    std::vector<Observation> past;
    for (int month = 0; month < months; ++month) {
        past.push_back({.month = static_cast<double>(month), .clients = static_cast<double>(clients(month))});
    }
    return past;
}

// References of the three: SciPy 1.16 (linregress, curve_fit), interval formulas in NumPy.
TEST(Trend, a_line_and_its_interval_are_those_of_scipy) {
    const auto trend = Trend::fit(GrowthModel::linear, seven);
    ASSERT_TRUE(trend);
    EXPECT_NEAR(trend->clients_a_month(), 2.5398550724637685, 1e-12);
    const Prediction next = trend->at(10, 0.9);
    EXPECT_NEAR(next.expected, 35.481884058, 1e-8);
    EXPECT_NEAR(next.low, 32.982034182, 1e-8);
    EXPECT_NEAR(next.high, 37.981733934, 1e-8);
}

TEST(Trend, an_exponential_curve_and_its_interval_are_those_of_scipy) {
    const auto trend = Trend::fit(GrowthModel::exponential, seven);
    ASSERT_TRUE(trend);
    EXPECT_NEAR(trend->monthly_rate(), 0.1529746843723059, 1e-12);
    const Prediction next = trend->at(10, 0.8);
    EXPECT_NEAR(next.expected, 45.2514808058, 1e-8);
    EXPECT_NEAR(next.low, 37.9603501771, 1e-8);
    EXPECT_NEAR(next.high, 53.9430354454, 1e-8);
}

TEST(Trend, a_logistic_curve_and_its_interval_are_those_of_scipy) {
    const auto trend = Trend::fit(GrowthModel::logistic, bent);
    ASSERT_TRUE(trend);
    EXPECT_NEAR(trend->ceiling(), 100.93740857, 1e-5);
    EXPECT_NEAR(trend->monthly_rate(), 0.6504042775975983, 1e-6);
    EXPECT_NEAR(trend->r_squared(), 0.9997410068473226, 1e-9);
    EXPECT_NEAR(trend->aicc(), -2.434405844630768, 1e-6);
    const Prediction next = trend->at(15, 0.9);
    EXPECT_NEAR(next.expected, 99.98610893153204, 1e-5);
    EXPECT_NEAR(next.low, 98.2970792262297, 1e-5);
    EXPECT_NEAR(next.high, 101.67513863683439, 1e-5);
}

TEST(Trend, the_model_that_fits_is_found) {
    const auto noise = [](int month) { return (month * 7 % 5 - 2) * 0.4; };
    EXPECT_EQ(Trend::best(made(14, [&](int m) { return 20.0 + 5 * m + noise(m); }))->model(), GrowthModel::linear);
    EXPECT_EQ(Trend::best(made(14, [&](int m) { return 20 * std::pow(1.2, m) + noise(m); }))->model(),
              GrowthModel::exponential);
    EXPECT_EQ(Trend::best(bent)->model(), GrowthModel::logistic);
}

TEST(Trend, of_two_perfect_models_the_simpler_one_is_taken) {
    EXPECT_EQ(Trend::best(made(8, [](int) { return 40.0; }))->model(), GrowthModel::linear);
    EXPECT_EQ(Trend::best(made(8, [](int m) { return 10.0 + m; }))->model(), GrowthModel::linear);
}

TEST(Trend, an_interval_widens_with_distance_and_with_the_asked_level) {
    const auto trend = Trend::fit(GrowthModel::linear, seven);
    const auto width = [&](double month, double level) {
        return trend->at(month, level).high - trend->at(month, level).low;
    };
    EXPECT_LT(width(8, 0.8), width(20, 0.8));
    EXPECT_LT(width(8, 0.8), width(8, 0.95));
}

TEST(Trend, nobody_is_the_least_that_can_be) {
    const auto trend = Trend::fit(GrowthModel::linear, made(5, [](int m) { return 40.0 - 9 * m; }));
    EXPECT_EQ(trend->at(10, 0.9).expected, 0);
    EXPECT_EQ(trend->at(10, 0.9).low, 0);
}

TEST(Trend, what_can_not_be_fitted_says_so) {
    const auto message = [](GrowthModel model, const std::vector<Observation>& past) {
        const auto trend = Trend::fit(model, past);
        return trend ? "fitted" : trend.error().message();
    };
    EXPECT_NE(message(GrowthModel::linear, made(2, [](int m) { return m; })).find("takes 3"), std::string::npos);
    EXPECT_NE(message(GrowthModel::logistic, made(4, [](int m) { return m; })).find("takes 5"), std::string::npos);
    EXPECT_NE(message(GrowthModel::exponential, made(4, [](int m) { return m; })).find("0 clients"), std::string::npos);
    EXPECT_NE(message(GrowthModel::linear, {{3, 1}, {3, 2}, {3, 3}}).find("one month"), std::string::npos);
    EXPECT_NE(message(GrowthModel::logistic, made(12, [](int m) { return 10 * std::pow(1.3, m); })).find("no bend"),
              std::string::npos);
}

TEST(Trend, a_month_with_nobody_leaves_the_line) {
    EXPECT_EQ(Trend::best(made(6, [](int m) { return m * m * 1.0; }))->model(), GrowthModel::linear);
}

}  // namespace
}  // namespace scaling
