/// A report of saved benchmark files, and what such a file says of an installation's capacity.
///
/// Place: `snowflake-mcp report --bench`. Pure. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capacity/bench/result.hpp"
#include "capacity/report/report.hpp"

namespace capacity::report {

/// The file's name for a legend, and what is in it.
using NamedBench = std::pair<std::string, bench::BenchResult>;

/// Figures are those of the last file's greatest load; trends go over the load, one line a file. `results` is not
/// empty.
Report report_of(const std::vector<NamedBench>& results);

/// Requests per second that one target sustained, of the last file that tells.
std::optional<double> sustained(const std::vector<NamedBench>& results);

}  // namespace capacity::report
