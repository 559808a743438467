#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/snowflake/session/control.hpp"
#include "backend/snowflake/session/session_stand.hpp"

namespace session_test {
namespace {

using testing::HasSubstr;

TEST(SnowflakeSession, a_login_is_one_statement_and_nothing_else) {
    Stand stand;
    stand.open();
    const auto sent = stand.seen("/queries/v1/query-request");
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].sql(), "USE SECONDARY ROLES NONE");
    EXPECT_EQ(sent[0].token, "token-1");
    EXPECT_EQ(stand.seen("/session/heartbeat").size(), 0u);
}

TEST(SnowflakeSession, fails_the_login_where_its_first_statement_fails) {
    Stand stand;
    stand.answer("USE SECONDARY ROLES NONE", {refused("003001")});
    auto state = std::make_shared<snow::SessionState>(stand.link(), stand.policy());
    std::optional<base::Result<void>> opened;
    stand.start([&](async::Call& call) { return Stand::keep(call, state->open(call), opened); });
    ASSERT_TRUE(stand.until([&] { return opened.has_value(); }));
    ASSERT_FALSE(*opened);
    EXPECT_THAT(opened->error().message(), HasSubstr("SNOWFLAKE_SECONDARY_ROLES"));
    EXPECT_EQ(opened->error().stage(), base::Stage::login);
    EXPECT_EQ(stand.seen("/session").size(), 1u) << "what was logged in is logged out";
}

TEST(SnowflakeSession, an_emulator_need_not_know_secondary_roles) {
    Stand stand;
    stand.gives_master = false;
    stand.answer("USE SECONDARY ROLES NONE", {refused("001003")});
    stand.open();
    backend::Context wanted = stand.login_context;
    wanted.secondary_roles = "NONE";
    EXPECT_TRUE(stand.wait(stand.ask("SELECT 1", true, wanted)));
    stand.answer("DROP 1", {refused("003001")});
    EXPECT_FALSE(stand.wait(stand.ask("DROP 1", false, wanted))) << "now the context is in doubt";
    EXPECT_TRUE(stand.wait(stand.ask("SELECT 2", true, wanted)));
    EXPECT_EQ(stand.statements("USE SECONDARY ROLES NONE").size(), 1u) << "only at the login";
}

TEST(SnowflakeSession, sends_a_statement_with_what_the_server_needs) {
    Stand stand;
    stand.open();
    const auto answer = stand.wait(stand.ask("SELECT 1"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->query_id, "01b2c3d4-0000-0000-0000-000000000001");
    const auto sent = stand.statements("SELECT 1");
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].value("requestId").size(), 36u);
    EXPECT_EQ(sent[0].value("request_guid").size(), 36u);
    EXPECT_EQ(sent[0].value("retry"), "");
    EXPECT_THAT(sent[0].body, HasSubstr("\"MULTI_STATEMENT_COUNT\":1"));
    EXPECT_THAT(sent[0].body, HasSubstr("\"STATEMENT_TIMEOUT_IN_SECONDS\":300"));
    EXPECT_THAT(sent[0].body, HasSubstr("\"sequenceId\":2"));
}

TEST(SnowflakeSession, renews_once_for_all_and_replays_each) {
    Stand stand;
    stand.open();
    stand.on("POST", "/queries/v1/query-request",
             [](const Seen& seen) { return seen.token == "token-1" ? refused("390112") : one_row(); });
    const std::vector asked = {stand.ask("SELECT 1"), stand.ask("SELECT 2"), stand.ask("SELECT 3")};
    for (const auto& one : asked) EXPECT_TRUE(stand.wait(one));
    EXPECT_EQ(stand.seen("/session/token-request").size(), 1u);
    EXPECT_EQ(stand.seen("/session/token-request")[0].token, "master");
    EXPECT_THAT(stand.seen("/session/token-request")[0].body, HasSubstr(R"("oldSessionToken":"token-1")"));
    const auto sent = stand.statements("SELECT 2");
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].value("requestId"), sent[1].value("requestId"));
    EXPECT_NE(sent[0].value("request_guid"), sent[1].value("request_guid"));
    EXPECT_EQ(sent[1].value("retry"), "true");
    EXPECT_EQ(sent[0].body, sent[1].body);
    EXPECT_EQ(stand.logins(), 1);
}

