/// A capacity plan: what a number of clients needs month by month, when to act, what to configure.
///
/// Place: made from `Inputs`, written by writers.hpp. Pure: files were read before, today is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "capacity/plan/base_metrics.hpp"
#include "capacity/plan/history.hpp"
#include "capacity/plan/inputs.hpp"
#include "capacity/plan/snowflake_use.hpp"
#include "scaling/sizing.hpp"

namespace capacity::plan {

/// A prediction interval of a month, in whole clients: cut below, rounded up above.
struct Interval {
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t instances_high = 0;  ///< what `high` would take
};

struct Month {
    std::int64_t number = 0;  ///< from 1
    std::string date;         ///< "2027-02"
    scaling::FleetSize fleet;
    std::optional<Interval> interval;  ///< of growth fitted to a history
};

struct Milestone {
    std::int64_t month = 0;
    std::string date;
    std::int64_t clients = 0;
    std::int64_t instances = 0;
    std::string text;
};

/// One piece of advice. `topic` is a word that programs may look for; it says which rule spoke.
struct Recommendation {
    enum class Level : std::uint8_t { fine, consider, act };
    std::string topic;
    Level level = Level::fine;
    std::string text;
};
std::string_view to_string(Recommendation::Level level);

/// Growth as it was taken or fitted.
struct GrowthFacts {
    scaling::GrowthModel model = scaling::GrowthModel::exponential;
    double rate = 0;             ///< a month; of a fitted line 0
    double clients_a_month = 0;  ///< of a fitted line
    double ceiling = 0;          ///< logistic
    bool fitted = false;
    std::size_t observations = 0;  ///< months, when fitted
    double r_squared = 0;          ///< when fitted
};

/// Memory of one instance, MB: by the formula, and by what this build was measured to take.
struct MemoryFacts {
    std::int64_t connections = 0;
    std::int64_t requests = 0;
    double formula_mb = 0;
    double measured_mb = 0;          ///< measured_memory(), same connections and requests
    std::optional<double> bench_mb;  ///< of the given benchmark, at the clients of the fullest instance
};

/// A setting of the recommended configuration.
struct PlannedSetting {
    std::string name;
    std::string value;
    std::string why;
};

struct Plan {
    Inputs inputs;  ///< with what a benchmark replaced
    std::optional<BenchFacts> bench;
    std::vector<PastMonth> past;
    std::int64_t clients_now = 0;
    std::string start;  ///< month 0
    GrowthFacts growth;
    std::vector<Month> months;
    scaling::FleetSize target;   ///< for --target, else for the month with the most clients
    double fullest = 0;          ///< clients, margin included, on the fullest instance of all months and the target
    scaling::InstanceLoad load;  ///< of that instance
    double tier_cores = 0;       ///< what the CPU tiers give that instance
    double average_users = 0;
    double peak_users = 0;
    scaling::PoolSize pool;
    MemoryFacts memory;
    SnowflakeUse snowflake;
    std::vector<Milestone> milestones;
    std::vector<Recommendation> recommendations;
    std::vector<PlannedSetting> settings;
};

/// What one instance of this build takes, measured on x86-64 by `bench/memory_terms.py` (see there what is counted as
/// what).
scaling::MemoryFormula measured_memory();

/// Errors (`bad_argument`): growth or its interval leaves the range of clients (1,000,000,000), a history that can't be
/// fitted, a benchmark that does not tell what is needed.
base::Result<Plan> make_plan(Inputs inputs, const std::optional<bench::BenchResult>& bench, std::vector<PastMonth> past,
                             std::chrono::year_month_day today);

/// Parts of it, in files of their own.
std::vector<Recommendation> recommend(const Plan& plan);
std::vector<PlannedSetting> configure(const Plan& plan);

}  // namespace capacity::plan
