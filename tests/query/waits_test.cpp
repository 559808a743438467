// Which wait ran out: the turn, the session or the statement; through cache and coalescing, as most callers wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/stand.hpp"

namespace {

using namespace std::chrono_literals;
using query_test::Asked;
using query_test::numbers;
using query_test::Stand;
using testing::HasSubstr;

query::Request within(std::chrono::seconds timeout, std::string text = "SELECT 1") {
    query::Request request;
    request.text = std::move(text);
    request.timeout = timeout;
    return request;
}

class Waits : public testing::TestWithParam<bool> {
protected:
    std::unique_ptr<Stand> stand(query::Settings settings = {}, backend::Pool::Settings pool = {}) {
        query::cache::Settings cache;
        cache.coalesce = GetParam();
        return std::make_unique<Stand>(settings, pool, sql::Policy{}, cache);
    }
    static void never_ends(Stand& stand) {
        stand.backend.reply = [](const auto&) {
            auto reply = numbers(1);
            reply.waits = true;
            return reply;
        };
    }
    static void start(Stand& stand, Asked<query::Answer>& asked, query::Request request) {
        stand.start(asked, [&stand, request](async::Call& call) { return stand.pipeline.run(call, request); });
    }
    static void expect_timeout(const Asked<query::Answer>& asked, base::Stage stage, std::string_view seconds) {
        ASSERT_TRUE(asked.done());
        ASSERT_FALSE(asked.answer->has_value());
        EXPECT_EQ(asked.answer->error().kind(), base::Kind::timeout);
        EXPECT_EQ(base::to_string(asked.answer->error().stage()), base::to_string(stage));
        EXPECT_THAT(asked.answer->error().message(), HasSubstr(std::string{seconds}));
    }
};

TEST_P(Waits, for_ones_turn_names_the_queue) {
    const auto one = stand({.max_concurrent_requests = 1});
    never_ends(*one);
    Asked<query::Answer> running;
    Asked<query::Answer> queued;
    start(*one, running, within(0s, "SELECT 1"));
    start(*one, queued, within(5s, "SELECT 2"));
    one->worker.pass(6s);
    expect_timeout(queued, base::Stage::queue, "5 s");
    EXPECT_FALSE(running.done());
    EXPECT_EQ(one->pipeline.figures().waiting, 0U);
}

TEST_P(Waits, for_a_session_names_the_pool) {
    const auto one = stand({}, {.min_size = 0, .connection_timeout = 30s});
    one->backend.login_waits = true;
    Asked<query::Answer> asked;
    start(*one, asked, within(3s));
    one->worker.pass(4s);
    expect_timeout(asked, base::Stage::pool, "no session");
    EXPECT_EQ(one->pipeline.figures().running, 0U);
}

TEST_P(Waits, for_the_statement_names_the_query_and_cancels_it) {
    const auto one = stand({.query_timeout = 60s});
    never_ends(*one);
    Asked<query::Answer> asked;
    start(*one, asked, within(7s));
    one->worker.pass(6s);
    EXPECT_FALSE(asked.done());
    one->worker.pass(2s);
    expect_timeout(asked, base::Stage::query, "7 s");
    EXPECT_EQ(one->pipeline.figures().running, 0U);
    one->backend.reply = [](const auto&) { return numbers(1); };
    EXPECT_TRUE(one->ask({.text = "SELECT 1"})) << "service came back";
}

TEST_P(Waits, end_with_the_servers_own_limit_where_that_is_shorter) {
    const auto one = stand({.query_timeout = 5s});
    never_ends(*one);
    Asked<query::Answer> asked;
    start(*one, asked, within(3'600s));
    one->worker.pass(6s);
    expect_timeout(asked, base::Stage::query, "5 s");
}

class WaitsTogether : public Waits {};

TEST_P(WaitsTogether, of_one_caller_end_nobody_elses) {
    const auto one = stand();
    async::Signal gate;
    one->backend.gate = &gate;
    never_ends(*one);
    Asked<query::Answer> hasty;
    Asked<query::Answer> patient;
    start(*one, hasty, within(2s));
    start(*one, patient, within(60s));
    one->worker.pass(3s);
    expect_timeout(hasty, base::Stage::query, "2 s");
    EXPECT_FALSE(patient.done());
    gate.set();
    one->worker.settle();
    ASSERT_TRUE(patient.done());
    EXPECT_TRUE(patient.answer->has_value());
}

INSTANTIATE_TEST_SUITE_P(, WaitsTogether, testing::Values(true));
INSTANTIATE_TEST_SUITE_P(, Waits, testing::Bool(), [](const auto& on) { return on.param ? "coalesced" : "alone"; });

}  // namespace
