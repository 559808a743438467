#include "capacity/plan/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "capacity/plan/options.hpp"

namespace capacity::plan {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;

constexpr std::chrono::year_month_day today{year{2026}, month{11}, day{24}};

base::Result<Plan> planned(Given given, std::vector<PastMonth> past = {}, std::chrono::year_month_day now = today) {
    auto inputs = read_options(given);
    EXPECT_TRUE(inputs) << inputs.error().message();
    return make_plan(std::move(*inputs), std::nullopt, std::move(past), now);
}

std::vector<PastMonth> history(std::vector<double> clients) {
    std::vector<PastMonth> past;
    std::int64_t month = 2026 * 12;  // January
    for (const double seen : clients) {
        past.push_back({.month = month++, .clients = seen});
    }
    return past;
}

const Recommendation* advice(const Plan& plan, std::string_view topic) {
    const auto found = std::ranges::find(plan.recommendations, topic, &Recommendation::topic);
    return found == plan.recommendations.end() ? nullptr : &*found;
}

std::vector<std::string> dates(const Plan& plan) {
    std::vector<std::string> found;
    for (const Month& month : plan.months) {
        found.push_back(month.date);
    }
    return found;
}

TEST(Plan, twenty_five_clients_at_15_percent_all_twelve_months) {
    const auto plan = planned({{"--clients", "25"}, {"--growth", "0.15"}});
    ASSERT_TRUE(plan);
    // What the guide's own calculator prints.
    const struct {
        const char* date;
        int clients, instances, cores, memory, cost;
    } expected[] = {
        {"2026-12", 28, 1, 4, 2, 150},   {"2027-01", 33, 1, 4, 2, 150},   {"2027-02", 38, 1, 4, 2, 150},
        {"2027-03", 43, 2, 8, 4, 300},   {"2027-04", 50, 2, 8, 4, 300},   {"2027-05", 57, 2, 8, 4, 300},
        {"2027-06", 66, 2, 8, 4, 300},   {"2027-07", 76, 2, 8, 4, 300},   {"2027-08", 87, 3, 12, 6, 450},
        {"2027-09", 101, 3, 12, 6, 450}, {"2027-10", 116, 3, 12, 6, 450}, {"2027-11", 133, 4, 16, 8, 600},
    };
    ASSERT_EQ(plan->months.size(), 12u);
    for (std::size_t i = 0; i < 12; ++i) {
        const Month& month = plan->months[i];
        EXPECT_EQ(month.number, static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ(month.date, expected[i].date);
        EXPECT_EQ(month.fleet.clients, expected[i].clients);
        EXPECT_EQ(month.fleet.instances, expected[i].instances);
        EXPECT_EQ(month.fleet.cpu_cores, expected[i].cores);
        EXPECT_EQ(month.fleet.memory_gb, expected[i].memory);
        EXPECT_EQ(month.fleet.monthly_cost_usd, expected[i].cost);
    }
    ASSERT_EQ(plan->milestones.size(), 3u);
    EXPECT_EQ(plan->milestones[0].text, "scale to 2 instances (43 clients)");
    EXPECT_EQ(plan->milestones[1].date, "2027-08");
    EXPECT_EQ(plan->milestones[2].instances, 4);
    ASSERT_TRUE(advice(*plan, "availability_zones"));
    EXPECT_EQ(advice(*plan, "availability_zones")->level, Recommendation::Level::consider);
    EXPECT_FALSE(advice(*plan, "reserved_instances"));
    EXPECT_FALSE(advice(*plan, "cost"));
}

TEST(Plan, advice_changes_just_above_each_of_its_levels) {
    const auto of = [](std::string target) { return *planned({{"--target", target}, {"--safety-margin", "0"}}); };
    EXPECT_EQ(advice(of("150"), "availability_zones")->level, Recommendation::Level::fine);      // 3 instances
    EXPECT_EQ(advice(of("151"), "availability_zones")->level, Recommendation::Level::consider);  // 4
    EXPECT_TRUE(advice(of("500"), "availability_zones"));                                        // 10
    EXPECT_FALSE(advice(of("501"), "availability_zones"));                                       // 11
    EXPECT_TRUE(advice(of("501"), "regions"));
    EXPECT_FALSE(advice(of("600"), "reserved_instances"));  // 48 cores
    EXPECT_TRUE(advice(of("601"), "reserved_instances"));   // 52
    EXPECT_FALSE(advice(of("1650"), "cost"));               // 33 x 150 = 4950
    EXPECT_TRUE(advice(of("1651"), "cost"));                // 5100
    const auto own = planned({{"--target", "60"},
                              {"--safety-margin", "0"},
                              {"--advice-single-zone", "1"},
                              {"--advice-multi-zone", "1"},
                              {"--advice-cores", "7"},
                              {"--advice-cost", "299"}});
    EXPECT_TRUE(advice(*own, "regions"));
    EXPECT_TRUE(advice(*own, "reserved_instances"));
    EXPECT_TRUE(advice(*own, "cost"));
}

TEST(Plan, a_target_is_sized_and_its_month_is_a_milestone) {
    const auto plan = planned({{"--clients", "25"}, {"--growth", "0.15"}, {"--target", "100"}});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->target.clients, 100);
    EXPECT_EQ(plan->target.instances, 3);
    const auto reached = std::ranges::find_if(
        plan->milestones, [](const Milestone& milestone) { return milestone.text.starts_with("the target of 100"); });
    ASSERT_NE(reached, plan->milestones.end());
    EXPECT_EQ(reached->date, "2027-09");
}

TEST(Plan, without_growth_one_month_says_it_all_unless_more_are_asked_for) {
    EXPECT_EQ(planned({{"--clients", "100"}})->months.size(), 1u);
    EXPECT_EQ(planned({{"--clients", "100"}, {"--months", "4"}})->months.size(), 4u);
}

TEST(Plan, pool_and_memory_of_the_worked_examples) {
    const auto plan = planned({{"--clients", "25"},
                               {"--average-users", "30"},
                               {"--peak-users", "60"},
                               {"--connections", "10"},
                               {"--requests", "25"}});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->pool.min, 10);
    EXPECT_EQ(plan->pool.max, 99);
    EXPECT_EQ(plan->memory.formula_mb, 450);
    EXPECT_LT(plan->memory.measured_mb, plan->memory.formula_mb);
    EXPECT_GT(plan->memory.measured_mb, 0);
    EXPECT_FALSE(plan->memory.bench_mb) << "no benchmark was given";
}

