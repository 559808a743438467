/// Quantiles of Student's t: how wide an interval is that is estimated from few observations.
///
/// Place: forecasts and the comparison of two measurements. Pure.
#pragma once

namespace scaling {

/// P(T <= t) with `degrees` of freedom, above 0.
double student_t_cdf(double t, double degrees);

/// The t with P(T <= t) = `probability`, above 0 and below 1; to about 12 digits. `degrees` above 0.
double student_t_quantile(double probability, double degrees);

}  // namespace scaling
