/// What this process may use of its machine: the control group's limits (v2 and v1), in containers and services.
///
/// Place: worker count, memory budget, metrics. Threads: any; reads files each time, so ask at start.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace base {

/// CPUs the quota allows (may be a fraction); absent without a quota. `root` is where `/` is, for tests.
std::optional<double> cgroup_cpu_limit(const std::string& root = "");
/// Bytes the control group may use; absent without a limit.
std::optional<std::size_t> cgroup_memory_limit(const std::string& root = "");

/// The quota, else the CPUs this process may run on; at least a hundredth.
double cpu_limit_cores();
/// The control group's limit, else the machine's memory.
std::size_t memory_limit_bytes();

}  // namespace base