TEST(Plan, every_month_of_the_calendar_comes_once_whatever_the_day) {
    const std::chrono::year_month_day end_of_january{year{2028}, month{1}, day{31}};
    EXPECT_EQ(dates(*planned({{"--clients", "5"}, {"--months", "3"}}, {}, end_of_january)),
              (std::vector<std::string>{"2028-02", "2028-03", "2028-04"}));
    EXPECT_EQ(dates(*planned({{"--clients", "5"}, {"--months", "2"}, {"--start", "2028-02-29"}})),
              (std::vector<std::string>{"2028-03", "2028-04"}));
    EXPECT_EQ(dates(*planned({{"--clients", "5"}, {"--months", "13"}, {"--start", "2026-12"}})).back(), "2028-01");
}

TEST(Plan, months_of_thirty_days_are_dated_as_the_guide_dates_them) {
    const std::chrono::year_month_day first{year{2027}, month{1}, day{1}};
    EXPECT_EQ(dates(*planned({{"--clients", "5"}, {"--months", "3"}, {"--month-step", "30-days"}}, {}, first)),
              (std::vector<std::string>{"2027-01", "2027-03", "2027-04"}));
}

TEST(Plan, growth_beyond_all_clients_names_the_month_and_what_is_allowed) {
    const auto plan = planned({{"--clients", "1000"}, {"--growth", "9"}, {"--months", "600"}});
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().message(),
              "--growth 9 makes more than 1000000000 clients in month 7: ask for fewer --months (allowed is 1 to 6) or "
              "slower growth");
    EXPECT_TRUE(planned({{"--clients", "1000"}, {"--growth", "9"}, {"--months", "6"}}));
}

