/// Numbers of a plan as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace capacity::plan {

/// "4", "1.5", "1,200": at most `digits` after the point, none that are zero at the end.
std::string number(double value, int digits = 2);
std::string dollars(double value);  ///< "$1,200", "$1,200.50"
/// "1 instance", "2 instances".
std::string counted(std::int64_t count, std::string_view thing);

}  // namespace capacity::plan
