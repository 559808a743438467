/// A growth curve fitted to past load, with an interval for what is to come.
///
/// Place: under `snowflake-mcp plan --history`. Pure. An observation's month is counted from any origin; gaps are fine,
/// the fit takes each at its own place.
///
/// Linear: least squares. Exponential: least squares of the logarithm, so errors are shares of the value. Logistic:
/// nonlinear least squares (Levenberg-Marquardt) of ceiling, middle and rate. The interval is one of *prediction*: a
/// new month's value lies in it with the asked probability if the model holds, so it has the scatter of the past and
/// the doubt about the curve in it (Student's t with n - parameters degrees of freedom; for the logistic curve by the
/// delta method).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "scaling/forecast.hpp"

namespace scaling {

struct Observation {
    double month = 0;
    double clients = 0;  ///< from 0
};

struct Prediction {
    double expected = 0;
    double low = 0;  ///< never below 0
    double high = 0;
};

class Trend {
public:
    /// Least observations: 3 of a line or an exponential curve (above 0 for the latter), 5 of a logistic one.
    /// Errors (`bad_argument`): too few, all of one month, a value that the model can't take, and for a logistic
    /// curve a past that shows no bend to fit a ceiling to.
    static base::Result<Trend> fit(GrowthModel model, std::span<const Observation> past);

    /// The model with the least AICc, the simpler one where they are equal. Logistic takes part from 6 observations.
    static base::Result<Trend> best(std::span<const Observation> past);

    /// `level`: probability of the interval, above 0 and below 1.
    Prediction at(double month, double level) const;

    GrowthModel model() const { return model_; }
    std::size_t observations() const { return observations_; }
    double r_squared() const { return r_squared_; }  ///< of the clients, not of their logarithm
    double aicc() const { return aicc_; }
    /// Of a month, as a share of the month before: exponential and the logistic start; of a line 0.
    double monthly_rate() const;
    double clients_a_month() const;  ///< of a line its slope; else 0
    double ceiling() const;          ///< logistic; else 0

private:
    Trend() = default;
    static base::Result<Trend> fit_line(GrowthModel model, std::span<const Observation> past);
    static base::Result<Trend> fit_logistic(std::span<const Observation> past);
    double curve(double x) const;  ///< of a month counted from `origin_`
    void judge(std::span<const Observation> past);

    GrowthModel model_ = GrowthModel::linear;
    std::size_t observations_ = 0;
    double origin_ = 0;                             // the mean month
    std::array<double, 3> parameters_{};            // line: value at the origin, slope; logistic: ceiling, middle, rate
    double scatter_ = 0;                            // standard deviation of the residuals
    double spread_ = 0;                             // line: sum of squared distances from the origin
    std::array<std::array<double, 3>, 3> doubt_{};  // logistic: (J'J)^-1
    double r_squared_ = 0;
    double aicc_ = 0;
};

}  // namespace scaling
