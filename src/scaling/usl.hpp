/// The Universal Scalability Law (N. Gunther): how throughput grows with the number of clients, and where it ends.
///
///     X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
///
/// `lambda`: requests per second of one client alone; `sigma`: contention, the share that goes one after the other;
/// `kappa`: coherency, what keeping all in agreement costs each pair. Place: bench and report. Pure. Threads: none.
#pragma once

#include <optional>
#include <span>

namespace scaling {

struct UslPoint {
    double clients = 0;
    double rate = 0;  ///< requests per second
};

struct UslFit {
    double lambda = 0;
    double sigma = 0;  ///< >= 0
    double kappa = 0;  ///< >= 0
    /// 1 - residual / total sum of squares: how much of the rates' spread the law explains; 1 where there is no spread.
    double r_squared = 0;

    double rate(double clients) const;
    /// The number of clients with the largest rate, at least 1; absent where the rate only grows (`kappa` is 0).
    std::optional<double> peak_clients() const;
    /// The rate that is never exceeded: at the peak, else the asymptote lambda / sigma; absent when there is none.
    std::optional<double> rate_limit() const;
};

/// Least squares in the rates, with lambda > 0 and sigma, kappa >= 0 (Levenberg-Marquardt for each set of terms that
/// may be free; the best fit that holds the bounds wins). Absent with fewer than three different numbers of clients, or
/// with values that are not positive and finite: those do not tell the terms apart.
std::optional<UslFit> fit_usl(std::span<const UslPoint> points);

}  // namespace scaling
