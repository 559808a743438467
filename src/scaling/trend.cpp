#include "scaling/trend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "scaling/student_t.hpp"

namespace scaling {
namespace {

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;

constexpr std::size_t least_of_line = 3;
constexpr std::size_t least_of_logistic = 5;
constexpr std::size_t logistic_takes_part = 6;

double mean_month(std::span<const Observation> past) {
    double sum = 0;
    for (const Observation& seen : past) {
        sum += seen.month;
    }
    return sum / static_cast<double>(past.size());
}

std::optional<Matrix> inverse(Matrix m) {
    Matrix out{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    for (std::size_t column = 0; column < 3; ++column) {
        std::size_t pivot = column;
        for (std::size_t row = column + 1; row < 3; ++row) {
            if (std::abs(m[row][column]) > std::abs(m[pivot][column])) {
                pivot = row;
            }
        }
        if (!(std::abs(m[pivot][column]) > 0) || !std::isfinite(m[pivot][column])) {
            return std::nullopt;
        }
        std::swap(m[pivot], m[column]);
        std::swap(out[pivot], out[column]);
        const double divisor = m[column][column];
        for (std::size_t i = 0; i < 3; ++i) {
            m[column][i] /= divisor;
            out[column][i] /= divisor;
        }
        for (std::size_t row = 0; row < 3; ++row) {
            const double factor = m[row][column];
            for (std::size_t i = 0; row != column && i < 3; ++i) {
                m[row][i] -= factor * m[column][i];
                out[row][i] -= factor * out[column][i];
            }
        }
    }
    return out;
}

/// ceiling / (1 + e^(-rate (x - middle)))
double logistic(const Vector& p, double x) { return p[0] / (1 + std::exp(-p[2] * (x - p[1]))); }

/// Its derivatives by ceiling, middle and rate.
Vector logistic_slopes(const Vector& p, double x) {
    const double falling = std::exp(-p[2] * (x - p[1]));
    const double below = 1 + falling;
    const double bend = p[0] * falling / (below * below);
    return {1 / below, -bend * p[2], bend * (x - p[1])};
}

struct Normal {
    Matrix products{};  // J'J
    Vector pull{};      // J'residuals
    double error = 0;   // sum of squared residuals
};

Normal normal_equations(const Vector& p, double origin, std::span<const Observation> past) {
    Normal normal;
    for (const Observation& seen : past) {
        const double x = seen.month - origin;
        const double residual = seen.clients - logistic(p, x);
        const Vector slopes = logistic_slopes(p, x);
        normal.error += residual * residual;
        for (std::size_t i = 0; i < 3; ++i) {
            normal.pull[i] += slopes[i] * residual;
            for (std::size_t j = 0; j < 3; ++j) {
                normal.products[i][j] += slopes[i] * slopes[j];
            }
        }
    }
    return normal;
}

/// For a ceiling taken as known, ln(y / (K - y)) is a line: where to start.
std::optional<Vector> start_for(double ceiling, double origin, std::span<const Observation> past) {
    double count = 0, sum_x = 0, sum_z = 0, sum_xx = 0, sum_xz = 0;
    for (const Observation& seen : past) {
        if (seen.clients <= 0 || seen.clients >= ceiling) {
            continue;
        }
        const double x = seen.month - origin;
        const double z = std::log(seen.clients / (ceiling - seen.clients));
        count += 1, sum_x += x, sum_z += z, sum_xx += x * x, sum_xz += x * z;
    }
    const double spread = count * sum_xx - sum_x * sum_x;
    if (count < 3 || !(spread > 0)) {
        return std::nullopt;
    }
    const double rate = (count * sum_xz - sum_x * sum_z) / spread;
    if (rate == 0) {
        return std::nullopt;
    }
    return Vector{ceiling, -(sum_z - rate * sum_x) / count / rate, rate};
}

/// Levenberg-Marquardt from `start`; nothing when it does not settle.
std::optional<Vector> descend(Vector p, double origin, std::span<const Observation> past) {
    double damping = 1e-3;
    Normal here = normal_equations(p, origin, past);
    for (int step = 0; step < 500; ++step) {
        Matrix damped = here.products;
        for (std::size_t i = 0; i < 3; ++i) {
            damped[i][i] *= 1 + damping;
        }
        const auto inverted = inverse(damped);
        if (!inverted) {
            return std::nullopt;
        }
        Vector next = p;
        double moved = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            double change = 0;
            for (std::size_t j = 0; j < 3; ++j) {
                change += (*inverted)[i][j] * here.pull[j];
            }
            next[i] += change;
            moved = std::max(moved, std::abs(change) / (std::abs(p[i]) + 1e-6));
        }
        const Normal there = normal_equations(next, origin, past);
        if (std::isfinite(there.error) && there.error <= here.error && next[0] > 0) {
            p = next;
            here = there;
            damping = std::max(damping / 10, 1e-12);
            if (moved < 1e-10) {
                return p;
            }
        } else if (moved < 1e-12) {
            return p;
        } else {
            damping *= 10;
            if (damping > 1e12) {
                return p;  // no step makes it better
            }
        }
    }
    return std::nullopt;
}

std::unexpected<base::Error> too_few(std::string_view model, std::size_t have, std::size_t want) {
    return base::fail(base::Kind::bad_argument,
                      fmt::format("{} months are too few to fit {} growth: it takes {}", have, model, want));
}

}  // namespace

base::Result<Trend> Trend::fit_line(GrowthModel model, std::span<const Observation> past) {
    if (past.size() < least_of_line) {
        return too_few(to_string(model), past.size(), least_of_line);
    }
    Trend trend;
    trend.model_ = model;
    trend.observations_ = past.size();
    trend.origin_ = mean_month(past);
    double sum = 0, cross = 0;
    for (const Observation& seen : past) {
        if (model == GrowthModel::exponential && !(seen.clients > 0)) {
            return base::fail(base::Kind::bad_argument,
                              "exponential growth can't be fitted to a month with 0 clients: use linear");
        }
        const double y = model == GrowthModel::exponential ? std::log(seen.clients) : seen.clients;
        const double x = seen.month - trend.origin_;
        sum += y, cross += x * y, trend.spread_ += x * x;
    }
    if (!(trend.spread_ > 0)) {
        return base::fail(base::Kind::bad_argument, "all observations are of one month: growth needs several");
    }
    const auto count = static_cast<double>(past.size());
    trend.parameters_ = {sum / count, cross / trend.spread_, 0};
    double error = 0;
    for (const Observation& seen : past) {
        const double y = model == GrowthModel::exponential ? std::log(seen.clients) : seen.clients;
        const double residual = y - trend.parameters_[0] - trend.parameters_[1] * (seen.month - trend.origin_);
        error += residual * residual;
    }
    trend.scatter_ = std::sqrt(error / (count - 2));
    trend.judge(past);
    return trend;
}

base::Result<Trend> Trend::fit_logistic(std::span<const Observation> past) {
    if (past.size() < least_of_logistic) {
        return too_few("logistic", past.size(), least_of_logistic);
    }
    Trend trend;
    trend.model_ = GrowthModel::logistic;
    trend.observations_ = past.size();
    trend.origin_ = mean_month(past);
    const double top = std::ranges::max_element(past, {}, &Observation::clients)->clients;
    std::optional<Vector> best;
    double least = std::numeric_limits<double>::infinity();
    for (const double factor : {1.01, 1.05, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0}) {
        const auto start = start_for(top * factor, trend.origin_, past);
        const auto found = start ? descend(*start, trend.origin_, past) : std::nullopt;
        if (!found) {
            continue;
        }
        const double error = normal_equations(*found, trend.origin_, past).error;
        if (error < least) {
            best = found, least = error;
        }
    }
    constexpr double no_bend = 100;  // a ceiling that far above everything seen is none
    if (!best || (*best)[0] > no_bend * top) {
        return base::fail(base::Kind::bad_argument,
                          "the past shows no bend, so no ceiling can be fitted: use linear or exponential growth, or "
                          "name the ceiling (--ceiling) with a rate (--growth)");
    }
    const auto doubt = inverse(normal_equations(*best, trend.origin_, past).products);
    if (!doubt) {
        return base::fail(base::Kind::bad_argument, "the past does not tell a logistic curve's ceiling from its rate");
    }
    trend.parameters_ = *best;
    trend.doubt_ = *doubt;
    trend.scatter_ = std::sqrt(least / static_cast<double>(past.size() - 3));
    trend.judge(past);
    return trend;
}

double Trend::curve(double x) const {
    switch (model_) {
        case GrowthModel::linear: return parameters_[0] + parameters_[1] * x;
        case GrowthModel::exponential: return std::exp(parameters_[0] + parameters_[1] * x);
        case GrowthModel::logistic: return logistic(parameters_, x);
    }
    return 0;
}

void Trend::judge(std::span<const Observation> past) {
    const auto count = static_cast<double>(past.size());
    double mean = 0;
    for (const Observation& seen : past) {
        mean += seen.clients / count;
    }
    double error = 0, total = 0;
    for (const Observation& seen : past) {
        const double residual = seen.clients - curve(seen.month - origin_);
        error += residual * residual;
        total += (seen.clients - mean) * (seen.clients - mean);
    }
    r_squared_ = total > 0 ? 1 - error / total : 1;
    // Below this a fit is perfect as far as doubles go: two perfect models are equal, and the simpler one is taken.
    const double floor = 1e-18 * (1 + mean * mean);
    const double parameters = model_ == GrowthModel::logistic ? 4 : 3;  // the scatter is one of them
    const double left = count - parameters - 1;
    aicc_ = count * std::log(std::max(error / count, floor)) + 2 * parameters +
            (left > 0 ? 2 * parameters * (parameters + 1) / left : 0);
}

base::Result<Trend> Trend::fit(GrowthModel model, std::span<const Observation> past) {
    return model == GrowthModel::logistic ? fit_logistic(past) : fit_line(model, past);
}

base::Result<Trend> Trend::best(std::span<const Observation> past) {
    auto best = fit_line(GrowthModel::linear, past);
    if (!best) {
        return best;
    }
    if (auto other = fit_line(GrowthModel::exponential, past); other && other->aicc_ < best->aicc_) {
        best = std::move(other);
    }
    if (past.size() >= logistic_takes_part) {
        if (auto other = fit_logistic(past); other && other->aicc_ < best->aicc_) {
            best = std::move(other);
        }
    }
    return best;
}

Prediction Trend::at(double month, double level) const {
    const double x = month - origin_;
    const auto count = static_cast<double>(observations_);
    const double degrees = count - (model_ == GrowthModel::logistic ? 3 : 2);
    const double t = student_t_quantile(0.5 + level / 2, degrees);
    const double expected = curve(x);
    if (model_ == GrowthModel::logistic) {
        const Vector slopes = logistic_slopes(parameters_, x);
        double doubt = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t j = 0; j < 3; ++j) {
                doubt += slopes[i] * doubt_[i][j] * slopes[j];
            }
        }
        const double width = t * scatter_ * std::sqrt(1 + std::max(doubt, 0.0));
        return {.expected = expected, .low = std::max(0.0, expected - width), .high = expected + width};
    }
    const double width = t * scatter_ * std::sqrt(1 + 1 / count + x * x / spread_);
    if (model_ == GrowthModel::exponential) {
        return {.expected = expected, .low = expected * std::exp(-width), .high = expected * std::exp(width)};
    }
    return {.expected = std::max(0.0, expected),
            .low = std::max(0.0, expected - width),
            .high = std::max(0.0, expected + width)};
}

double Trend::monthly_rate() const {
    switch (model_) {
        case GrowthModel::linear: return 0;
        case GrowthModel::exponential: return std::expm1(parameters_[1]);
        case GrowthModel::logistic: return std::expm1(parameters_[2]);
    }
    return 0;
}

double Trend::clients_a_month() const { return model_ == GrowthModel::linear ? parameters_[1] : 0; }

double Trend::ceiling() const { return model_ == GrowthModel::logistic ? parameters_[0] : 0; }

}  // namespace scaling
