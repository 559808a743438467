/// How much of everything a number of clients needs: instances, cores, memory, pool, money.
///
/// Place: the formulas under `snowflake-mcp plan` and the advice of the status page. Pure: no clock, no I/O. Every
/// constant is a field with the value of the scaling guide that existing users plan with; what they computed by hand
/// comes out digit for digit.
#pragma once

#include <cstdint>
#include <vector>

namespace scaling {

/// What one instance carries and costs.
struct InstanceProfile {
    double max_clients = 50;              ///< concurrent clients, above 0
    double cpu_cores = 4;                 ///< of one instance
    double memory_gb = 2;                 ///< of one instance
    double monthly_cost_usd = 150;        ///< of one instance
    double cpu_percent_per_client = 1.5;  ///< of the whole instance
    double memory_mb_per_client = 20;
    double response_ms_base = 100;         ///< of a client that is alone
    double response_factor_client = 0.05;  ///< what every client on the instance adds, as a share of the base
};

/// A fleet of equal instances for a number of clients.
struct FleetSize {
    std::int64_t clients = 0;         ///< asked for
    double adjusted_clients = 0;      ///< with the safety margin
    std::int64_t instances = 0;       ///< at least 1
    double clients_per_instance = 0;  ///< adjusted
    double cpu_cores = 0;             ///< all instances
    double memory_gb = 0;             ///< all instances
    double monthly_cost_usd = 0;      ///< all instances
};

/// instances = ceil(clients x (1 + margin) / max_clients), at least one. `clients` from 0, `safety_margin` from 0.
FleetSize size_fleet(std::int64_t clients, double safety_margin, const InstanceProfile& profile);

/// What an instance is expected to show with so many clients on it.
struct InstanceLoad {
    double cpu_percent = 0;  ///< of the whole instance; above 100 it does not fit
    double memory_mb = 0;
    double response_ms = 0;  ///< base x (1 + factor x clients)
};
InstanceLoad instance_load(double clients, const InstanceProfile& profile);

/// Sessions of one instance's pool.
struct PoolFormula {
    double average_divisor = 3;  ///< minimum = average users / 3
    double peak_factor = 1.5;    ///< maximum = peak users x 1.5 …
    double health_buffer = 0.1;  ///< … and 10 % of that, which health checks may hold
    bool operator==(const PoolFormula&) const = default;
};
struct PoolSize {
    std::int64_t min = 0;      ///< at least 1
    std::int64_t max = 0;      ///< with the buffer; at least `min`
    std::int64_t working = 0;  ///< `max` without the buffer
    std::int64_t buffer = 0;
};
/// Every part is rounded up to a whole session. Users from 0.
PoolSize size_pool(double average_users, double peak_users, const PoolFormula& formula);

/// Memory of one instance, MB.
struct MemoryFormula {
    double base_mb = 200;
    double connection_mb = 10;  ///< a session of the pool
    double request_mb = 2;      ///< a request under way
    double overhead_mb = 100;
    bool operator==(const MemoryFormula&) const = default;
};
double memory_mb(std::int64_t connections, std::int64_t requests, const MemoryFormula& formula);

/// Up to `clients` an instance wants `cores`. The last tier is for all beyond it.
struct CpuTier {
    double clients = 0;
    double cores = 0;
};
/// 1 up to 10 clients, 2 up to 25, 4 up to 50, 8 beyond.
std::vector<CpuTier> default_cpu_tiers();
/// Cores of the first tier that takes `clients`; of the last where none does. `tiers` ascend and are not empty.
double cores_for(double clients, const std::vector<CpuTier>& tiers);

/// Rounded up to a whole number, with a grain of tolerance: 60 x 1.5 x 1.1 is 99, whatever doubles make of it.
std::int64_t whole_above(double value);

}  // namespace scaling
