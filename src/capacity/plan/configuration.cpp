// The configuration that a plan recommends for each instance, and what this build was measured to take.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "capacity/plan/plan.hpp"
#include "capacity/plan/text.hpp"

namespace capacity::plan {
namespace {

// What the settings of the same names allow; `snowflake-mcp check` of what is emitted is a test.
constexpr std::int64_t most_sessions = 1000;
constexpr std::int64_t most_requests = 10'000;
constexpr std::int64_t most_waiting = 100'000;
constexpr std::int64_t most_memory_mb = 1 << 20;
constexpr std::int64_t most_workers = 256;

/// The next multiple of 256, at least 512.
std::int64_t memory_setting(double mb) {
    const auto steps = static_cast<std::int64_t>(std::ceil(mb / 256));
    return std::clamp<std::int64_t>(steps * 256, 512, most_memory_mb);
}

}  // namespace

scaling::MemoryFormula measured_memory() {
    return {.base_mb = 17.3, .connection_mb = 0.0044, .request_mb = 0.056, .overhead_mb = 0};
}

std::vector<PlannedSetting> configure(const Plan& plan) {
    const std::int64_t pool_max = std::min(plan.pool.max, most_sessions);
    const std::int64_t requests = std::clamp<std::int64_t>(plan.memory.requests, 1, most_requests);
    const std::int64_t memory = memory_setting(plan.memory.formula_mb);
    const double cores = std::min(plan.tier_cores, plan.inputs.profile.cpu_cores);
    const auto workers = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(cores)), 1, most_workers);
    const std::string_view capped = plan.pool.max > most_sessions ? ", the most that the setting takes" : "";
    const auto text = [](std::int64_t value) { return fmt::format("{}", value); };
    return {
        {"CONNECTION_POOL_MIN_SIZE", text(std::min(plan.pool.min, most_sessions)),
         fmt::format("average users {} / {}", number(plan.average_users), number(plan.inputs.pool.average_divisor))},
        {"CONNECTION_POOL_MAX_SIZE", text(pool_max),
         fmt::format("peak users {} x {} = {}, and {} for health checks{}", number(plan.peak_users),
                     number(plan.inputs.pool.peak_factor), plan.pool.working, plan.pool.buffer, capped)},
        {"MAX_CONCURRENT_REQUESTS", text(requests), "requests under way at the peak"},
        {"REQUEST_QUEUE_SIZE", text(std::min(requests * 4, most_waiting)), "four times as many may wait"},
        {"MAX_MEMORY_MB", text(memory),
         fmt::format("the formula's {} MB, up to the next 256", number(plan.memory.formula_mb))},
        {"MCP_SERVER_WORKERS", text(workers), fmt::format("cores for {} clients", number(plan.fullest, 1))},
        {"CLIENT_POOL_SIZE", text(std::max<std::int64_t>(50, pool_max)), "outbound connections, one a session"},
        {"ENABLE_QUERY_CACHING", "true", "what was asked before does not reach the warehouse"},
        {"CACHE_MAX_SIZE_MB", text(std::max<std::int64_t>(64, std::min<std::int64_t>(256, memory / 4))),
         "at most a quarter of the memory"},
        {"ENABLE_CONNECTION_MULTIPLEXING", "true", "several reads on one session"},
    };
}

}  // namespace capacity::plan
