// Statements that share a session (multiplexing), as the pipeline sees it.
#include <gtest/gtest.h>

#include <string>

#include "query/stand.hpp"

namespace query_test {
namespace {

class Sharing : public testing::Test {
protected:
    Sharing() {
        stand_.backend.several = true;
        stand_.backend.reply = [](const backend::Statement& statement) {
            Reply reply = numbers(1);
            reply.waits = statement.text == "SELECT 1";
            return reply;
        };
    }
    void start(Asked<query::Answer>& asked, const std::string& text) {
        stand_.start(
            asked, [this, text](async::Call& call) { return stand_.pipeline.run(call, query::Request{.text = text}); });
    }

    Asked<query::Answer> slow_;
    Asked<query::Answer> quick_;
    Stand stand_{{}, {.min_size = 0, .max_size = 2}};
};

TEST_F(Sharing, reads_of_the_same_context_run_on_one_session_at_once) {
    start(slow_, "SELECT 1");
    start(quick_, "SELECT 2");
    EXPECT_FALSE(slow_.done());
    ASSERT_TRUE(quick_.done());
    EXPECT_TRUE(quick_.answer->has_value());
    EXPECT_EQ(stand_.backend.logins, 1);
}

TEST_F(Sharing, where_the_backend_refuses_the_second_statement_it_runs_on_another_session) {
    stand_.backend.refuses_second = true;
    start(slow_, "SELECT 1");
    start(quick_, "SELECT 2");
    ASSERT_TRUE(quick_.done());
    EXPECT_TRUE(quick_.answer->has_value()) << quick_.answer->error().message();
    EXPECT_EQ(stand_.backend.busy_refusals, 1);
    EXPECT_EQ(stand_.backend.logins, 2);
    Asked<query::Answer> next;
    start(next, "SELECT 3");
    EXPECT_TRUE(next.done());
    EXPECT_EQ(stand_.backend.busy_refusals, 1) << "the session is not shared again";
}

TEST(SharingWrites, a_write_has_a_session_of_its_own) {
    sql::Policy policy;
    policy.allowed_commands.add(sql::StatementKind::insert);
    Asked<query::Answer> slow;
    Asked<query::Answer> quick;
    Stand stand{{}, {.min_size = 0, .max_size = 2}, policy};
    stand.backend.several = true;
    stand.backend.reply = [](const backend::Statement& statement) {
        Reply reply = numbers(1);
        reply.waits = statement.text == "SELECT 1";
        return reply;
    };
    const auto ask = [&](Asked<query::Answer>& asked, const std::string& text) {
        stand.start(asked, [&stand, text](async::Call& call) {
            return stand.pipeline.run(call, query::Request{.text = text});
        });
    };
    ask(slow, "SELECT 1");
    ask(quick, "INSERT INTO t VALUES (1)");
    EXPECT_TRUE(quick.done());
    EXPECT_EQ(stand.backend.logins, 2);
    quick.answer.reset();  // its bytes are counted in the stand's budget
}

}  // namespace
}  // namespace query_test
