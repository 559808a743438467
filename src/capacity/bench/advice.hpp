/// What a measured ladder says: per step, the largest load that holds the limits, and the scalability law behind it.
///
/// Place: between measuring and writing a result. The limits are the scaling guide's ("Capacity Planning"). Pure.
#pragma once

#include <string>

#include "capacity/bench/result.hpp"

namespace capacity::bench {

/// A load is sustained while it stays below all of these.
inline constexpr double most_cpu = 70;     // percent
inline constexpr double most_memory = 75;  // percent
inline constexpr double most_p95_ms = 2000;
inline constexpr double most_errors = 1;        // percent
inline constexpr double scale_out_share = 0.8;  // of the sustained load

/// Which limit a step does not hold ("CPU 83.0 % (limit 70 %)"), the first; empty: it holds all that could be measured.
std::string broken_limit(const Step& step);

/// Fills `advice` and `advice_text` of each step, `sustainable` and `usl` of the result.
void conclude(BenchResult& result);

}  // namespace capacity::bench