TEST(SnowflakeSession, http_401_is_an_ended_token_too) {
    Stand stand;
    stand.open();
    stand.answer("SELECT 1", {json("no", 401)});
    EXPECT_TRUE(stand.wait(stand.ask("SELECT 1")));
    EXPECT_EQ(stand.seen("/session/token-request").size(), 1u);
}

TEST(SnowflakeSession, renews_before_the_token_ends_without_keeping_anybody_waiting) {
    Stand stand;
    stand.open();
    stand.skip(3545s);
    EXPECT_TRUE(stand.wait(stand.ask("SELECT 1")));
    EXPECT_EQ(stand.statements("SELECT 1")[0].token, "token-1") << "it is good for some seconds more";
    ASSERT_TRUE(stand.until([&] { return stand.seen("/session/token-request").size() == 1; }));
    ASSERT_TRUE(stand.until([&] { return stand.open_state()->present_ticket().token.reveal() == "renewed-master"; }));
}

TEST(SnowflakeSession, logs_in_again_and_goes_back_to_its_place) {
    Stand stand;
    stand.open();
    backend::Context wanted = stand.login_context;
    wanted.secondary_roles = "NONE";
    wanted.database = "OTHER";
    wanted.schema = "S2";
    EXPECT_TRUE(stand.wait(stand.ask("SELECT 1", true, wanted)));
    EXPECT_EQ(stand.statements(R"(USE SCHEMA \)").size(), 1u);
    stand.answer("SELECT 2", {refused("390111")});
    EXPECT_TRUE(stand.wait(stand.ask("SELECT 2", true, wanted)));
    EXPECT_EQ(stand.logins(), 2);
    EXPECT_EQ(stand.statements("USE SECONDARY ROLES NONE").size(), 2u);
    EXPECT_EQ(stand.statements(R"(USE SCHEMA \)").size(), 2u) << "the new login stood in its own place";
    EXPECT_EQ(stand.statements("SELECT 2")[1].token, "token-2");
}

TEST(SnowflakeSession, a_lost_read_is_asked_for_again_a_lost_write_is_not) {
    Stand stand;
    stand.open();
    stand.answer("SELECT 1", {Answered{}});
    EXPECT_TRUE(stand.wait(stand.ask("SELECT 1")));
    EXPECT_EQ(stand.statements("SELECT 1").size(), 2u);
    stand.answer("INSERT 1", {Answered{}});
    const auto write = stand.wait(stand.ask("INSERT 1", false));
    ASSERT_FALSE(write);
    EXPECT_THAT(write.error().message(), HasSubstr("it may have run"));
    EXPECT_EQ(stand.statements("INSERT 1").size(), 1u);
    ASSERT_TRUE(stand.until([&] { return stand.seen("/queries/v1/abort-request").size() == 1; }));
}

TEST(SnowflakeSession, a_write_that_is_stopped_may_have_run_and_is_never_sent_again) {
    const std::string id = "01b2c3d4-0000-0000-0000-000000000001";
    for (const auto reason : {async::StopReason::client, async::StopReason::deadline}) {
        Stand stand;
        stand.open();
        std::atomic<bool> polled = false;
        stand.on("GET", "/queries/" + id + "/result", [&](const Seen&) {
            polled = true;
            return running("333334");
        });
        stand.answer("INSERT 1", {running()});
        const auto asked = stand.ask("INSERT 1", false);
        ASSERT_TRUE(stand.until([&] { return polled && asked->call != nullptr; }));
        asked->call->stop(reason);
        const auto answer = stand.wait(asked);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().kind(), async::kind_of(reason));
        EXPECT_THAT(answer.error().message(), HasSubstr("it may have run"));
        EXPECT_THAT(answer.error().message(), HasSubstr(id));
        EXPECT_EQ(answer.error().query_id(), id);
        EXPECT_EQ(stand.statements("INSERT 1").size(), 1u);
        ASSERT_TRUE(stand.until([&] { return stand.seen("/queries/v1/abort-request").size() == 1; }));
    }
}

