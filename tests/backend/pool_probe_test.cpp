#include "backend/pool_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "backend/fake_backend.hpp"
#include "backend/pool_settings.hpp"

namespace backend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PoolProbe : public testing::Test {
protected:
    std::string status() {
        std::string text;
        base::JsonWriter json{text};
        probe(pool_).status(json);
        return text;
    }
    backend_test::FakeBackend backend_;
    Pool pool_{backend_, {.max_size = 7, .max_shared = 2}};
};

TEST_F(PoolProbe, shows_the_figures_as_json) {
    EXPECT_THAT(status(), HasSubstr(R"("active":0,"idle":0,"max":7)"));
    EXPECT_THAT(status(), HasSubstr(R"("breaker":"closed","paused":false)"));
}

TEST_F(PoolProbe, actions_pause_and_resume) {
    std::vector<std::string> names;
    for (const auto& action : probe(pool_).actions) names.push_back(action.name);
    EXPECT_THAT(names, ElementsAre("pause", "resume", "drain"));
    EXPECT_TRUE(probe(pool_).actions[0].run());
    EXPECT_THAT(status(), HasSubstr(R"("paused":true)"));
    EXPECT_TRUE(probe(pool_).actions[1].run());
    EXPECT_THAT(status(), HasSubstr(R"("paused":false)"));
}

TEST_F(PoolProbe, counts_more_statements_than_sessions_only_where_the_backend_carries_several) {
    EXPECT_EQ(pool_.figures().capacity, 7);
    backend_.several = true;
    EXPECT_EQ(pool_.figures().capacity, 7 + 2 * (PoolCore::statements_at_once - 1));
}

TEST_F(PoolProbe, metrics_have_the_names_that_dashboards_use) {
    base::Metrics metrics;
    publish(metrics, pool_);
    const std::string text = metrics.scrape(base::Metrics::Format::prometheus);
    for (const char* name : {"pool_connections_active 0", "pool_connections_idle 0", "pool_connections_max 7",
                             "pool_connections_total 0", "pool_wait_seconds_count 0", "pool_logins_total 0"})
        EXPECT_THAT(text, HasSubstr(std::string{"\n"} + name));
}

TEST_F(PoolProbe, several_connections_are_told_apart_by_a_label) {
    base::Metrics metrics;
    publish(metrics, pool_, {{"connection", "sales"}});
    EXPECT_THAT(metrics.scrape(base::Metrics::Format::prometheus),
                HasSubstr("pool_connections_max{connection=\"sales\"} 7"));
}

TEST(PoolSettings, have_the_names_of_users_deployments) {
    backend::PoolSettings settings;
    std::vector<std::string> names;
    for (const auto& setting : settings_table(settings).settings()) names.push_back(setting.name);
    EXPECT_THAT(names,
                ElementsAre("CONNECTION_POOL_MIN_SIZE", "CONNECTION_POOL_MAX_SIZE",
                            "CONNECTION_POOL_MAX_INACTIVE_TIME_MINUTES", "CONNECTION_POOL_CONNECTION_TIMEOUT_SECONDS",
                            "CONNECTION_POOL_RETRY_ATTEMPTS", "CONNECTION_POOL_HEALTH_CHECK_INTERVAL_MINUTES",
                            "SNOWFLAKE_CONN_REFRESH_HOURS", "ENABLE_CONNECTION_MULTIPLEXING",
                            "CONNECTION_SHARING_TIMEOUT_SECONDS", "MAX_SHARED_CONNECTIONS_PER_POOL"));
    EXPECT_TRUE(validate(settings));
    settings.min_size = 11;
    EXPECT_FALSE(validate(settings));
}

}  // namespace
}  // namespace backend
