#include "base/json_writer.hpp"
#include "capacity/plan/writers.hpp"

namespace capacity::plan {
namespace {

void write_months(base::JsonWriter& json, const Plan& plan) {
    json.key("months").begin_array();
    for (const Month& month : plan.months) {
        json.begin_object()
            .field("month", month.number)
            .field("date", month.date)
            .field("clients", month.fleet.clients)
            .field("instances", month.fleet.instances)
            .field("cpu_cores", month.fleet.cpu_cores)
            .field("memory_gb", month.fleet.memory_gb)
            .field("monthly_cost_usd", month.fleet.monthly_cost_usd);
        if (month.interval) {
            json.field("clients_low", month.interval->low)
                .field("clients_high", month.interval->high)
                .field("instances_high", month.interval->instances_high);
        }
        json.end_object();
    }
    json.end_array();
}

void write_advice(base::JsonWriter& json, const Plan& plan) {
    json.key("milestones").begin_array();
    for (const Milestone& milestone : plan.milestones) {
        json.begin_object()
            .field("month", milestone.month)
            .field("date", milestone.date)
            .field("clients", milestone.clients)
            .field("instances", milestone.instances)
            .field("text", milestone.text)
            .end_object();
    }
    json.end_array().key("recommendations").begin_array();
    for (const Recommendation& advice : plan.recommendations) {
        json.begin_object()
            .field("topic", advice.topic)
            .field("level", to_string(advice.level))
            .field("text", advice.text)
            .end_object();
    }
    json.end_array();
}

void write_growth(base::JsonWriter& json, const Plan& plan) {
    const GrowthFacts& growth = plan.growth;
    json.key("growth")
        .begin_object()
        .field("clients_now", plan.clients_now)
        .field("start", plan.start)
        .field("model", scaling::to_string(growth.model))
        .field("fitted", growth.fitted)
        .field("rate", growth.rate);
    if (growth.model == scaling::GrowthModel::logistic) {
        json.field("ceiling", growth.ceiling);
    }
    if (growth.fitted) {
        json.field("clients_a_month", growth.clients_a_month)
            .field("observations", static_cast<std::uint64_t>(growth.observations))
            .field("r_squared", growth.r_squared)
            .field("interval", plan.inputs.history.level);
    }
    json.end_object();
}

void write_target(base::JsonWriter& json, const Plan& plan) {
    const scaling::FleetSize& fleet = plan.target;
    json.key("target")
        .begin_object()
        .field("clients", fleet.clients)
        .field("safety_margin", plan.inputs.safety_margin)
        .field("adjusted_clients", fleet.adjusted_clients)
        .field("instances", fleet.instances)
        .field("clients_per_instance", fleet.clients_per_instance)
        .field("cpu_cores", fleet.cpu_cores)
        .field("memory_gb", fleet.memory_gb)
        .field("monthly_cost_usd", fleet.monthly_cost_usd)
        .end_object();
}

void write_formula(base::JsonWriter& json, std::string_view name, const scaling::MemoryFormula& formula, double mb) {
    json.key(name)
        .begin_object()
        .field("memory_mb", mb)
        .field("base_mb", formula.base_mb)
        .field("connection_mb", formula.connection_mb)
        .field("request_mb", formula.request_mb)
        .field("overhead_mb", formula.overhead_mb)
        .end_object();
}

void write_instance(base::JsonWriter& json, const Plan& plan) {
    json.key("instance")
        .begin_object()
        .field("clients", plan.fullest)
        .field("cpu_percent", plan.load.cpu_percent)
        .field("memory_mb", plan.load.memory_mb)
        .field("response_ms", plan.load.response_ms)
        .field("tier_cores", plan.tier_cores)
        .end_object();
    json.key("pool")
        .begin_object()
        .field("average_users", plan.average_users)
        .field("peak_users", plan.peak_users)
        .field("min", plan.pool.min)
        .field("max", plan.pool.max)
        .field("working", plan.pool.working)
        .field("health_check_buffer", plan.pool.buffer)
        .end_object();
    json.key("memory")
        .begin_object()
        .field("connections", plan.memory.connections)
        .field("requests", plan.memory.requests);
    write_formula(json, "formula", plan.inputs.memory, plan.memory.formula_mb);
    write_formula(json, "measured", measured_memory(), plan.memory.measured_mb);
    if (plan.memory.bench_mb) {
        json.field("bench_mb", *plan.memory.bench_mb);
    }
    json.end_object();
}

void write_base(base::JsonWriter& json, const Plan& plan) {
    const scaling::InstanceProfile& p = plan.inputs.profile;
    const struct {
        std::string_view name, option;
        double value;
    } metrics[] = {
        {"max_clients_per_instance", "--max-clients-per-instance", p.max_clients},
        {"cpu_cores_per_instance", "--instance-cores", p.cpu_cores},
        {"memory_gb_per_instance", "--instance-memory-gb", p.memory_gb},
        {"monthly_cost_usd_per_instance", "--instance-cost", p.monthly_cost_usd},
        {"cpu_percent_per_client", "--cpu-per-client", p.cpu_percent_per_client},
        {"memory_mb_per_client", "--memory-per-client", p.memory_mb_per_client},
        {"response_time_base_ms", "--response-base", p.response_ms_base},
        {"response_time_factor", "--response-factor", p.response_factor_client},
    };
    json.key("base_metrics").begin_object();
    for (const auto& metric : metrics) {
        const bool measured = plan.bench && plan.bench->measured.contains(metric.option);
        json.key(metric.name)
            .begin_object()
            .field("value", metric.value)
            .field("from", plan.inputs.is_given(metric.option) ? "given"
                           : measured                          ? "measured"
                                                               : "assumed")
            .end_object();
    }
    json.end_object();
}

void write_snowflake(base::JsonWriter& json, const Plan& plan) {
    const SnowflakeInputs& in = plan.inputs.snowflake;
    const SnowflakeUse& use = plan.snowflake;
    json.key("snowflake").begin_object();
    json.key("assumptions")
        .begin_object()
        .field("warehouse_size", in.warehouse_size)
        .field("credits_per_hour", use.credits_hour)
        .field("clusters", in.clusters)
        .field("max_concurrency_level", in.max_concurrency_level)
        .field("auto_suspend_seconds", in.auto_suspend_seconds)
        .field("credit_price_usd", in.credit_price_usd)
        .field("warehouses_now", in.warehouses_now)
        .field("queries_per_client_hour", in.queries_per_client_hour)
        .field("query_seconds", in.query_seconds)
        .field("cache_hit_rate", in.cache_hit_rate)
        .field("active_hours", in.active_hours)
        .field("active_days", in.active_days)
        .field("logins_per_client_day", in.logins_per_client_day)
        .end_object();
    json.field("fleet_sessions", use.fleet_sessions).key("account_sessions");
    in.account_sessions > 0 ? json.number(in.account_sessions) : json.null();
    json.field("within_account", !use.beyond_account)
        .field("warehouse_statements", use.warehouse_statements)
        .field("clusters_needed", use.clusters_needed)
        .field("queues_in_warehouse", use.queues)
        .field("queries_month", use.queries_month)
        .field("credits_month_now", use.credits_now)
        .field("credits_month_pooled", use.credits_pooled)
        .field("credits_month_cached", use.credits_cached)
        .field("credits_saved_by_pooling", use.saved_by_pooling)
        .field("credits_saved_by_caching", use.saved_by_caching)
        .field("saved_usd_month", use.saved_usd)
        .field("query_hours_avoided", use.query_hours_avoided)
        .field("credits_month_auto_suspend_60", use.credits_short_suspend)
        .field("logins_month_now", use.logins_now)
        .field("logins_month_pooled_at_most", use.logins_pooled)
        .end_object();
}

}  // namespace

std::string write_json(const Plan& plan) {
    std::string out;
    base::JsonWriter json{out};
    json.begin_object();
    write_months(json, plan);
    write_advice(json, plan);
    write_growth(json, plan);
    write_target(json, plan);
    write_instance(json, plan);
    write_base(json, plan);
    write_snowflake(json, plan);
    json.key("configuration").begin_object();
    for (const PlannedSetting& setting : plan.settings) {
        json.field(setting.name, setting.value);
    }
    json.end_object();
    json.end_object();
    out += '\n';
    return out;
}

}  // namespace capacity::plan
