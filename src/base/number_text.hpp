/// Doubles as text: the shortest that reads back the same, with an exponent only where people would write one.
///
/// Place: JSON and the metrics page. Pure.
#pragma once

#include <string>

namespace base {

/// Of a finite value. "0.0005", "100000", "-0", "1e-07", "1e+300".
void append_shortest(std::string& out, double value);

}  // namespace base
