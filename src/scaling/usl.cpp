#include "scaling/usl.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace scaling {
namespace {

constexpr std::size_t terms = 3;
using Terms = std::array<double, terms>;  // lambda, sigma, kappa
using Free = std::array<bool, terms>;

double law(const Terms& at, double n) { return at[0] * n / (1 + at[1] * (n - 1) + at[2] * n * (n - 1)); }

/// Infinite where the law has a pole or a negative rate.
double squares(std::span<const UslPoint> points, const Terms& at) {
    double sum = 0;
    for (const UslPoint& point : points) {
        const double rate = law(at, point.clients);
        if (!std::isfinite(rate) || rate < 0) return INFINITY;
        sum += (point.rate - rate) * (point.rate - rate);
    }
    return sum;
}

Terms gradient(const Terms& at, double n) {
    const double below = 1 + at[1] * (n - 1) + at[2] * n * (n - 1);
    const double rate = at[0] * n / below;
    return {n / below, -rate * (n - 1) / below, -rate * n * (n - 1) / below};
}

using Matrix = std::array<Terms, terms>;

/// Solves `matrix` x = `right` by elimination with pivots; false when it is singular.
bool solve(Matrix matrix, Terms right, Terms& x) {
    for (std::size_t i = 0; i < terms; ++i) {
        std::size_t best = i;
        for (std::size_t row = i + 1; row < terms; ++row) {
            if (std::abs(matrix[row][i]) > std::abs(matrix[best][i])) best = row;
        }
        if (!(std::abs(matrix[best][i]) > 0)) return false;
        std::swap(matrix[i], matrix[best]);
        std::swap(right[i], right[best]);
        for (std::size_t row = i + 1; row < terms; ++row) {
            const double factor = matrix[row][i] / matrix[i][i];
            for (std::size_t column = i; column < terms; ++column) matrix[row][column] -= factor * matrix[i][column];
            right[row] -= factor * right[i];
        }
    }
    for (std::size_t i = terms; i-- > 0;) {
        double sum = right[i];
        for (std::size_t column = i + 1; column < terms; ++column) sum -= matrix[i][column] * x[column];
        x[i] = sum / matrix[i][i];
        if (!std::isfinite(x[i])) return false;
    }
    return true;
}

/// One damped Gauss-Newton step of the free terms from `at`; false when there is none.
bool step(std::span<const UslPoint> points, const Terms& at, const Free& free, double damping, Terms& next) {
    Matrix normal{};
    Terms right{};
    for (const UslPoint& point : points) {
        const Terms slope = gradient(at, point.clients);
        const double off = point.rate - law(at, point.clients);
        for (std::size_t i = 0; i < terms; ++i) {
            for (std::size_t j = 0; j < terms; ++j) normal[i][j] += slope[i] * slope[j];
            right[i] += slope[i] * off;
        }
    }
    for (std::size_t i = 0; i < terms; ++i) {
        if (!free[i]) {
            for (std::size_t j = 0; j < terms; ++j) normal[i][j] = normal[j][i] = 0;
            normal[i][i] = 1;
            right[i] = 0;
        }
        normal[i][i] *= 1 + damping;
    }
    Terms delta{};
    if (!solve(normal, right, delta)) return false;
    for (std::size_t i = 0; i < terms; ++i) next[i] = at[i] + delta[i];
    return true;
}

Terms descend(std::span<const UslPoint> points, Terms at, const Free& free) {
    double damping = 1e-3;
    double sum = squares(points, at);
    for (int round = 0; round < 500 && damping < 1e12; ++round) {
        Terms next{};
        const bool moved = step(points, at, free, damping, next);
        const double lower = moved ? squares(points, next) : INFINITY;
        if (!(lower <= sum)) {
            damping *= 4;
            continue;
        }
        const bool settled = sum - lower <= 1e-15 * sum;
        at = next;
        sum = lower;
        damping = std::max(damping / 4, 1e-12);
        if (settled) break;
    }
    return at;
}

bool holds_bounds(const Terms& at) { return at[0] > 0 && at[1] >= 0 && at[2] >= 0; }

bool usable(std::span<const UslPoint> points) {
    std::set<double> different;
    for (const UslPoint& point : points) {
        if (!std::isfinite(point.clients) || !std::isfinite(point.rate) || point.clients < 1 || point.rate <= 0) {
            return false;
        }
        different.insert(point.clients);
    }
    return different.size() >= terms;
}

double total_squares(std::span<const UslPoint> points) {
    double mean = 0;
    for (const UslPoint& point : points) mean += point.rate / static_cast<double>(points.size());
    double sum = 0;
    for (const UslPoint& point : points) sum += (point.rate - mean) * (point.rate - mean);
    return sum;
}

}  // namespace

double UslFit::rate(double clients) const { return law({lambda, sigma, kappa}, clients); }

std::optional<double> UslFit::peak_clients() const {
    if (!(kappa > 0)) return std::nullopt;
    return sigma >= 1 ? 1.0 : std::max(1.0, std::sqrt((1 - sigma) / kappa));
}

std::optional<double> UslFit::rate_limit() const {
    if (const auto peak = peak_clients()) return rate(*peak);
    if (sigma > 0) return lambda / sigma;
    return std::nullopt;
}

std::optional<UslFit> fit_usl(std::span<const UslPoint> points) {
    if (!usable(points)) {
        return std::nullopt;
    }
    const auto steepest = std::ranges::max(points, {}, [](const UslPoint& p) { return p.rate / p.clients; });
    const double lambda = steepest.rate / steepest.clients;
    constexpr std::pair<double, double> starts[] = {{0.0, 0.0}, {0.05, 1e-4}, {0.5, 1e-3}, {0.01, 0.02}};
    Terms best{lambda, 0, 0};
    double lowest = INFINITY;
    for (const Free& free :
         {Free{true, false, false}, Free{true, true, false}, Free{true, false, true}, Free{true, true, true}}) {
        for (const auto& [sigma, kappa] : starts) {
            const Terms found = descend(points, {lambda, free[1] ? sigma : 0, free[2] ? kappa : 0}, free);
            const double sum = squares(points, found);
            // More terms must fit visibly better, or the fewer are the truth and the rest is rounding.
            if (holds_bounds(found) && sum < lowest * (1 - 1e-9)) {
                lowest = sum;
                best = found;
            }
        }
    }
    const double total = total_squares(points);
    return UslFit{best[0], best[1], best[2], total > 0 ? 1 - lowest / total : 1.0};
}

}  // namespace scaling
