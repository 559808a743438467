/// What a capacity plan is made from: load, growth, what an instance carries, what Snowflake takes.
///
/// Place: filled by options.hpp, read by plan.hpp. Plain values whose defaults are the base metrics of the scaling
/// guide that existing users plan with; each can be set. Threads: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scaling/forecast.hpp"
#include "scaling/sizing.hpp"

namespace capacity::plan {

/// How month 1, 2, … are dated.
enum class MonthStep : std::uint8_t {
    calendar,     // every month of the calendar once
    thirty_days,  // 30 days each, as the guide's calculator counts: around the turn of a month one may come twice
};

/// From which size on what is advised.
struct AdviceLevels {
    std::int64_t single_zone_instances = 3;  ///< up to so many one availability zone does
    std::int64_t multi_zone_instances = 10;  ///< above it: several regions
    double reserved_cores = 50;              ///< above it: reserved instances
    double high_cost_usd = 5000;             ///< a month; above it: look for savings
};

/// The Snowflake side. Defaults: the smallest warehouse as CREATE WAREHOUSE makes it (one cluster, suspended after 600
/// s, MAX_CONCURRENCY_LEVEL 8); how people ask is an assumption and named as such in the plan.
struct SnowflakeInputs {
    std::string warehouse_size = "XSMALL";
    std::int64_t clusters = 1;               ///< MAX_CLUSTER_COUNT
    std::int64_t max_concurrency_level = 8;  ///< statements at once a cluster
    double auto_suspend_seconds = 600;       ///< 0: never suspended
    double credit_price_usd = 3;
    std::int64_t account_sessions = 0;  ///< what the account's owner allows; 0: no bound known
    std::int64_t warehouses_now = 1;    ///< that the same clients use today without this server
    double queries_per_client_hour = 30;
    double query_seconds = 2;  ///< a query's time in the warehouse
    double cache_hit_rate = 0.3;
    double active_hours = 10;  ///< of a day
    double active_days = 22;   ///< of a month
    double logins_per_client_day = 4;
};

struct HistoryInputs {
    std::string file;
    std::string date_column;     ///< empty: date, month, time, timestamp or day
    std::string clients_column;  ///< empty: clients, concurrent_clients, peak_clients or active_clients
    bool allow_gaps = false;
    double level = 0.9;  ///< of the prediction interval
};

struct Inputs {
    std::optional<std::int64_t> clients;  ///< today; absent: the last of the history, or `target`
    std::optional<std::int64_t> target;
    double growth = 0;
    std::optional<scaling::GrowthModel> model;  ///< absent: exponential, or of a history what fits best
    double ceiling = 0;                         ///< of logistic growth
    std::int64_t months = 12;
    std::optional<std::chrono::year_month_day> start;
    MonthStep step = MonthStep::calendar;
    double safety_margin = 0.2;

    scaling::InstanceProfile profile;
    std::vector<scaling::CpuTier> cpu_tiers = scaling::default_cpu_tiers();
    AdviceLevels advice;

    scaling::PoolFormula pool;
    std::optional<double> average_users;  ///< of one instance; absent: half of the peak
    std::optional<double> peak_users;     ///< of one instance; absent: the fullest instance of the plan
    scaling::MemoryFormula memory;
    std::optional<std::int64_t> connections;  ///< of one instance; absent: the pool's maximum
    std::optional<std::int64_t> requests;     ///< under way in one instance; absent: the peak users

    SnowflakeInputs snowflake;
    HistoryInputs history;
    std::string bench_file;

    std::set<std::string, std::less<>> given;  ///< options that were set: a bench result does not change those
    bool is_given(std::string_view option) const { return given.contains(option); }
};

}  // namespace capacity::plan
