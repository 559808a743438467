#include "capacity/plan/document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "capacity/plan/text.hpp"

namespace capacity::plan {
namespace {

std::string percent(double share) { return number(share * 100, 1) + " %"; }
std::string whole(std::int64_t value) { return number(static_cast<double>(value)); }

std::string describe_growth(const Plan& plan) {
    const GrowthFacts& growth = plan.growth;
    const std::string_view model = scaling::to_string(growth.model);
    if (!growth.fitted) {
        if (growth.rate == 0) {
            return "No growth: name a --growth a month, or a --history to fit it to.";
        }
        switch (growth.model) {
            case scaling::GrowthModel::linear:
                return fmt::format("Linear growth: {} of today's clients more every month.", percent(growth.rate));
            case scaling::GrowthModel::exponential:
                return fmt::format("Exponential growth: {} a month.", percent(growth.rate));
            case scaling::GrowthModel::logistic:
                return fmt::format("Logistic growth: {} a month at first, towards {} clients.", percent(growth.rate),
                                   number(growth.ceiling));
        }
    }
    const std::string how =
        growth.model == scaling::GrowthModel::linear ? fmt::format("{} clients a month", number(growth.clients_a_month))
        : growth.model == scaling::GrowthModel::exponential
            ? fmt::format("{} a month", percent(growth.rate))
            : fmt::format("{} a month at first, towards {} clients", percent(growth.rate), number(growth.ceiling, 1));
    return fmt::format(
        "{} growth, fitted to {} months of {}: {}; the curve explains {} of the past (R2). Low and high are "
        "its {} prediction interval.",
        model == "linear"        ? "Linear"
        : model == "exponential" ? "Exponential"
                                 : "Logistic",
        growth.observations, plan.inputs.history.file, how, percent(growth.r_squared),
        percent(plan.inputs.history.level));
}

Section target_section(const Plan& plan) {
    const scaling::FleetSize& fleet = plan.target;
    Section section{.heading = plan.inputs.target ? "Target" : "What the most clients take", .paragraphs = {}};
    section.table.columns = {{"What"}, {"Value", true}, {"How"}};
    section.table.rows = {
        {"Clients", whole(fleet.clients), plan.inputs.target ? "--target" : "of all months"},
        {"With safety margin", number(fleet.adjusted_clients), fmt::format("+ {}", percent(plan.inputs.safety_margin))},
        {"Instances", whole(fleet.instances),
         fmt::format("{} clients each at most", number(plan.inputs.profile.max_clients))},
        {"CPU cores", number(fleet.cpu_cores), fmt::format("{} each", number(plan.inputs.profile.cpu_cores))},
        {"Memory", number(fleet.memory_gb) + " GB", fmt::format("{} GB each", number(plan.inputs.profile.memory_gb))},
        {"Cost a month", dollars(fleet.monthly_cost_usd),
         fmt::format("{} each", dollars(plan.inputs.profile.monthly_cost_usd))},
    };
    return section;
}

Section months_section(const Plan& plan) {
    Section section{.heading = "Month by month", .paragraphs = {describe_growth(plan)}};
    const bool fitted = plan.growth.fitted;
    section.table.columns = {{"Month", true}, {"Date", true}, {"Clients", true}};
    if (fitted) {
        section.table.columns.insert(section.table.columns.end(), {{"Low", true}, {"High", true}});
    }
    section.table.columns.insert(
        section.table.columns.end(),
        {{"Instances", true}, {"CPU cores", true}, {"Memory (GB)", true}, {"Cost/month", true}});
    if (fitted) {
        section.table.columns.push_back({"Instances at high", true});
    }
    for (const Month& month : plan.months) {
        std::vector<std::string> row{fmt::format("{}", month.number), month.date, whole(month.fleet.clients)};
        if (month.interval) {
            row.insert(row.end(), {whole(month.interval->low), whole(month.interval->high)});
        }
        row.insert(row.end(), {whole(month.fleet.instances), number(month.fleet.cpu_cores),
                               number(month.fleet.memory_gb), dollars(month.fleet.monthly_cost_usd)});
        if (month.interval) {
            row.push_back(whole(month.interval->instances_high));
        }
        section.table.rows.push_back(std::move(row));
    }
    return section;
}

Section milestones_section(const Plan& plan) {
    Section section{.heading = "Milestones", .paragraphs = {}};
    for (const Milestone& milestone : plan.milestones) {
        section.points.push_back(fmt::format("{}: {}", milestone.date, milestone.text));
    }
    if (section.points.empty()) {
        section.paragraphs.emplace_back("None: one instance carries all of it.");
    }
    return section;
}

Section recommendations_section(const Plan& plan) {
    Section section{.heading = "Recommendations", .paragraphs = {}};
    for (const Recommendation& advice : plan.recommendations) {
        section.points.push_back(fmt::format("[{}] {}", to_string(advice.level), advice.text));
    }
    return section;
}

Section instance_section(const Plan& plan) {
    const Inputs& in = plan.inputs;
    const scaling::MemoryFormula& f = in.memory;
    const scaling::MemoryFormula m = measured_memory();
    const auto formula = [&](const scaling::MemoryFormula& memory) {
        return fmt::format("{} + {} sessions x {} + {} requests x {} + {} MB", number(memory.base_mb),
                           whole(plan.memory.connections), number(memory.connection_mb, 4), whole(plan.memory.requests),
                           number(memory.request_mb, 4), number(memory.overhead_mb));
    };
    Section section{.heading = "One instance", .paragraphs = {}};
    section.table.columns = {{"What"}, {"Value", true}, {"How"}};
    section.table.rows = {
        {"Clients at most", number(plan.fullest), "fullest instance of the plan, margin included"},
        {"CPU", number(plan.load.cpu_percent, 1) + " %",
         fmt::format("{} % a client", number(in.profile.cpu_percent_per_client, 3))},
        {"Cores by tier", number(plan.tier_cores), fmt::format("an instance has {}", number(in.profile.cpu_cores))},
        {"Memory of clients", number(plan.load.memory_mb, 0) + " MB",
         fmt::format("{} MB a client", number(in.profile.memory_mb_per_client, 3))},
        {"Response time", number(plan.load.response_ms, 0) + " ms",
         fmt::format("{} ms x (1 + {} x clients)", number(in.profile.response_ms_base, 3),
                     number(in.profile.response_factor_client, 4))},
        {"Pool, minimum", whole(plan.pool.min),
         fmt::format("average users {} / {}", number(plan.average_users), number(in.pool.average_divisor))},
        {"Pool, maximum", whole(plan.pool.max),
         fmt::format("peak users {} x {} = {}, and {} ({}) for health checks", number(plan.peak_users),
                     number(in.pool.peak_factor), whole(plan.pool.working), whole(plan.pool.buffer),
                     percent(in.pool.health_buffer))},
        {"Memory by formula", number(plan.memory.formula_mb, 1) + " MB", formula(f)},
        {"Memory, this build", number(plan.memory.measured_mb, 1) + " MB",
         formula(m) + "; measured by bench/memory_terms.py, cache and large results on top"},
    };
    if (plan.memory.bench_mb) {
        section.table.rows.push_back({"Memory, your benchmark", number(*plan.memory.bench_mb, 1) + " MB",
                                      fmt::format("{} + {} a client, {}", number(*plan.bench->idle_memory_mb, 1),
                                                  number(*plan.bench->memory_mb_per_client, 3), plan.bench->file)});
    }
    return section;
}

Section base_section(const Plan& plan) {
    Section section{.heading = "Base metrics", .paragraphs = {}};
    if (plan.bench) {
        section.paragraphs.push_back(fmt::format("Measured: {}{}{}.", plan.bench->file,
                                                 plan.bench->server.empty() ? "" : ", server " + plan.bench->server,
                                                 plan.bench->started_at.empty() ? "" : ", " + plan.bench->started_at));
    }
    section.table.columns = {{"What"}, {"Value", true}, {"From"}};
    const scaling::InstanceProfile& p = plan.inputs.profile;
    const auto add = [&](std::string what, std::string value, std::string_view option) {
        std::string from = "assumed";
        if (plan.inputs.is_given(option)) {
            from = fmt::format("{}", option);
        } else if (plan.bench) {
            if (const auto found = plan.bench->measured.find(option); found != plan.bench->measured.end()) {
                from = "measured: " + found->second;
            }
        }
        section.table.rows.push_back({std::move(what), std::move(value), std::move(from)});
    };
    add("Clients an instance", number(p.max_clients), "--max-clients-per-instance");
    add("Cores an instance", number(p.cpu_cores), "--instance-cores");
    add("Memory an instance", number(p.memory_gb) + " GB", "--instance-memory-gb");
    add("Cost an instance", dollars(p.monthly_cost_usd), "--instance-cost");
    add("CPU a client", number(p.cpu_percent_per_client, 3) + " %", "--cpu-per-client");
    add("Memory a client", number(p.memory_mb_per_client, 3) + " MB", "--memory-per-client");
    add("Response time alone", number(p.response_ms_base, 3) + " ms", "--response-base");
    add("Response time a client", number(p.response_factor_client, 4), "--response-factor");
    return section;
}

Section snowflake_section(const Plan& plan) {
    const SnowflakeInputs& in = plan.inputs.snowflake;
    const SnowflakeUse& use = plan.snowflake;
    Section section{.heading = "Snowflake", .paragraphs = {}};
    section.paragraphs = {
        fmt::format(
            "Assumed: {} queries a client and hour, {} s each in the warehouse, {} hours on {} days; the cache "
            "answers {}; {} warehouse (credits an hour and cluster: {}), AUTO_SUSPEND {} s, {} a credit; today the "
            "clients use {}.",
            number(in.queries_per_client_hour), number(in.query_seconds), number(in.active_hours),
            number(in.active_days), percent(in.cache_hit_rate), in.warehouse_size, number(use.credits_hour),
            number(in.auto_suspend_seconds), dollars(in.credit_price_usd), counted(in.warehouses_now, "warehouse")),
        "Formula: queries arrive at random; a warehouse runs the share 1 - e^(-queries a second x w) of the active "
        "time, "
        "w = query time + AUTO_SUSPEND, at least 60 s; credits = hours run x credits an hour x clusters, clusters = "
        "queries "
        "a second x query time / MAX_CONCURRENCY_LEVEL between 1 and the maximum. Sessions and logins cost no credits "
        "of "
        "their own: pooling saves credits where clients leave warehouses of their own for a shared one "
        "(--warehouses-now), "
        "and caching where the warehouse gets to suspend or fewer clusters run. Query time kept off is what the cache "
        "takes "
        "from the warehouse in any case: room for other work on it.",
    };
    section.table.columns = {{"What"}, {"Value", true}, {"How"}};
    section.table.rows = {
        {"Sessions of the fleet", whole(use.fleet_sessions),
         fmt::format("{} x {}", counted(plan.target.instances, "instance"), whole(plan.pool.max))},
        {"Sessions of the account", in.account_sessions > 0 ? whole(in.account_sessions) : "not known",
         use.beyond_account        ? "too few"
         : in.account_sessions > 0 ? "enough"
                                   : "Snowflake names no general bound; set --account-sessions where yours has one"},
        {"Statements at once in the warehouse", whole(use.warehouse_statements),
         fmt::format("MAX_CONCURRENCY_LEVEL {} x {}", in.max_concurrency_level, counted(in.clusters, "cluster"))},
        {"Clusters for all at once", whole(use.clusters_needed),
         use.queues ? "beyond what it has: the rest queue" : "within what it has"},
        {"Queries a month", number(use.queries_month, 0), "clients x hours x days"},
        {"Credits a month now", number(use.credits_now, 1), counted(in.warehouses_now, "warehouse")},
        {"Credits a month, pooled", number(use.credits_pooled, 1), "one warehouse"},
        {"Credits a month, pooled and cached", number(use.credits_cached, 1),
         percent(1 - in.cache_hit_rate) + " of the queries"},
        {"Saved by pooling", number(use.saved_by_pooling, 1),
         dollars(use.saved_by_pooling * in.credit_price_usd) + " a month"},
        {"Saved by caching", number(use.saved_by_caching, 1),
         dollars(use.saved_by_caching * in.credit_price_usd) + " a month"},
        {"Query time kept off, hours", number(use.query_hours_avoided, 1), "a month, answered by the cache"},
        {"Logins a month now", number(use.logins_now, 0),
         fmt::format("{} a client and day", number(in.logins_per_client_day))},
        {"Logins a month, pooled", "at most " + number(use.logins_pooled, 0), "every session, renewed every 8 hours"},
    };
    return section;
}

Section settings_section(const Plan& plan) {
    Section section{.heading = "Configuration of each instance", .paragraphs = {"As a file: --emit env."}};
    section.table.columns = {{"Setting"}, {"Value", true}, {"Why"}};
    for (const PlannedSetting& setting : plan.settings) {
        section.table.rows.push_back({setting.name, setting.value, setting.why});
    }
    return section;
}

}  // namespace

Document document_of(const Plan& plan) {
    Document document{.title = "Snowflake MCP capacity plan",
                      .subtitle = fmt::format("{} clients in {}, {} ahead", whole(plan.clients_now), plan.start,
                                              counted(static_cast<std::int64_t>(plan.months.size()), "month")),
                      .sections = {}};
    document.sections = {months_section(plan),    milestones_section(plan), recommendations_section(plan),
                         target_section(plan),    instance_section(plan),   base_section(plan),
                         snowflake_section(plan), settings_section(plan)};
    return document;
}

}  // namespace capacity::plan
