#include "query/settings.hpp"

#include <gtest/gtest.h>

#include "query/guard_stage.hpp"

namespace {

base::Result<void> set(base::SettingsTable table, std::string_view name, std::string_view text) {
    for (auto& setting : table.settings()) {
        if (setting.name == name) return setting.set(text);
    }
    return base::fail(base::Kind::not_found, "no such setting");
}

TEST(QuerySettings, have_the_names_and_values_of_existing_deployments) {
    query::Settings settings;
    std::string shown;
    for (const auto& setting : query::settings_table(settings).settings()) {
        shown += setting.name + "=" + setting.default_text + "\n";
    }
    EXPECT_EQ(
        shown,
        "MAX_CONCURRENT_REQUESTS=50\nREQUEST_QUEUE_SIZE=200\nADAPTIVE_CONCURRENCY=false\nQUERY_TIMEOUT_SECONDS=300\n"
        "MAX_QUERY_RESULT_ROWS=10000\nMAX_BYTES_SCANNED=0\nCOST_GUARD_ON_ERROR=run\nMAX_RESULT_BYTES=262144\n");
}

TEST(QuerySettings, refuse_what_is_out_of_range) {
    query::Settings settings;
    EXPECT_TRUE(set(query::settings_table(settings), "MAX_CONCURRENT_REQUESTS", "1"));
    EXPECT_FALSE(set(query::settings_table(settings), "MAX_CONCURRENT_REQUESTS", "0"));
    EXPECT_FALSE(set(query::settings_table(settings), "MAX_RESULT_BYTES", "4095"));
    EXPECT_EQ(settings.max_concurrent_requests, 1U);
}

bool allows(const query::GuardSettings& settings, std::string_view text) {
    return query::GuardStage{settings.policy}.judge(text).has_value();
}

TEST(GuardSettings, by_default_only_reads_go_through) {
    const query::GuardSettings settings;
    EXPECT_TRUE(query::GuardStage{settings.policy}.allows_only_reads());
    EXPECT_TRUE(allows(settings, "SELECT 1"));
    EXPECT_FALSE(allows(settings, "DELETE FROM t"));
    EXPECT_FALSE(allows(settings, "LIST @s"));
    EXPECT_FALSE(allows(settings, "SELECT my_function(1)"));
    EXPECT_FALSE(allows(settings, "SELECT $1 FROM @s"));
}

TEST(GuardSettings, what_the_operator_names_goes_through) {
    query::GuardSettings settings;
    ASSERT_TRUE(set(query::settings_table(settings), "ALLOWED_SQL_COMMANDS", "select, list, delete"));
    ASSERT_TRUE(set(query::settings_table(settings), "ALLOWED_FUNCTIONS", "my_function"));
    ASSERT_TRUE(set(query::settings_table(settings), "ALLOW_STAGE_READS", "true"));
    EXPECT_FALSE(query::GuardStage{settings.policy}.allows_only_reads());
    EXPECT_TRUE(allows(settings, "DELETE FROM t"));
    EXPECT_TRUE(allows(settings, "LIST @s"));
    EXPECT_TRUE(allows(settings, "SELECT my_function(1)"));
    EXPECT_TRUE(allows(settings, "SELECT $1 FROM @s"));
    EXPECT_FALSE(allows(settings, "SHOW TABLES")) << "not named any more";
    EXPECT_EQ(settings.allowed_sql_commands, "select, list, delete");
}

TEST(GuardSettings, nonsense_is_an_error_and_changes_nothing) {
    query::GuardSettings settings;
    EXPECT_FALSE(set(query::settings_table(settings), "ALLOWED_SQL_COMMANDS", "SELECT, FLY"));
    EXPECT_FALSE(set(query::settings_table(settings), "ALLOWED_FUNCTIONS", "a b"));
    EXPECT_TRUE(allows(settings, "SHOW TABLES"));
}

TEST(GuardSettings, the_shown_default_reads_back_as_the_default) {
    query::GuardSettings settings;
    const auto shown = settings.allowed_sql_commands;
    ASSERT_TRUE(set(query::settings_table(settings), "ALLOWED_SQL_COMMANDS", shown));
    EXPECT_EQ(settings.policy.allowed_commands, sql::CommandSet::reads());
}

}  // namespace
