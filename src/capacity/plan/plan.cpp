#include "capacity/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "capacity/plan/calendar.hpp"
#include "scaling/trend.hpp"

namespace capacity::plan {
namespace {

std::unexpected<base::Error> wrong(std::string option, std::string message) {
    return base::fail(base::Error{base::Kind::bad_argument, std::move(message)}.about(std::move(option)));
}

/// Clients of a month before they are cut to whole ones.
struct Expected {
    double clients = 0;
    std::optional<scaling::Prediction> interval;
};

std::chrono::year_month_day first_day(std::int64_t month) {
    return {std::chrono::year{static_cast<int>(month / 12)}, std::chrono::month{static_cast<unsigned>(month % 12 + 1)},
            std::chrono::day{1}};
}

/// The months ahead by the given growth.
std::vector<Expected> grow(Plan& plan) {
    const Inputs& in = plan.inputs;
    plan.growth.model = in.model.value_or(scaling::GrowthModel::exponential);
    plan.growth.rate = in.growth;
    plan.growth.ceiling = in.ceiling;
    const scaling::Growth growth{.model = plan.growth.model,
                                 .start = static_cast<double>(plan.clients_now),
                                 .rate = in.growth,
                                 .ceiling = in.ceiling};
    std::vector<Expected> months;
    for (const double clients : scaling::project(growth, static_cast<int>(in.months))) {
        months.push_back({.clients = clients, .interval = std::nullopt});
    }
    return months;
}

/// The months ahead by a curve through the past.
base::Result<std::vector<Expected>> fit(Plan& plan, std::int64_t first_month) {
    const Inputs& in = plan.inputs;
    const std::int64_t origin = plan.past.front().month;
    std::vector<scaling::Observation> seen;
    for (const PastMonth& month : plan.past) {
        seen.push_back({.month = static_cast<double>(month.month - origin), .clients = month.clients});
    }
    const auto trend = in.model ? scaling::Trend::fit(*in.model, seen) : scaling::Trend::best(seen);
    if (!trend) {
        return wrong("--history", fmt::format("--history {}: {}", in.history.file, trend.error().message()));
    }
    plan.growth = {.model = trend->model(),
                   .rate = trend->monthly_rate(),
                   .clients_a_month = trend->clients_a_month(),
                   .ceiling = trend->ceiling(),
                   .fitted = true,
                   .observations = trend->observations(),
                   .r_squared = trend->r_squared()};
    std::vector<Expected> months;
    for (std::int64_t ahead = 1; ahead <= in.months; ++ahead) {
        const auto prediction = trend->at(static_cast<double>(first_month + ahead - origin), in.history.level);
        months.push_back({.clients = prediction.expected, .interval = prediction});
    }
    return months;
}

/// Cuts to whole clients, sizes, dates; refuses what is beyond all bounds.
base::Result<void> size_months(Plan& plan, const std::vector<Expected>& months, std::chrono::year_month_day start) {
    const Inputs& in = plan.inputs;
    const auto bound = static_cast<double>(most_clients);
    for (std::size_t i = 0; i < months.size(); ++i) {
        const Expected& expected = months[i];
        const auto number = static_cast<std::int64_t>(i) + 1;
        if (!(expected.clients <= bound)) {
            return wrong(
                plan.growth.fitted ? "--history" : "--growth",
                fmt::format("{} makes more than {} clients in month {}: ask for {}slower growth",
                            plan.growth.fitted ? "the fitted growth" : fmt::format("--growth {}", in.growth),
                            most_clients, number,
                            number > 1 ? fmt::format("fewer --months (allowed is 1 to {}) or ", number - 1) : ""));
        }
        const auto clients = static_cast<std::int64_t>(expected.clients);  // cut, as the guide's calculator cuts
        Month month{.number = number,
                    .date = month_label(start, number, in.step),
                    .fleet = scaling::size_fleet(clients, in.safety_margin, in.profile),
                    .interval = std::nullopt};
        if (expected.interval) {
            if (!(expected.interval->high <= bound)) {
                return wrong("--months",
                             fmt::format("the prediction interval of month {} goes beyond {} clients: the "
                                         "history is too short for so many --months, or --interval too high",
                                         number, most_clients));
            }
            const std::int64_t high = scaling::whole_above(expected.interval->high);
            month.interval = {.low = static_cast<std::int64_t>(expected.interval->low),
                              .high = high,
                              .instances_high = scaling::size_fleet(high, in.safety_margin, in.profile).instances};
        }
        plan.months.push_back(std::move(month));
    }
    return {};
}

void add_milestones(Plan& plan) {
    std::int64_t instances = 1;
    bool reached = !plan.inputs.target || plan.clients_now >= *plan.inputs.target;
    for (const Month& month : plan.months) {
        const scaling::FleetSize& fleet = month.fleet;
        if (fleet.instances > instances) {
            instances = fleet.instances;
            plan.milestones.push_back(
                {.month = month.number,
                 .date = month.date,
                 .clients = fleet.clients,
                 .instances = fleet.instances,
                 .text = fmt::format("scale to {} instances ({} clients)", fleet.instances, fleet.clients)});
        }
        if (!reached && fleet.clients >= *plan.inputs.target) {
            reached = true;
            plan.milestones.push_back({.month = month.number,
                                       .date = month.date,
                                       .clients = fleet.clients,
                                       .instances = fleet.instances,
                                       .text = fmt::format("the target of {} clients is reached ({} clients)",
                                                           *plan.inputs.target, fleet.clients)});
        }
    }
}

void size_instance(Plan& plan) {
    const Inputs& in = plan.inputs;
    plan.fullest = plan.target.clients_per_instance;
    for (const Month& month : plan.months) {
        plan.fullest = std::max(plan.fullest, month.fleet.clients_per_instance);
    }
    plan.load = scaling::instance_load(plan.fullest, in.profile);
    plan.tier_cores = scaling::cores_for(plan.fullest, in.cpu_tiers);
    plan.peak_users = in.peak_users.value_or(std::max(plan.fullest, in.average_users.value_or(0)));
    plan.average_users = in.average_users.value_or(plan.peak_users / 2);
    plan.pool = scaling::size_pool(plan.average_users, plan.peak_users, in.pool);
    plan.memory.connections = in.connections.value_or(plan.pool.max);
    plan.memory.requests = in.requests.value_or(std::max<std::int64_t>(1, scaling::whole_above(plan.peak_users)));
    plan.memory.formula_mb = scaling::memory_mb(plan.memory.connections, plan.memory.requests, in.memory);
    plan.memory.measured_mb = scaling::memory_mb(plan.memory.connections, plan.memory.requests, measured_memory());
    if (plan.bench && plan.bench->idle_memory_mb) {
        plan.memory.bench_mb = *plan.bench->idle_memory_mb + *plan.bench->memory_mb_per_client * plan.fullest;
    }
}

/// The target asked for, or the month with the most clients.
scaling::FleetSize target_of(const Plan& plan) {
    std::int64_t clients = plan.clients_now;
    for (const Month& month : plan.months) {
        clients = std::max(clients, month.fleet.clients);
    }
    return scaling::size_fleet(plan.inputs.target.value_or(clients), plan.inputs.safety_margin, plan.inputs.profile);
}

}  // namespace

std::string_view to_string(Recommendation::Level level) {
    switch (level) {
        case Recommendation::Level::fine: return "fine";
        case Recommendation::Level::consider: return "consider";
        case Recommendation::Level::act: return "act";
    }
    return "";
}

base::Result<Plan> make_plan(Inputs inputs, const std::optional<bench::BenchResult>& bench, std::vector<PastMonth> past,
                             std::chrono::year_month_day today) {
    Plan plan;
    if (bench) {
        auto facts = apply_bench(inputs, *bench);
        if (!facts) {
            return base::fail(std::move(facts.error()));
        }
        plan.bench = std::move(*facts);
    }
    const bool grows = !past.empty() || inputs.growth != 0;
    if (!grows && !inputs.is_given("--months")) {
        inputs.months = 1;  // twelve times the same says nothing
    }
    const std::int64_t last = past.empty() ? inputs.target.value_or(1) : static_cast<std::int64_t>(past.back().clients);
    plan.clients_now = inputs.clients.value_or(last);
    const auto start = inputs.start.value_or(past.empty() ? today : first_day(past.back().month));
    if (!past.empty() && month_number(start) < past.front().month) {
        return wrong("--start", fmt::format("--start is {}: allowed is {} (where the history begins) or later",
                                            month_label(month_number(start)), month_label(past.front().month)));
    }
    plan.start = month_label(month_number(start));
    plan.inputs = std::move(inputs);
    plan.past = std::move(past);

    std::vector<Expected> expected;
    if (plan.past.empty()) {
        expected = grow(plan);
    } else {
        auto fitted = fit(plan, month_number(start));
        if (!fitted) {
            return base::fail(std::move(fitted.error()));
        }
        expected = std::move(*fitted);
    }
    if (auto sized = size_months(plan, expected, start); !sized) {
        return base::fail(std::move(sized.error()));
    }
    plan.target = target_of(plan);
    size_instance(plan);
    plan.snowflake = snowflake_use(static_cast<double>(plan.target.clients), plan.target.instances, plan.pool.max,
                                   plan.inputs.snowflake);
    add_milestones(plan);
    plan.recommendations = recommend(plan);
    plan.settings = configure(plan);
    return plan;
}

}  // namespace capacity::plan
