#include "admin/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>

#include "admin/request_window.hpp"
#include "base/cgroup.hpp"
#include "base/mutex.hpp"

namespace admin {

double resident_bytes() {
    long pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%*s %ld", &pages) != 1) {
            pages = 0;
        }
        std::fclose(file);
    }
    return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

namespace {

double open_descriptors() {
    std::error_code failed;
    const std::filesystem::directory_iterator all{"/proc/self/fd", failed};
    return failed ? 0 : static_cast<double>(std::distance(begin(all), end(all)));
}

}  // namespace

struct ProcessMetrics::State {
    base::Metrics& metrics;
    base::TimePoint started = base::Clock::now();
    base::Mutex mutex;
    RequestWindow window BASE_GUARDED_BY(mutex);
    RequestWindow::Figures figures BASE_GUARDED_BY(mutex);

    RequestWindow::Figures read() {
        const base::MutexLock lock{mutex};
        return figures;
    }
};

ProcessMetrics::ProcessMetrics(base::Metrics& metrics, const base::MemoryBudget& budget, async::Workers& workers,
                               std::size_t process_limit)
    : state_{std::make_unique<State>(metrics)} {
    State& state = *state_;
    const auto memory_limit =
        static_cast<double>(std::min(process_limit > 0 ? process_limit : budget.limit(), base::memory_limit_bytes()));
    metrics.counter_function("process_cpu_seconds_total", "User and system CPU time spent, in seconds.", {},
                             cpu_seconds);
    metrics.gauge_function("process_cpu_limit_cores", "CPUs this process may use.", {}, base::cpu_limit_cores);
    metrics.gauge_function("process_memory_bytes", "Resident memory, in bytes.", {}, resident_bytes);
    metrics.gauge_function("process_memory_limit_bytes", "MAX_MEMORY_MB or the control group's limit, the smaller one.",
                           {}, [memory_limit] { return memory_limit; });
    metrics.gauge_function("mcp_memory_budget_used_bytes", "Bytes leased from the memory budget.", {},
                           [&budget] { return static_cast<double>(budget.used()); });
    metrics.gauge_function("mcp_memory_budget_limit_bytes", "Bytes that may be leased now.", {},
                           [&budget] { return static_cast<double>(budget.available()); });
    metrics.gauge_function("mcp_memory_unleased_bytes",
                           "Resident memory less what is leased from the budget; below zero: leased and not used yet.",
                           {}, [&budget] { return resident_bytes() - static_cast<double>(budget.used()); });
    metrics.gauge_function("process_open_fds", "Open file descriptors.", {}, open_descriptors);
    metrics.gauge_function("mcp_uptime_seconds", "Seconds since the start.", {}, [&state] {
        return std::chrono::duration<double>(base::Clock::now() - state.started).count();
    });
    metrics.gauge_function("requests_per_second", "Requests per second over the last minute.", {},
                           [&state] { return state.read().requests_per_second; });
    metrics.gauge_function("response_time_p95", "95th percentile of the response time over the last minute, in ms.", {},
                           [&state] { return state.read().p95_ms; });
    for (std::size_t i = 0; i < workers.size(); ++i) {
        metrics.gauge_function("mcp_loop_lag_seconds", "Longest delay of a worker's loop since the last scrape.",
                               {{"worker", std::to_string(i)}}, [&worker = workers[i]] {
                                   return std::chrono::duration<double>(worker.take_loop_lag()).count();
                               });
    }
}

ProcessMetrics::~ProcessMetrics() = default;

void ProcessMetrics::tick() {
    const auto totals = state_->metrics.histogram_totals("mcp_request_duration_seconds");
    if (!totals) {
        return;
    }
    const base::MutexLock lock{state_->mutex};
    state_->figures = state_->window.update(base::Clock::now(), *totals);
}

}  // namespace admin
