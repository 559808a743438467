#include "scaling/sizing.hpp"

#include <gtest/gtest.h>

namespace scaling {
namespace {

TEST(Sizing, memory_of_the_three_deployments_that_users_know) {
    EXPECT_EQ(memory_mb(10, 25, {}), 450);
    EXPECT_EQ(memory_mb(20, 50, {}), 600);
    EXPECT_EQ(memory_mb(50, 100, {}), 1000);
}

TEST(Sizing, thirty_average_and_sixty_peak_users_take_a_pool_of_10_to_99) {
    const PoolSize pool = size_pool(30, 60, {});
    EXPECT_EQ(pool.min, 10);
    EXPECT_EQ(pool.working, 90);
    EXPECT_EQ(pool.buffer, 9);
    EXPECT_EQ(pool.max, 99);
}

TEST(Sizing, parts_of_a_session_are_whole_sessions) {
    const PoolSize pool = size_pool(7, 11, {});  // 2.33, 16.5, 1.7
    EXPECT_EQ(pool.min, 3);
    EXPECT_EQ(pool.working, 17);
    EXPECT_EQ(pool.max, 19);
}

TEST(Sizing, a_pool_has_a_session_even_for_nobody_and_its_maximum_is_not_below_its_minimum) {
    EXPECT_EQ(size_pool(0, 0, {}).min, 1);
    EXPECT_EQ(size_pool(300, 1, {}).max, 110);
}

TEST(Sizing, a_fleet_has_a_margin_and_whole_instances) {
    const FleetSize fleet = size_fleet(133, 0.2, {});
    EXPECT_DOUBLE_EQ(fleet.adjusted_clients, 159.6);
    EXPECT_EQ(fleet.instances, 4);
    EXPECT_DOUBLE_EQ(fleet.clients_per_instance, 39.9);
    EXPECT_EQ(fleet.cpu_cores, 16);
    EXPECT_EQ(fleet.memory_gb, 8);
    EXPECT_EQ(fleet.monthly_cost_usd, 600);
}

TEST(Sizing, the_last_client_that_fits_and_the_first_that_does_not) {
    EXPECT_EQ(size_fleet(50, 0, {}).instances, 1);
    EXPECT_EQ(size_fleet(51, 0, {}).instances, 2);
    EXPECT_EQ(size_fleet(125, 0.2, {}).instances, 3);
    EXPECT_EQ(size_fleet(126, 0.2, {}).instances, 4);
}

TEST(Sizing, nobody_still_takes_an_instance) { EXPECT_EQ(size_fleet(0, 0.2, {}).instances, 1); }

TEST(Sizing, every_base_metric_counts) {
    const InstanceProfile profile{.max_clients = 10, .cpu_cores = 2, .memory_gb = 1.5, .monthly_cost_usd = 99};
    const FleetSize fleet = size_fleet(30, 0.1, profile);
    EXPECT_EQ(fleet.instances, 4);  // 33 clients; 3.3000000000000003 in doubles
    EXPECT_EQ(fleet.cpu_cores, 8);
    EXPECT_EQ(fleet.memory_gb, 6);
    EXPECT_EQ(fleet.monthly_cost_usd, 396);
}

TEST(Sizing, what_an_instance_is_expected_to_show) {
    const InstanceLoad load = instance_load(40, {});
    EXPECT_DOUBLE_EQ(load.cpu_percent, 60);
    EXPECT_DOUBLE_EQ(load.memory_mb, 800);
    EXPECT_DOUBLE_EQ(load.response_ms, 300);  // 100 x (1 + 0.05 x 40)
}

TEST(Sizing, cores_by_tier) {
    const auto tiers = default_cpu_tiers();
    EXPECT_EQ(cores_for(1, tiers), 1);
    EXPECT_EQ(cores_for(10, tiers), 1);
    EXPECT_EQ(cores_for(10.1, tiers), 2);
    EXPECT_EQ(cores_for(25, tiers), 2);
    EXPECT_EQ(cores_for(26, tiers), 4);
    EXPECT_EQ(cores_for(50, tiers), 4);
    EXPECT_EQ(cores_for(51, tiers), 8);
    EXPECT_EQ(cores_for(500, {{.clients = 10, .cores = 3}}), 3);
}

}  // namespace
}  // namespace scaling
