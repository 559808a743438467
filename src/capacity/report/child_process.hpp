/// Runs a program and takes what it prints, bounded in time and bytes.
///
/// Place: kubectl of a report. No shell is between. The child has a process group of its own, which is killed when the
/// time is over. Threads: any; the caller waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace capacity::report {

/// The path of a program in PATH, or empty.
std::string find_program(std::string_view name);

/// What it printed on standard output. Errors: `unavailable` (did not start, ended with an error: the last line of what
/// it said on standard error), `timeout`, `overloaded` (more than `most_bytes`).
base::Result<std::string> run_program(const std::string& path, const std::vector<std::string>& arguments,
                                      std::chrono::milliseconds patience,
                                      std::size_t most_bytes = std::size_t{16} << 20);

}  // namespace capacity::report
