#include "backend/snowflake/session/monitoring.hpp"

#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

using State = QueryStatus::State;

TEST(Monitoring, knows_every_word_of_the_drivers) {
    for (const char* word : {"QUEUED", "QUEUED_REPARING_WAREHOUSE", "QUEUED_REPAIRING_WAREHOUSE", "RESUMING_WAREHOUSE",
                             "BLOCKED", "NO_DATA", "RESTARTED"})
        EXPECT_EQ(query_state(word), State::queued) << word;
    EXPECT_EQ(query_state("RUNNING"), State::running);
    EXPECT_EQ(query_state("SUCCESS"), State::succeeded);
    for (const char* word : {"FAILED_WITH_ERROR", "FAILED_WITH_INCIDENT", "DISCONNECTED"})
        EXPECT_EQ(query_state(word), State::failed) << word;
    for (const char* word : {"ABORTING", "ABORTED"}) EXPECT_EQ(query_state(word), State::cancelled) << word;
    EXPECT_EQ(query_state("SOMETHING_NEW"), State::unknown);
    EXPECT_EQ(query_state(""), State::unknown);
}

TEST(Monitoring, reads_a_query) {
    const auto status = parse_monitoring(
        R"({"data":{"queries":[{"id":"q","status":"FAILED_WITH_ERROR","errorCode":"001003","errorMessage":"syntax",)"
        R"("warehouseName":"WH","totalDuration":1234,"stats":{"scanBytes":42,"producedRows":7}}]},"success":true})");
    ASSERT_TRUE(status);
    EXPECT_EQ(status->state, State::failed);
    EXPECT_TRUE(status->is_over());
    EXPECT_EQ(status->error_code, "001003");
    EXPECT_EQ(status->error_message, "syntax");
    EXPECT_EQ(status->warehouse, "WH");
    EXPECT_EQ(status->elapsed, std::chrono::milliseconds{1234});
    EXPECT_EQ(status->bytes_scanned, 42u);
    EXPECT_EQ(status->rows_produced, 7u);
}

TEST(Monitoring, a_code_that_is_a_number_or_nothing) {
    const auto code = [](const char* text) {
        return parse_monitoring(R"({"data":{"queries":[{"status":"SUCCESS","errorCode":)" + std::string{text} + "}]}}")
            ->error_code;
    };
    EXPECT_EQ(code("1003"), "001003");
    EXPECT_EQ(code("\"\""), "");
    EXPECT_EQ(code("\"0\""), "");
    EXPECT_EQ(code("null"), "");
}

TEST(Monitoring, no_query_is_not_seen_yet) {
    for (const char* body : {R"({"data":{"queries":[]}})", R"({"data":null})", R"({"data":{}})", "{}"}) {
        const auto status = parse_monitoring(body);
        ASSERT_TRUE(status) << body;
        EXPECT_EQ(status->state, State::unknown);
        EXPECT_FALSE(status->is_over());
    }
    EXPECT_FALSE(parse_monitoring("<html>"));
    EXPECT_FALSE(parse_monitoring(""));
}

}  // namespace
}  // namespace backend::snowflake
