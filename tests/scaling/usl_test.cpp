#include "scaling/usl.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace scaling {
namespace {

std::vector<UslPoint> curve(const UslFit& truth, std::initializer_list<int> clients) {
    std::vector<UslPoint> points;
    for (const int n : clients) points.push_back({static_cast<double>(n), truth.rate(n)});
    return points;
}

TEST(Usl, finds_the_terms_that_made_the_points) {
    for (const double lambda : {3.0, 950.0, 120'000.0}) {
        for (const double sigma : {0.0, 0.02, 0.4, 0.9}) {
            for (const double kappa : {0.0, 1e-5, 2e-3, 0.05}) {
                const UslFit truth{lambda, sigma, kappa, 1};
                const auto fit = fit_usl(curve(truth, {1, 5, 10, 25, 50, 100}));
                ASSERT_TRUE(fit) << lambda << ' ' << sigma << ' ' << kappa;
                EXPECT_NEAR(fit->lambda, lambda, lambda * 1e-4) << sigma << ' ' << kappa;
                EXPECT_NEAR(fit->sigma, sigma, 1e-3) << lambda << ' ' << kappa;
                EXPECT_NEAR(fit->kappa, kappa, 1e-6 + kappa * 1e-3) << lambda << ' ' << sigma;
                EXPECT_NEAR(fit->r_squared, 1, 1e-6);
            }
        }
    }
}

/// The measured points of the "specint" style example every text on the law uses are not needed: noise around a known
/// curve tells the same.
TEST(Usl, noise_moves_the_terms_little) {
    const UslFit truth{995.6, 0.0267, 0.000769, 1};
    auto points = curve(truth, {1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64});
    std::mt19937 random{11};
    std::normal_distribution<double> noise{1, 0.02};
    for (UslPoint& point : points) point.rate *= noise(random);
    const auto fit = fit_usl(points);
    ASSERT_TRUE(fit);
    EXPECT_NEAR(fit->lambda, truth.lambda, 60);
    EXPECT_NEAR(fit->sigma, truth.sigma, 0.02);
    EXPECT_NEAR(*fit->peak_clients(), *truth.peak_clients(), 5);
    EXPECT_GT(fit->r_squared, 0.98);
}

TEST(Usl, the_peak_is_where_one_more_client_gains_nothing) {
    const UslFit fit{100, 0.02, 0.0005, 1};
    const double peak = *fit.peak_clients();
    EXPECT_NEAR(peak, 44.27, 0.01);
    EXPECT_GT(fit.rate(peak), fit.rate(peak - 1));
    EXPECT_GT(fit.rate(peak), fit.rate(peak + 1));
    EXPECT_DOUBLE_EQ(*fit.rate_limit(), fit.rate(peak));
}

TEST(Usl, without_coherency_the_limit_is_the_asymptote) {
    const UslFit fit{100, 0.1, 0, 1};
    EXPECT_FALSE(fit.peak_clients());
    EXPECT_DOUBLE_EQ(*fit.rate_limit(), 1000);
    EXPECT_FALSE((UslFit{100, 0, 0, 1}.rate_limit()));
}

TEST(Usl, terms_are_never_negative) {
    // Faster than linear: the law has no negative contention.
    const std::vector<UslPoint> points{{1, 100}, {2, 230}, {4, 520}, {8, 1200}};
    const auto fit = fit_usl(points);
    ASSERT_TRUE(fit);
    EXPECT_EQ(fit->sigma, 0);
    EXPECT_EQ(fit->kappa, 0);
}

TEST(Usl, points_that_cannot_tell_the_terms_apart_give_no_fit) {
    EXPECT_FALSE(fit_usl({}));
    EXPECT_FALSE(fit_usl(std::vector<UslPoint>{{1, 100}, {5, 300}}));
    EXPECT_FALSE(fit_usl(std::vector<UslPoint>{{1, 100}, {5, 300}, {5, 310}, {1, 99}}));
    EXPECT_FALSE(fit_usl(std::vector<UslPoint>{{1, 100}, {5, 300}, {10, 0}}));
    EXPECT_FALSE(fit_usl(std::vector<UslPoint>{{0, 100}, {5, 300}, {10, 400}}));
}

TEST(Usl, a_flat_line_is_explained) {
    const auto fit = fit_usl(std::vector<UslPoint>{{1, 500}, {10, 500}, {100, 500}});
    ASSERT_TRUE(fit);
    EXPECT_NEAR(fit->rate(100), 500, 1);
    EXPECT_NEAR(fit->sigma, 1, 0.01);
}

}  // namespace
}  // namespace scaling
