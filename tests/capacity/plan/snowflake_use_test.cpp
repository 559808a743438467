#include "capacity/plan/snowflake_use.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace capacity::plan {
namespace {

TEST(SnowflakeUse, sessions_of_the_fleet_against_account_and_warehouse) {
    SnowflakeInputs in;
    in.clusters = 3;
    in.account_sessions = 100;
    const SnowflakeUse within = snowflake_use(10, 4, 6, in);
    EXPECT_EQ(within.fleet_sessions, 24);
    EXPECT_EQ(within.warehouse_statements, 24);
    EXPECT_FALSE(within.queues);
    EXPECT_EQ(within.clusters_needed, 3);
    EXPECT_FALSE(within.beyond_account);
    const SnowflakeUse beyond = snowflake_use(10, 4, 26, in);
    EXPECT_TRUE(beyond.queues);
    EXPECT_TRUE(beyond.beyond_account);
    EXPECT_EQ(beyond.clusters_needed, 13);
    in.account_sessions = 0;
    EXPECT_FALSE(snowflake_use(10, 4, 26, in).beyond_account) << "no bound is known";
}

TEST(SnowflakeUse, a_fleet_beyond_all_sense_has_no_negative_sessions) {
    const SnowflakeUse use = snowflake_use(1e9, 1'200'000'000'000, 100'000'000'000, {});
    EXPECT_GT(use.fleet_sessions, 1'000'000'000'000'000'000);
    EXPECT_GT(use.clusters_needed, 0);
    EXPECT_TRUE(use.queues);
}

// 2 clients, 3 queries an hour each: one every 600 s. Suspended after 58 s and queries of 2 s: w = 60 s. The warehouse
// runs 1 - e^(-0.1) of 10 h x 20 days; a MEDIUM one bills 4 credits an hour.
TEST(SnowflakeUse, credits_by_the_formula_in_the_header) {
    const SnowflakeInputs in{.warehouse_size = "MEDIUM",
                             .auto_suspend_seconds = 58,
                             .queries_per_client_hour = 3,
                             .query_seconds = 2,
                             .cache_hit_rate = 0.5,
                             .active_hours = 10,
                             .active_days = 20};
    const SnowflakeUse use = snowflake_use(2, 1, 3, in);
    EXPECT_NEAR(use.credits_pooled, 200 * 4 * (1 - std::exp(-0.1)), 1e-9);
    EXPECT_NEAR(use.credits_cached, 200 * 4 * (1 - std::exp(-0.05)), 1e-9);
    EXPECT_NEAR(use.saved_by_caching, 37.1136051718, 1e-9);
    EXPECT_EQ(use.saved_by_pooling, 0) << "they share one warehouse already";
    EXPECT_EQ(use.queries_month, 1200);
    EXPECT_NEAR(use.query_hours_avoided, 1200 * 0.5 * 2 / 3600, 1e-12);
}

TEST(SnowflakeUse, a_resume_bills_a_minute_at_least) {
    SnowflakeInputs in{.auto_suspend_seconds = 1, .query_seconds = 1};
    const double minute = snowflake_use(1, 1, 1, in).credits_pooled;
    in.auto_suspend_seconds = 59;
    EXPECT_DOUBLE_EQ(snowflake_use(1, 1, 1, in).credits_pooled, minute);
    in.auto_suspend_seconds = 60;
    EXPECT_GT(snowflake_use(1, 1, 1, in).credits_pooled, minute);
}

TEST(SnowflakeUse, one_warehouse_for_all_is_what_pooling_saves) {
    SnowflakeInputs in;
    in.warehouses_now = 5;
    const SnowflakeUse use = snowflake_use(100, 3, 10, in);
    // 20 clients each, 30 an hour: a query every 6 s keeps all five running all of 10 h x 22 days.
    EXPECT_NEAR(use.credits_now, 5 * 220, 1e-6);
    EXPECT_NEAR(use.credits_pooled, 220, 1e-6);
    EXPECT_NEAR(use.saved_by_pooling, 880, 1e-6);
    EXPECT_NEAR(use.saved_usd, 880 * 3, 1e-5);
}

TEST(SnowflakeUse, clusters_follow_the_statements_at_once_up_to_their_maximum) {
    SnowflakeInputs in{.clusters = 4, .queries_per_client_hour = 3600, .query_seconds = 2, .cache_hit_rate = 0.5};
    // 10 clients x 1 a second x 2 s = 20 at once: 2.5 clusters of 8; with the cache 10: 1.25.
    const SnowflakeUse use = snowflake_use(10, 1, 20, in);
    EXPECT_NEAR(use.credits_pooled, 220 * 2.5, 1e-6);
    EXPECT_NEAR(use.credits_cached, 220 * 1.25, 1e-6);
    EXPECT_NEAR(snowflake_use(1000, 1, 20, in).credits_pooled, 220 * 4, 1e-6);
}

TEST(SnowflakeUse, a_warehouse_that_never_suspends_bills_the_whole_month) {
    SnowflakeInputs in{.auto_suspend_seconds = 0};
    EXPECT_EQ(snowflake_use(1, 1, 1, in).credits_pooled, 730);
    in.queries_per_client_hour = 0;
    EXPECT_EQ(snowflake_use(1, 1, 1, in).credits_pooled, 0) << "nobody ever resumes it";
}

}  // namespace
}  // namespace capacity::plan
