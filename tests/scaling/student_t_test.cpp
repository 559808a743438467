#include "scaling/student_t.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace scaling {
namespace {

// Reference: scipy.stats.t.ppf, SciPy 1.16.
TEST(StudentT, quantiles_are_those_of_scipy) {
    const struct {
        double probability, degrees, t;
    } cases[] = {
        {0.975, 1, 12.7062047361747},  {0.95, 2, 2.91998558035372},   {0.975, 3, 3.18244630528371},
        {0.9, 5, 1.47588404882448},    {0.975, 10, 2.22813885198627}, {0.995, 30, 2.74999565356723},
        {0.025, 4, -2.77644510519779}, {0.9999, 1, 3183.0987571185},  {0.6, 100, 0.254022182458228},
    };
    for (const auto& c : cases) {
        EXPECT_NEAR(student_t_quantile(c.probability, c.degrees), c.t, 1e-11 * std::abs(c.t)) << c.probability;
    }
    EXPECT_EQ(student_t_quantile(0.5, 7), 0);
}

TEST(StudentT, cdf_and_quantile_undo_each_other) {
    for (const double degrees : {1.0, 2.5, 7.0, 300.0}) {
        for (const double probability : {0.001, 0.2, 0.7, 0.99}) {
            EXPECT_NEAR(student_t_cdf(student_t_quantile(probability, degrees), degrees), probability, 1e-12);
        }
    }
}

TEST(StudentT, many_degrees_are_the_normal_distribution) {
    EXPECT_NEAR(student_t_quantile(0.975, 1e7), 1.959963984540054, 1e-6);
}

}  // namespace
}  // namespace scaling
