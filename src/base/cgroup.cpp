#include "base/cgroup.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <sstream>
#include <string_view>

namespace base {

namespace {

std::optional<std::string> first_line(const std::string& path) {
    std::ifstream file{path};
    std::string line;
    if (!file || !std::getline(file, line)) {
        return std::nullopt;
    }
    return line;
}

std::optional<long long> number(std::string_view text) {
    long long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data()) {
        return std::nullopt;
    }
    return value;
}

struct Groups {
    std::optional<std::string> unified;  // v2
    std::optional<std::string> cpu;      // v1
    std::optional<std::string> memory;
};

/// /proc/self/cgroup: "0::/path" (v2), "4:cpu,cpuacct:/path" (v1).
Groups read_groups(const std::string& root) {
    Groups groups;
    std::ifstream file{root + "/proc/self/cgroup"};
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) {
            continue;
        }
        const std::string path = line.substr(second + 1);
        std::istringstream controllers{line.substr(first + 1, second - first - 1)};
        if (second == first + 1) {
            groups.unified = path;
        }
        for (std::string controller; std::getline(controllers, controller, ',');) {
            if (controller == "cpu") {
                groups.cpu = path;
            } else if (controller == "memory") {
                groups.memory = path;
            }
        }
    }
    return groups;
}

/// The least limit from the group itself up to the top (in a container the top is often all that can be seen).
template <class T>
std::optional<T> least(const std::string& mount, std::string path,
                       const std::function<std::optional<T>(const std::string&)>& read) {
    std::optional<T> found;
    while (true) {
        const bool top = path.empty() || path == "/";
        if (const auto here = read(top ? mount : mount + path)) {
            found = found ? std::min(*found, *here) : *here;
        }
        if (top) {
            return found;
        }
        const auto slash = path.rfind('/');
        path.resize(slash == std::string::npos ? 0 : slash);
    }
}

std::optional<double> quota(std::optional<long long> per_period, std::optional<long long> period) {
    if (!per_period || !period || *per_period <= 0 || *period <= 0) {
        return std::nullopt;
    }
    return static_cast<double>(*per_period) / static_cast<double>(*period);
}

std::optional<double> cpu_limit_v2(const std::string& folder) {
    const auto line = first_line(folder + "/cpu.max");  // "150000 100000" or "max 100000"
    const auto space = line ? line->find(' ') : std::string::npos;
    if (space == std::string::npos) {
        return std::nullopt;
    }
    return quota(number(*line), number(std::string_view{*line}.substr(space + 1)));
}

std::optional<double> cpu_limit_v1(const std::string& folder) {
    const auto per_period = first_line(folder + "/cpu.cfs_quota_us");  // -1: none
    const auto period = first_line(folder + "/cpu.cfs_period_us");
    if (!per_period || !period) {
        return std::nullopt;
    }
    return quota(number(*per_period), number(*period));
}

std::optional<std::size_t> memory_limit_in(const std::string& file) {
    const auto line = first_line(file);
    const auto value = line ? number(*line) : std::nullopt;  // v2 says "max" for none, v1 a number near 2^63
    constexpr long long unlimited = 1LL << 60;
    if (!value || *value <= 0 || *value >= unlimited) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(*value);
}

}  // namespace

std::optional<double> cgroup_cpu_limit(const std::string& root) {
    const Groups groups = read_groups(root);
    std::optional<double> found;
    if (groups.cpu) {
        for (const char* mount : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
            found = found ? found : least<double>(root + mount, *groups.cpu, cpu_limit_v1);
        }
    }
    return found ? found : least<double>(root + "/sys/fs/cgroup", groups.unified.value_or("/"), cpu_limit_v2);
}

std::optional<std::size_t> cgroup_memory_limit(const std::string& root) {
    const Groups groups = read_groups(root);
    std::optional<std::size_t> found;
    if (groups.memory) {
        found = least<std::size_t>(root + "/sys/fs/cgroup/memory", *groups.memory, [](const std::string& folder) {
            return memory_limit_in(folder + "/memory.limit_in_bytes");
        });
    }
    return found
               ? found
               : least<std::size_t>(root + "/sys/fs/cgroup", groups.unified.value_or("/"),
                                    [](const std::string& folder) { return memory_limit_in(folder + "/memory.max"); });
}

double cpu_limit_cores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    const bool known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    const double cpus = known ? CPU_COUNT(&allowed) : static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
    return std::max(0.01, std::min(cgroup_cpu_limit().value_or(cpus), cpus));
}

std::size_t memory_limit_bytes() {
    const auto pages = static_cast<std::size_t>(std::max(1L, sysconf(_SC_PHYS_PAGES)));
    const auto machine = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return std::min(cgroup_memory_limit().value_or(machine), machine);
}

}  // namespace base
