/// Numbers as text and back, exactly; shared by the run-time functions. Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "backend/cell.hpp"

namespace backend::duckdb::dialect {

/// 10 to the power of 0 … 38.
Int128 power_of_ten(int exponent);

/// `-12.345`, `1e3`, blanks around allowed: the value times 10^scale, rounded half away from zero. False: not a number,
/// or more than 38 digits.
bool parse_decimal(std::string_view text, int scale, Int128& unscaled);

std::string decimal_text(Int128 unscaled, int scale);

/// A FLOAT as Snowflake casts it to VARCHAR: 10 significant digits, no trailing zeros, an exponent where C's %g has
/// one.
std::string real_text(double value);

/// Without blanks, tabs and line ends around.
std::string_view trim_blanks(std::string_view text);

}  // namespace backend::duckdb::dialect
