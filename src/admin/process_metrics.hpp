/// What Prometheus, dashboards and alerts read of the process itself, by the names they have (DESIGN.md section 8).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "async/worker.hpp"
#include "base/memory_budget.hpp"
#include "base/metrics.hpp"

namespace admin {

class ProcessMetrics {
public:
    /// Registers the gauges; they are read at scrape time. All three must outlive the metrics' use. `memory_limit`:
    /// what the whole process may use, in bytes (the budget is the part of it that is leased); 0: the budget's.
    ProcessMetrics(base::Metrics& metrics, const base::MemoryBudget& budget, async::Workers& workers,
                   std::size_t memory_limit = 0);
    ProcessMetrics(const ProcessMetrics&) = delete;
    ProcessMetrics& operator=(const ProcessMetrics&) = delete;
    ~ProcessMetrics();

    /// One sample of the request window; called every second by a worker, so that the rate is right whoever scrapes.
    void tick();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Resident bytes of this process.
double resident_bytes();
/// User and system CPU time since the start.
double cpu_seconds();

}  // namespace admin