TEST(Plan, the_longest_plan_of_the_fewest_and_of_the_most) {
    EXPECT_EQ(planned({{"--clients", "1"}, {"--growth", "-0.99"}, {"--months", "600"}})->months.back().fleet.instances,
              1);
    const auto most =
        planned({{"--clients", "1000000000"}, {"--months", "600"}, {"--max-clients-per-instance", "0.01"}});
    ASSERT_TRUE(most);
    EXPECT_EQ(most->months.back().fleet.instances, 120'000'000'000);
}

TEST(Plan, growth_fitted_to_a_line_goes_on_as_that_line_from_the_month_after_it) {
    const auto plan = planned({{"--history", "f"}, {"--months", "2"}}, history({10, 20, 30, 40, 50}));
    ASSERT_TRUE(plan) << plan.error().message();
    EXPECT_TRUE(plan->growth.fitted);
    EXPECT_EQ(plan->growth.model, scaling::GrowthModel::linear);
    EXPECT_NEAR(plan->growth.clients_a_month, 10, 1e-9);
    EXPECT_EQ(plan->clients_now, 50);
    EXPECT_EQ(plan->months[0].date, "2026-06");
    EXPECT_NEAR(static_cast<double>(plan->months[0].fleet.clients), 60, 1);
    EXPECT_NEAR(static_cast<double>(plan->months[1].fleet.clients), 70, 1);
    ASSERT_TRUE(plan->months[1].interval);
}

TEST(Plan, an_interval_is_in_whole_clients_around_what_is_expected_and_sized) {
    // SciPy: 35.4818…, 32.9820…, 37.9817… at 90 %, month 10 of the same data (scaling/trend_test.cpp).
    std::vector<PastMonth> past;
    const std::pair<int, double> seen[] = {{0, 10}, {1, 13}, {2, 14}, {3, 18}, {4, 21}, {6, 26}, {7, 27}};
    for (const auto& [month, clients] : seen) {
        past.push_back({.month = 2026 * 12 + month, .clients = clients});
    }
    const auto plan = planned(
        {{"--history", "f"}, {"--months", "3"}, {"--growth-model", "linear"}, {"--max-clients-per-instance", "44"}},
        past);
    ASSERT_TRUE(plan);
    const Month& third = plan->months[2];
    EXPECT_EQ(third.fleet.clients, 35);
    EXPECT_EQ(third.interval->low, 32);
    EXPECT_EQ(third.interval->high, 38);
    EXPECT_EQ(third.fleet.instances, 1);           // 42 with the margin
    EXPECT_EQ(third.interval->instances_high, 2);  // 45.6
    EXPECT_TRUE(advice(*plan, "interval"));
}

TEST(Plan, an_interval_without_bounds_is_an_error_and_not_a_number) {
    const auto plan =
        planned({{"--history", "f"}, {"--growth-model", "exponential"}, {"--months", "120"}}, history({1, 40, 3, 90}));
    ASSERT_FALSE(plan);
    EXPECT_NE(plan.error().message().find("the history is too short for so many --months"), std::string::npos)
        << plan.error().message();
}

TEST(Plan, a_plan_does_not_start_before_its_history) {
    const auto plan = planned({{"--history", "f"}, {"--start", "2025-12"}}, history({1, 2, 3}));
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().message(), "--start is 2025-12: allowed is 2026-01 (where the history begins) or later");
}

TEST(Plan, an_instance_that_is_too_full_is_told) {
    const auto plan = planned({{"--clients", "100"}, {"--safety-margin", "0"}, {"--instance-memory-gb", "1"}});
    ASSERT_TRUE(plan);
    ASSERT_TRUE(advice(*plan, "cpu"));  // 50 clients x 1.5 % = 75 %
    EXPECT_NE(advice(*plan, "cpu")->text.find("--max-clients-per-instance 46"), std::string::npos);
    ASSERT_TRUE(advice(*plan, "memory"));
    EXPECT_EQ(advice(*plan, "memory")->level, Recommendation::Level::act);
}

TEST(Plan, what_is_configured_stays_within_what_settings_allow) {
    const auto plan = planned({{"--clients", "900000000"}, {"--max-clients-per-instance", "900000000"}});
    ASSERT_TRUE(plan);
    const auto value = [&](std::string_view name) {
        return std::ranges::find(plan->settings, name, &PlannedSetting::name)->value;
    };
    EXPECT_EQ(value("CONNECTION_POOL_MAX_SIZE"), "1000");
    EXPECT_EQ(value("CONNECTION_POOL_MIN_SIZE"), "1000");
    EXPECT_EQ(value("MAX_CONCURRENT_REQUESTS"), "10000");
    EXPECT_EQ(value("REQUEST_QUEUE_SIZE"), "40000");
    EXPECT_EQ(value("MAX_MEMORY_MB"), "1048576");
    EXPECT_EQ(value("MCP_SERVER_WORKERS"), "4");
}

}  // namespace
}  // namespace capacity::plan
