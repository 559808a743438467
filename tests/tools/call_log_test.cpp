#include "tools/call_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/show_room.hpp"

namespace {

using namespace std::chrono_literals;
using mcp::LogLevel;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class CallLog : public testing::Test {
protected:
    tools_test::ShowRoom room;
};

TEST_F(CallLog, is_silent_for_who_set_no_level) {
    (void)room.call("execute_query", R"({"query":"DROP TABLE orders"})");
    (void)room.call("execute_query", R"({"query":"SELECT 1","limit":1})");
    EXPECT_THAT(room.log.messages, IsEmpty());
}

TEST_F(CallLog, tells_of_a_refusal_by_rule_and_never_shows_the_statement) {
    room.log.level = LogLevel::warning;
    EXPECT_FALSE(room.call("execute_query", R"({"query":"DELETE FROM orders WHERE card = 'secret 4711'"})"));
    ASSERT_EQ(room.log.messages.size(), 1U);
    EXPECT_THAT(room.log.messages[0], AllOf(StartsWith("warning guard {\"message\":"), HasSubstr("\"rule\":\""),
                                            HasSubstr("\"stage\":\"guard\""), Not(HasSubstr("4711"))));
}

TEST_F(CallLog, tells_of_a_failure_with_the_warehouses_code) {
    room.log.level = LogLevel::error;
    room.refusal = base::Error{base::Kind::sql, "invalid identifier \x1b[31m"}.code("000904", "42000").query("01b-7");
    EXPECT_TRUE(room.call("execute_query", R"({"query":"SELECT x"})")->is_error);
    ASSERT_EQ(room.log.messages.size(), 1U);
    EXPECT_THAT(room.log.messages[0],
                AllOf(StartsWith("error query {"), HasSubstr("\"code\":\"000904\""),
                      HasSubstr("\"query_id\":\"01b-7\""), Not(HasSubstr("\x1b")), Not(HasSubstr("\\u001b["))));
}

TEST_F(CallLog, tells_of_a_cut_from_notice_on_and_of_each_answer_from_debug_on) {
    room.log.level = LogLevel::notice;
    ASSERT_TRUE(room.call("execute_query", R"({"query":"SELECT 1","limit":2})"));
    EXPECT_THAT(room.log.messages,
                ElementsAre(AllOf(StartsWith("notice result {"), HasSubstr("\"row_count\":2"), HasSubstr("cursor"))));
    room.log.messages.clear();
    ASSERT_TRUE(room.call("execute_query", R"({"query":"SELECT 1"})"));
    EXPECT_THAT(room.log.messages, IsEmpty()) << "nothing was cut";
    room.log.level = LogLevel::debug;
    ASSERT_TRUE(room.call("execute_query", R"({"query":"SELECT 1"})"));
    EXPECT_THAT(room.log.messages,
                ElementsAre(AllOf(StartsWith("debug query {"), HasSubstr("\"row_count\":3"), HasSubstr("query_id"))));
}

TEST_F(CallLog, tells_every_ten_seconds_that_a_statement_still_runs) {
    room.log.level = LogLevel::info;
    room.selected.waits = true;
    query_test::Asked<mcp::ToolResult> asked;
    room.start(asked, "execute_query", R"({"query":"SELECT 1"})");
    room.stand.worker.pass(9s);
    EXPECT_THAT(room.log.messages, IsEmpty());
    room.stand.worker.pass(2s);
    ASSERT_EQ(room.log.messages.size(), 1U);
    EXPECT_THAT(room.log.messages[0], AllOf(StartsWith("notice query {"), HasSubstr("\"elapsed_s\":1")));
    room.stand.worker.pass(11s);
    EXPECT_EQ(room.log.messages.size(), 2U);
    asked.call->stop(async::StopReason::client);
    room.stand.worker.settle();
    ASSERT_TRUE(asked.done());
    room.stand.worker.pass(60s);
    EXPECT_EQ(room.log.messages.size(), 2U) << "it is over";
}

}  // namespace
