#include "admin/health.hpp"

#include <gtest/gtest.h>

#include <string>

#include "admin/asked_page.hpp"

namespace {

using admin::Health;
using admin_test::AskedPage;

struct Served {
    Health::Backend backend{.name = "duckdb", .usable = true, .problem = {}};
    Health health{"1.2.3", [this] { return backend; }};
    AskedPage page;

    Served() { health.mount(page.routes); }
    bool says(const std::string& path, std::string_view text) {
        return page.get(path).body.find(text) != std::string::npos;
    }
};

TEST(Health, answers_as_json_what_runs_and_since_when) {
    Served served;
    served.health.started();
    const auto answer = served.page.get("/health");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.type, "application/json");
    EXPECT_NE(answer.headers.find("no-store"), std::string::npos);
    EXPECT_TRUE(answer.body.starts_with(R"({"status":"ok","state":"ready","version":"1.2.3","uptime_seconds":0)"))
        << answer.body;
    EXPECT_NE(answer.body.find(R"("backend":{"name":"duckdb","usable":true})"), std::string::npos);
}

TEST(Health, answers_probes_without_a_host_header) {
    Served served;
    served.health.started();
    EXPECT_EQ(served.page.get("/health").status, 200);
    EXPECT_EQ(served.page.get("/ready").status, 200);
    EXPECT_EQ(served.page.get("/health", {}, "HEAD").status, 200);
    EXPECT_EQ(served.page.get("/health", {{.name = "Host", .value = "x"}}, "POST").status, 405);
}

TEST(Health, stays_alive_but_not_ready_while_the_backend_is_away) {
    Served served;
    served.health.started();
    served.backend = {.name = "snowflake", .usable = false, .problem = "logins fail\u202e since 10:00"};
    EXPECT_EQ(served.page.get("/health").status, 200) << "a restart would not help";
    EXPECT_TRUE(served.says("/health", R"("status":"degraded")"));
    EXPECT_TRUE(served.says("/health", R"("problem":"logins fail\\u{202E} since 10:00")"));
    EXPECT_EQ(served.page.get("/ready").status, 503);
    EXPECT_TRUE(served.says("/ready", R"("ready":false)"));
    served.backend.usable = true;
    EXPECT_EQ(served.page.get("/ready").status, 200) << "and comes back";
}

TEST(Health, is_ready_only_between_the_start_and_the_drain) {
    Served served;
    EXPECT_EQ(served.page.get("/ready").status, 503);
    EXPECT_TRUE(served.says("/ready", R"("state":"starting")"));
    served.health.started();
    EXPECT_EQ(served.page.get("/ready").status, 200);
    EXPECT_TRUE(served.says("/ready", R"("ready":true)"));
    served.health.draining();
    EXPECT_EQ(served.page.get("/ready").status, 503);
    EXPECT_TRUE(served.says("/ready", R"("state":"draining")"));
    EXPECT_EQ(served.page.get("/health").status, 200);
}

}  // namespace