TEST(SnowflakeSession, a_read_that_is_stopped_is_not_said_to_have_changed_anything) {
    Stand stand;
    stand.open();
    stand.answer("SELECT 1", {running("333334")});
    const auto asked = stand.ask("SELECT 1");
    ASSERT_TRUE(stand.until([&] { return stand.statements("SELECT 1").size() == 1 && asked->call != nullptr; }));
    asked->call->stop(async::StopReason::deadline);
    const auto answer = stand.wait(asked);
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message(), testing::Not(HasSubstr("may have run")));
}

TEST(SnowflakeSession, a_write_that_was_not_sent_has_not_run) {
    Stand stand;
    stand.open();
    stand.on("POST", "/session/token-request", [](const Seen&) { return Answered{}; });
    stand.skip(2h);  // its token has ended: first a renewal, which hangs on
    const auto asked = stand.ask("INSERT 1", false);
    ASSERT_TRUE(stand.until([&] { return asked->call != nullptr; }));
    asked->call->stop(async::StopReason::client);
    const auto answer = stand.wait(asked);
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message(), testing::Not(HasSubstr("may have run")));
    EXPECT_EQ(stand.statements("INSERT 1").size(), 0u);
}

TEST(SnowflakeSession, polls_what_takes_long) {
    Stand stand;
    stand.open();
    int polls = 0;
    stand.on("GET", "/queries/01b2c3d4-0000-0000-0000-000000000001/result", [&](const Seen& seen) {
        EXPECT_EQ(seen.token, polls < 2 ? "token-1" : "renewed-master");
        switch (polls++) {
            case 0: return running("333334");
            case 1: return refused("390112");
            default: return one_row("x");
        }
    });
    stand.answer("INSERT 1", {running()});
    const auto asked = stand.ask("INSERT 1", false);
    ASSERT_TRUE(stand.until_in_haste([&] { return asked->answer.has_value(); }));
    EXPECT_TRUE(*asked->answer);
    EXPECT_EQ(polls, 3);
    EXPECT_EQ(stand.statements("INSERT 1").size(), 1u);
}

TEST(SnowflakeSession, a_poll_that_a_gateway_answers_is_sent_again) {
    for (const int status : {200, 502, 503}) {
        Stand stand;
        stand.open();
        int polls = 0;
        stand.on("GET", "/queries/01b2c3d4-0000-0000-0000-000000000001/result", [&](const Seen&) {
            return polls++ == 0 ? json("<html>a moment, please</html>", status) : one_row("x");
        });
        stand.answer("INSERT 1", {running()});
        const auto asked = stand.ask("INSERT 1", false);
        ASSERT_TRUE(stand.until_in_haste([&] { return asked->answer.has_value(); }));
        EXPECT_TRUE(*asked->answer) << status;
        EXPECT_EQ(polls, 2);
        EXPECT_EQ(stand.statements("INSERT 1").size(), 1u);
    }
}

TEST(SnowflakeSession, a_query_of_another_session_tells_nothing_of_this_ones_context) {
    Stand stand;
    stand.open();
    const std::string id = "01b2c3d4-0000-0000-0000-000000000001";
    stand.on("GET", "/queries/" + id + "/result", [](const Seen&) {
        return one_row("x", R"(,"finalRoleName":"OTHER","finalDatabaseName":"ODB","finalSchemaName":"OS")");
    });
    std::optional<base::Result<session_test::snow::QueryAnswer>> answer;
    stand.start([&](async::Call& call) {
        return Stand::keep(call, session_test::snow::query_result(call, stand.open_state(), id), answer);
    });
    ASSERT_TRUE(stand.until([&] { return answer.has_value(); }));
    EXPECT_TRUE(*answer);
    EXPECT_EQ(stand.open_state()->context().role, "R");
    EXPECT_EQ(stand.open_state()->context().database, "DB");
}

