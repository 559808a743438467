#include "capacity/plan/options.hpp"

#include <gtest/gtest.h>

namespace capacity::plan {
namespace {

std::string fault(const Given& given) {
    const auto inputs = read_options(given);
    return inputs ? "accepted" : inputs.error().message();
}

TEST(PlanOptions, defaults_are_the_base_metrics_that_users_know) {
    const auto in = read_options({{"--clients", "25"}});
    ASSERT_TRUE(in);
    EXPECT_EQ(in->profile.max_clients, 50);
    EXPECT_EQ(in->profile.cpu_cores, 4);
    EXPECT_EQ(in->profile.memory_gb, 2);
    EXPECT_EQ(in->profile.monthly_cost_usd, 150);
    EXPECT_EQ(in->profile.cpu_percent_per_client, 1.5);
    EXPECT_EQ(in->profile.memory_mb_per_client, 20);
    EXPECT_EQ(in->profile.response_ms_base, 100);
    EXPECT_EQ(in->profile.response_factor_client, 0.05);
    EXPECT_EQ(in->safety_margin, 0.2);
    EXPECT_EQ(in->months, 12);
    EXPECT_EQ(in->advice.single_zone_instances, 3);
    EXPECT_EQ(in->advice.multi_zone_instances, 10);
    EXPECT_EQ(in->advice.reserved_cores, 50);
    EXPECT_EQ(in->advice.high_cost_usd, 5000);
}

TEST(PlanOptions, every_option_can_be_set_and_is_noted_as_given) {
    for (const OptionHelp& option : option_list()) {
        if (option.name == "--history" || option.is_flag) {
            continue;
        }
        const auto in = read_options({{"--clients", "25"}, {option.name, "no such value at all"}});
        const bool takes_any_text = option.name.starts_with("--history-") || option.name == "--bench";
        if (option.name == "--history-column" || option.name == "--history-date-column") {
            EXPECT_NE(in.error().message().find("needs --history"), std::string::npos);
        } else if (takes_any_text) {
            EXPECT_TRUE(in && in->is_given(option.name)) << option.name;
        } else {
            ASSERT_FALSE(in) << option.name;
            EXPECT_EQ(in.error().argument(), option.name);
            EXPECT_TRUE(in.error().message().starts_with(option.name + " is no such value at all: allowed is "))
                << in.error().message();
        }
    }
}

TEST(PlanOptions, the_bounds_themselves_are_allowed_and_the_next_value_is_not) {
    EXPECT_TRUE(read_options({{"--clients", "1"}, {"--months", "1"}}));
    EXPECT_TRUE(read_options({{"--clients", "1000000000"}, {"--months", "600"}}));
    EXPECT_EQ(fault({{"--clients", "0"}}), "--clients is 0: allowed is a whole number from 1 to 1000000000");
    EXPECT_EQ(fault({{"--clients", "-5"}}), "--clients is -5: allowed is a whole number from 1 to 1000000000");
    EXPECT_EQ(fault({{"--clients", "1000000001"}}),
              "--clients is 1000000001: allowed is a whole number from 1 to 1000000000");
    EXPECT_EQ(fault({{"--clients", "5"}, {"--months", "0"}}), "--months is 0: allowed is a whole number from 1 to 600");
    EXPECT_EQ(fault({{"--clients", "5"}, {"--months", "601"}}),
              "--months is 601: allowed is a whole number from 1 to 600");
    EXPECT_EQ(fault({{"--clients", "5"}, {"--safety-margin", "-0.1"}}), "--safety-margin is -0.1: allowed is 0 to 10");
}

TEST(PlanOptions, what_looks_nearly_like_a_number_is_none) {
    for (const std::string text : {"", " 5", "5 ", "5x", "0x10", "1e400", "nan", "inf", "1,000", "٣"}) {
        EXPECT_NE(fault({{"--clients", "5"}, {"--growth", text}}), "accepted") << text;
        EXPECT_NE(fault({{"--clients", text}}), "accepted") << text;
    }
    EXPECT_NE(fault({{"--clients", "25.5"}}), "accepted") << "clients are whole";
}

TEST(PlanOptions, growth_of_15_is_not_taken_for_15_percent) {
    EXPECT_EQ(fault({{"--clients", "5"}, {"--growth", "15"}}), "--growth is 15: allowed is -0.99 to 10");
    EXPECT_EQ(read_options({{"--clients", "5"}, {"--growth", "-0.25"}})->growth, -0.25);
}

TEST(PlanOptions, a_plan_is_about_somebody) {
    EXPECT_TRUE(fault({}).starts_with("--clients is missing"));
    EXPECT_TRUE(read_options({{"--target", "5"}}));
    EXPECT_TRUE(read_options({{"--history", "past.csv"}}));
}

TEST(PlanOptions, what_excludes_each_other_or_belongs_together) {
    EXPECT_NE(fault({{"--history", "f"}, {"--growth", "0.1"}}).find("exclude each other"), std::string::npos);
    EXPECT_NE(fault({{"--clients", "5"}, {"--interval", "0.9"}}).find("--interval needs --history"), std::string::npos);
    EXPECT_NE(fault({{"--clients", "5"}, {"--growth-model", "logistic"}}).find("needs --ceiling"), std::string::npos);
    EXPECT_NE(fault({{"--clients", "5"}, {"--ceiling", "9"}}).find("--ceiling belongs to"), std::string::npos);
    EXPECT_EQ(fault({{"--clients", "5"}, {"--growth-model", "logistic"}, {"--ceiling", "5"}}),
              "--ceiling is 5: allowed is more than the clients of today (5)");
    EXPECT_TRUE(read_options({{"--clients", "5"}, {"--growth-model", "logistic"}, {"--ceiling", "6"}}));
    EXPECT_NE(fault({{"--clients", "5"}, {"--average-users", "9"}, {"--peak-users", "8"}}).find("at most --peak-users"),
              std::string::npos);
    EXPECT_NE(fault({{"--clients", "5"}, {"--advice-multi-zone", "2"}}).find("--advice-single-zone"),
              std::string::npos);
}

TEST(PlanOptions, cpu_tiers_as_text) {
    const auto in = read_options({{"--clients", "5"}, {"--cpu-tiers", "20:2,40:6,12"}});
    ASSERT_TRUE(in);
    EXPECT_EQ(scaling::cores_for(20, in->cpu_tiers), 2);
    EXPECT_EQ(scaling::cores_for(21, in->cpu_tiers), 6);
    EXPECT_EQ(scaling::cores_for(41, in->cpu_tiers), 12);
    EXPECT_EQ(scaling::cores_for(9, read_options({{"--clients", "5"}, {"--cpu-tiers", "3"}})->cpu_tiers), 3);
    for (const std::string text :
         {"", "10:1", "20:1,10:2,4", "10:1,8,9", "10:0,4", "a:b,c", ",", "10:1,,4", "10:1,4,"}) {
        EXPECT_NE(fault({{"--clients", "5"}, {"--cpu-tiers", text}}), "accepted") << text;
    }
}

TEST(PlanOptions, warehouse_sizes_double_from_one_credit) {
    const std::pair<std::string, double> sizes[] = {
        {"XSMALL", 1},    {"x-small", 1},   {"XS", 1},       {"Small", 2},    {"MEDIUM", 4}, {"LARGE", 8},
        {"XLARGE", 16},   {"2XLARGE", 32},  {"XXLARGE", 32}, {"X2LARGE", 32}, {"3XL", 64},   {"4X-Large", 128},
        {"5XLARGE", 256}, {"6XLARGE", 512}, {"HUGE", 0},     {"", 0},         {"-", 0},
    };
    for (const auto& [name, credits] : sizes) {
        EXPECT_EQ(credits_per_hour(name), credits) << name;
    }
}

TEST(PlanOptions, a_strange_text_reaches_no_terminal) {
    EXPECT_EQ(fault({{"--growth-model", "\x1b[31m"}}).find('\x1b'), std::string::npos);
    EXPECT_LT(fault({{"--growth-model", std::string(100'000, 'x')}}).size(), 300u);
}

}  // namespace
}  // namespace capacity::plan
