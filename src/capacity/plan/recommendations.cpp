// What the plan advises, rule by rule.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "capacity/plan/plan.hpp"
#include "capacity/plan/text.hpp"

namespace capacity::plan {
namespace {

using Level = Recommendation::Level;
using List = std::vector<Recommendation>;

/// Of the last month: the same month that the guide's calculator looks at. Of a plan for a target, its fleet.
const scaling::FleetSize& looked_at(const Plan& plan) {
    return plan.inputs.target ? plan.target : plan.months.back().fleet;
}

void about_zones(const Plan& plan, List& list) {
    const AdviceLevels& levels = plan.inputs.advice;
    const std::int64_t instances = looked_at(plan).instances;
    const std::string count = counted(instances, "instance");
    if (instances <= levels.single_zone_instances) {
        list.push_back(
            {"availability_zones", Level::fine, fmt::format("{}: a single availability zone is enough", count)});
    } else if (instances <= levels.multi_zone_instances) {
        list.push_back(
            {"availability_zones", Level::consider,
             fmt::format("{}: spread them over several availability zones (multi-AZ), so that the loss of one "
                         "leaves service",
                         count)});
    } else {
        list.push_back(
            {"regions", Level::consider,
             fmt::format("{}: plan for several regions (multi-region), each with several availability zones", count)});
    }
}

void about_money(const Plan& plan, List& list) {
    const AdviceLevels& levels = plan.inputs.advice;
    const scaling::FleetSize& fleet = looked_at(plan);
    if (fleet.cpu_cores > levels.reserved_cores) {
        list.push_back(
            {"reserved_instances", Level::consider,
             fmt::format("{} cores: reserved instances or dedicated infrastructure cost less than capacity on "
                         "demand",
                         number(fleet.cpu_cores))});
    }
    if (fleet.monthly_cost_usd > levels.high_cost_usd) {
        list.push_back(
            {"cost", Level::consider,
             fmt::format("{} a month is a high cost: measure what an instance carries (snowflake-mcp bench) and "
                         "make each carry more before adding others",
                         dollars(fleet.monthly_cost_usd))});
    }
}

void about_instance(const Plan& plan, List& list) {
    const scaling::InstanceProfile& profile = plan.inputs.profile;
    constexpr double high_cpu = 70;  // percent: where scaling begins
    constexpr double high_memory = 0.75;
    if (plan.load.cpu_percent > high_cpu) {
        list.push_back({"cpu", plan.load.cpu_percent > 100 ? Level::act : Level::consider,
                        fmt::format("an instance with {} clients is at {} % CPU: above {} %, so let it take fewer "
                                    "(--max-clients-per-instance {})",
                                    number(plan.fullest, 1), number(plan.load.cpu_percent, 0), high_cpu,
                                    number(std::floor(high_cpu / profile.cpu_percent_per_client)))});
    }
    if (plan.tier_cores > profile.cpu_cores) {
        list.push_back({"cores", Level::consider,
                        fmt::format("{} clients on an instance want {} cores, it has {}", number(plan.fullest, 1),
                                    number(plan.tier_cores), number(profile.cpu_cores))});
    }
    const double memory = std::max(plan.memory.formula_mb, plan.load.memory_mb);
    const double limit = profile.memory_gb * 1024;
    if (memory > limit * high_memory) {
        list.push_back(
            {"memory", memory > limit ? Level::act : Level::consider,
             fmt::format("an instance may need {} MB of its {} MB: {} (this build was measured to take {} MB)",
                         number(memory, 0), number(limit, 0),
                         memory > limit ? "give it more, or fewer clients" : "above 75 %, so little is left",
                         number(plan.memory.measured_mb, 0))});
    }
}

void about_snowflake(const Plan& plan, List& list) {
    const SnowflakeUse& use = plan.snowflake;
    if (use.beyond_account) {
        list.push_back(
            {"account_sessions", Level::act,
             fmt::format("the fleet may open {} Snowflake sessions, the account allows {}: lower "
                         "CONNECTION_POOL_MAX_SIZE to {} an instance",
                         use.fleet_sessions, plan.inputs.snowflake.account_sessions,
                         std::max<std::int64_t>(1, plan.inputs.snowflake.account_sessions / plan.target.instances))});
    }
    if (use.queues) {
        list.push_back(
            {"warehouse_concurrency", Level::consider,
             fmt::format(
                 "{} Snowflake sessions may send a statement at once, the warehouse runs {}: the rest queue in it. "
                 "{} clusters (MAX_CLUSTER_COUNT) run all of them at once; or set CONNECTION_POOL_MAX_SIZE to {} "
                 "an instance, so that they queue here, fairly and cancellable",
                 use.fleet_sessions, use.warehouse_statements, use.clusters_needed,
                 std::max<std::int64_t>(1, use.warehouse_statements / plan.target.instances))});
    }
    const double suspend = plan.inputs.snowflake.auto_suspend_seconds;
    const double spared = use.credits_cached - use.credits_short_suspend;
    constexpr double worth_saying = 0.05;
    if ((suspend == 0 || suspend > 60) && spared > use.credits_cached * worth_saying) {
        list.push_back({"auto_suspend", suspend == 0 ? Level::act : Level::consider,
                        fmt::format("AUTO_SUSPEND of 60 s instead of {} would save {} credits ({}) a month",
                                    suspend == 0 ? "never" : number(suspend) + " s", number(spared, 1),
                                    dollars(spared * plan.inputs.snowflake.credit_price_usd))});
    }
}

void about_growth(const Plan& plan, List& list) {
    const bool measured = plan.bench && plan.bench->measured.contains("--max-clients-per-instance");
    if (!measured && !plan.inputs.is_given("--max-clients-per-instance")) {
        list.push_back(
            {"measure", Level::consider,
             fmt::format("{} clients an instance is an assumption: measure yours with snowflake-mcp bench and "
                         "plan with --bench",
                         number(plan.inputs.profile.max_clients))});
    }
    constexpr double poor_fit = 0.7;
    if (plan.growth.fitted && plan.growth.r_squared < poor_fit) {
        list.push_back(
            {"history", Level::consider,
             fmt::format("{} growth explains {} % of the history only: plan with the upper end of the interval",
                         scaling::to_string(plan.growth.model), number(plan.growth.r_squared * 100, 0))});
    }
    const Month& last = plan.months.back();
    if (last.interval && last.interval->instances_high > last.fleet.instances) {
        list.push_back(
            {"interval", Level::consider,
             fmt::format("by {} it may be {} clients, which take {} instead of {}: keep room for them, or let "
                         "them be added automatically",
                         last.date, last.interval->high, counted(last.interval->instances_high, "instance"),
                         last.fleet.instances)});
    }
}

}  // namespace

std::vector<Recommendation> recommend(const Plan& plan) {
    List list;
    about_zones(plan, list);
    about_money(plan, list);
    about_instance(plan, list);
    about_snowflake(plan, list);
    about_growth(plan, list);
    return list;
}

}  // namespace capacity::plan
