#include "scaling/sizing.hpp"

#include <algorithm>
#include <cmath>

namespace scaling {

std::int64_t whole_above(double value) {
    const double grain = 1e-9 * std::max(1.0, std::abs(value));
    return static_cast<std::int64_t>(std::ceil(value - grain));
}

FleetSize size_fleet(std::int64_t clients, double safety_margin, const InstanceProfile& profile) {
    FleetSize size;
    size.clients = clients;
    // In this order, and rounded without tolerance: the same doubles as in the guide's calculator.
    size.adjusted_clients = static_cast<double>(clients) * (1 + safety_margin);
    size.instances =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(size.adjusted_clients / profile.max_clients)));
    const auto instances = static_cast<double>(size.instances);
    size.clients_per_instance = size.adjusted_clients / instances;
    size.cpu_cores = instances * profile.cpu_cores;
    size.memory_gb = instances * profile.memory_gb;
    size.monthly_cost_usd = instances * profile.monthly_cost_usd;
    return size;
}

InstanceLoad instance_load(double clients, const InstanceProfile& profile) {
    return {.cpu_percent = clients * profile.cpu_percent_per_client,
            .memory_mb = clients * profile.memory_mb_per_client,
            .response_ms = profile.response_ms_base * (1 + profile.response_factor_client * clients)};
}

PoolSize size_pool(double average_users, double peak_users, const PoolFormula& formula) {
    PoolSize size;
    size.min = std::max<std::int64_t>(1, whole_above(average_users / formula.average_divisor));
    size.working = std::max(size.min, whole_above(peak_users * formula.peak_factor));
    size.buffer = whole_above(static_cast<double>(size.working) * formula.health_buffer);
    size.max = size.working + size.buffer;
    return size;
}

double memory_mb(std::int64_t connections, std::int64_t requests, const MemoryFormula& formula) {
    return formula.base_mb + static_cast<double>(connections) * formula.connection_mb +
           static_cast<double>(requests) * formula.request_mb + formula.overhead_mb;
}

std::vector<CpuTier> default_cpu_tiers() {
    return {{.clients = 10, .cores = 1},
            {.clients = 25, .cores = 2},
            {.clients = 50, .cores = 4},
            {.clients = INFINITY, .cores = 8}};
}

double cores_for(double clients, const std::vector<CpuTier>& tiers) {
    const auto fits = std::ranges::find_if(tiers, [clients](const CpuTier& tier) { return clients <= tier.clients; });
    return fits == tiers.end() ? tiers.back().cores : fits->cores;
}

}  // namespace scaling