TEST(SnowflakeSession, cancels_what_nobody_waits_for_and_then_goes_on) {
    Stand stand;
    const auto& state = stand.open();
    std::atomic<bool> acknowledge = false;
    stand.on("POST", "/queries/v1/abort-request", [&](const Seen&) {
        while (!acknowledge) std::this_thread::sleep_for(1ms);
        return json(R"({"success":true})");
    });
    stand.answer("SELECT 1", {running("333334")});
    const auto asked = stand.ask("SELECT 1");
    ASSERT_TRUE(stand.until([&] { return stand.statements("SELECT 1").size() == 1; }));
    ASSERT_TRUE(stand.until([&] { return asked->call != nullptr; }));
    asked->call->stop(async::StopReason::client);
    const auto answer = stand.wait(asked);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::Kind::cancelled);
    ASSERT_TRUE(stand.until([&] { return stand.seen("/queries/v1/abort-request").size() == 1; }));
    EXPECT_TRUE(state->settling()) << "not acknowledged";
    std::optional<base::Result<void>> settled;
    stand.start([&](async::Call& call) { return Stand::keep(call, state->settled(call), settled); });
    acknowledge = true;
    ASSERT_TRUE(stand.until([&] { return settled.has_value(); }));
    EXPECT_FALSE(state->settling());
    EXPECT_TRUE(state->usable());
    EXPECT_THAT(stand.seen("/queries/v1/abort-request")[0].body,
                HasSubstr(R"("requestId":")" + stand.statements("SELECT 1")[0].value("requestId")));
}

TEST(SnowflakeSession, is_thrown_away_where_nobody_can_say_what_runs) {
    Stand stand;
    const auto& state = stand.open();
    stand.on("POST", "/queries/v1/abort-request", [](const Seen&) { return refused("003001"); });
    stand.answer("SELECT 1", {running("333334")});
    const auto asked = stand.ask("SELECT 1");
    ASSERT_TRUE(stand.until([&] { return stand.statements("SELECT 1").size() == 1 && asked->call != nullptr; }));
    asked->call->stop(async::StopReason::client);
    stand.wait(asked);
    ASSERT_TRUE(stand.until([&] { return !state->usable(); }));
}

TEST(SnowflakeSession, gives_back_the_header_that_it_was_given) {
    Stand stand;
    stand.open();
    stand.answer("SELECT 1", {Answered{json(R"({"success":true,"data":null})", 200, "x-snowflake-session: abc\r\n")}});
    stand.wait(stand.ask("SELECT 1"));
    stand.wait(stand.ask("SELECT 2"));
    EXPECT_THAT(stand.statements("SELECT 2")[0].head, HasSubstr("x-snowflake-session: abc"));
}

TEST(SnowflakeSession, a_sign_of_life_is_no_statement) {
    Stand stand;
    const auto& state = stand.open();
    std::optional<base::Result<void>> alive;
    stand.start([&](async::Call& call) { return Stand::keep(call, snow::send_heartbeat(call, state), alive); });
    ASSERT_TRUE(stand.until([&] { return alive.has_value(); }));
    EXPECT_TRUE(*alive);
    EXPECT_EQ(stand.seen("/session/heartbeat").size(), 1u);
    EXPECT_EQ(stand.seen("/queries/v1/query-request").size(), 1u) << "the login's";
}

TEST(SnowflakeSession, sends_its_token_to_no_other_host) {
    Stand stand;
    stand.open();
    stand.answer("SELECT 1", {Answered{json("", 307, "Location: http://localhost:1/queries/v1/query-request\r\n")}});
    const auto answer = stand.wait(stand.ask("SELECT 1"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::Kind::unavailable);
    EXPECT_EQ(stand.seen("/queries/v1/abort-request").size(), 0u) << "nothing can run";
}

TEST(SnowflakeSession, ends_a_circle_of_redirects) {
    Stand stand;
    stand.open();
    stand.on("POST", "/queries/v1/query-request",
             [](const Seen&) { return json("", 308, "Location: /queries/v1/query-request?again\r\n"); });
    const auto answer = stand.wait(stand.ask("SELECT 1"));
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message(), HasSubstr("circles"));
}

}  // namespace
}  // namespace session_test
