/// How load grows from month to month: by a rate, in a straight line, or towards a ceiling.
///
/// Place: under `snowflake-mcp plan`. What is fitted from a past is in trend.hpp. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace scaling {

enum class GrowthModel : std::uint8_t {
    exponential,  // every month `rate` more than the month before
    linear,       // every month `rate` of the start more
    logistic,     // as exponential at first, then ever slower towards a ceiling
};
std::string_view to_string(GrowthModel model);

struct Growth {
    GrowthModel model = GrowthModel::exponential;
    double start = 0;    ///< clients in month 0, above 0
    double rate = 0;     ///< 0.15: 15 % a month; above -1
    double ceiling = 0;  ///< logistic only: above `start` when the rate is above 0
};

/// Clients at the end of month 1 … `months`, not rounded, never below 0. A value too great for a double is infinite:
/// the caller bounds what it takes.
///
/// Exponential values are made by repeated multiplication, as the guide's calculator makes them (the doubles are the
/// same). Logistic: K / (1 + (K / start - 1) x e^(-r t)) with r = ln(1 + rate), so that far from the ceiling a month
/// brings `rate`.
std::vector<double> project(const Growth& growth, int months);

}  // namespace scaling
