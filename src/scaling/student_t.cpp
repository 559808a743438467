#include "scaling/student_t.hpp"

#include <cmath>
#include <initializer_list>

namespace scaling {
namespace {

/// The continued fraction of the incomplete beta function by Lentz's method.
double beta_fraction(double x, double a, double b) {
    constexpr double tiny = 1e-300;
    constexpr int most_steps = 500;
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    double value = d;
    for (int step = 1; step <= most_steps; ++step) {
        const double m = step;
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1;
        for (const double term : {even, odd}) {
            d = 1 + term * d;
            d = 1 / (std::abs(d) < tiny ? tiny : d);
            c = 1 + term / c;
            c = std::abs(c) < tiny ? tiny : c;
            change = c * d;
            value *= change;
        }
        if (std::abs(change - 1) < 1e-16) {
            break;
        }
    }
    return value;
}

/// The regularised incomplete beta function I_x(a, b).
double incomplete_beta(double x, double a, double b) {
    if (x <= 0) {
        return 0;
    }
    if (x >= 1) {
        return 1;
    }
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    if (x < (a + 1) / (a + b + 2)) {
        return front * beta_fraction(x, a, b) / a;
    }
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

}  // namespace

double student_t_cdf(double t, double degrees) {
    const double tail = incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
    return t > 0 ? 1 - tail : tail;
}

double student_t_quantile(double probability, double degrees) {
    if (probability == 0.5) {
        return 0;
    }
    if (probability > 0.5) {
        return -student_t_quantile(1 - probability, degrees);  // of the lower tail no digit is lost
    }
    double low = -1;
    while (student_t_cdf(low, degrees) > probability) {
        low *= 2;
    }
    double high = 0;
    for (int step = 0; step < 200 && high - low > 1e-14 * std::abs(low); ++step) {
        const double middle = (low + high) / 2;
        (student_t_cdf(middle, degrees) > probability ? high : low) = middle;
    }
    return (low + high) / 2;
}

}  // namespace scaling
