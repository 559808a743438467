// A statement so long that judging it would keep its worker: it is judged on another thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>

#include "query/stand.hpp"

namespace {

using query_test::Asked;
using query_test::Stand;
using testing::HasSubstr;

/// A job that keeps the only judge busy until the test lets go.
class Occupant final : public async::BlockingPool::Job {
public:
    void run() override {
        there_.count_down();
        gone_.wait();
    }
    void wait_until_there() { there_.wait(); }
    void leave() { gone_.count_down(); }

private:
    std::latch there_{1};
    std::latch gone_{1};
};

std::string statement(std::size_t bytes) {
    std::string text = "SELECT n FROM t WHERE n IN (1";
    while (text.size() + 9 < bytes) text += ",1234567";
    return text + ")";
}
constexpr std::size_t whole_mebibyte = std::size_t{1} << 20;

class LongStatement : public testing::Test {
protected:
    LongStatement() {
        stand.judges.post(occupant);
        occupant->wait_until_there();
    }
    ~LongStatement() override { let_judge(); }

    void let_judge() {
        if (!std::exchange(may_judge_, true)) occupant->leave();
    }
    void ask(Asked<query::Answer>& asked, std::string text) {
        stand.start(asked, [this, text = std::move(text)](async::Call& call) {
            return stand.pipeline.run(call, query::Request{.text = text});
        });
    }

    std::shared_ptr<Occupant> occupant = std::make_shared<Occupant>();
    Stand stand;

private:
    bool may_judge_ = false;
};

TEST_F(LongStatement, waits_for_a_judge_while_its_neighbours_on_the_worker_are_answered) {
    Asked<query::Answer> big;
    ask(big, statement(whole_mebibyte));
    EXPECT_FALSE(big.done());
    EXPECT_EQ(stand.judges.waiting(), 1U) << "the worker did not judge it";
    EXPECT_TRUE(stand.backend.ran.empty()) << "what is not judged does not run";

    Asked<query::Answer> neighbour;
    ask(neighbour, "SELECT 1");
    EXPECT_TRUE(neighbour.done()) << "a short text is judged at once";

    let_judge();
    stand.finish(big);
    ASSERT_TRUE(*big.answer) << big.answer->error().message();
    EXPECT_EQ(stand.backend.ran.back().text, statement(whole_mebibyte)) << "the bytes that were judged";
}

TEST_F(LongStatement, is_refused_like_a_short_one) {
    Asked<query::Answer> asked;
    ask(asked, "DROP TABLE t /*" + std::string(whole_mebibyte / 2, ' ') + "*/");
    let_judge();
    stand.finish(asked);
    ASSERT_FALSE(*asked.answer);
    EXPECT_EQ(asked.answer->error().kind(), base::Kind::denied);
    EXPECT_EQ(asked.answer->error().stage(), base::Stage::guard);
    EXPECT_TRUE(stand.backend.ran.empty());
    EXPECT_THAT(stand.metrics.scrape(base::Metrics::Format::prometheus),
                HasSubstr("mcp_queries_total{status=\"refused\"} 1"));
}

TEST_F(LongStatement, is_judged_for_the_servers_own_questions_too) {
    Asked<query::Rows> asked;
    stand.start(asked, [this](async::Call& call) {
        return stand.pipeline.rows(call, query::Request{.text = statement(whole_mebibyte)});
    });
    EXPECT_EQ(stand.judges.waiting(), 1U);
    let_judge();
    stand.finish(asked);
    EXPECT_TRUE(*asked.answer);
}

TEST_F(LongStatement, is_forgotten_by_the_judges_when_its_client_leaves) {
    Asked<query::Answer> asked;
    ask(asked, statement(whole_mebibyte));
    ASSERT_NE(asked.call, nullptr);
    asked.call->stop(async::StopReason::client);
    stand.worker.settle();
    ASSERT_TRUE(asked.done());
    EXPECT_EQ(asked.answer->error().kind(), base::Kind::cancelled);
    EXPECT_EQ(stand.judges.waiting(), 0U);
}

TEST(LongJudgement, makes_the_keys_text_too_so_that_the_worker_need_not) {
    const auto key_text = [](std::string text) {
        query::LongJudgement judgement{query::GuardStage{{}}, std::move(text)};
        judgement.run();
        return judgement.verdict() ? judgement.verdict()->key_text : "refused";
    };
    const auto one = key_text("SELECT 'a' /* long */ FROM t");
    EXPECT_EQ(one, key_text("select   'a' from T ;")) << "as the cache sees it";
    EXPECT_NE(one, key_text("SELECT 'A' FROM t"));
    EXPECT_LT(one.size(), 100U);
    EXPECT_EQ(key_text(one), "refused") << "no statement that may run has another's key";
    EXPECT_EQ(key_text("SELECT RANDOM() FROM t"), "") << "not kept";
}

TEST_F(LongStatement, begins_where_judging_would_take_a_millisecond) {
    Asked<query::Answer> just_short;
    ask(just_short, statement(query::LongJudgement::from_bytes));
    EXPECT_TRUE(just_short.done());
    Asked<query::Answer> just_long;
    ask(just_long, statement(query::LongJudgement::from_bytes + 16));
    EXPECT_FALSE(just_long.done());
    let_judge();
    stand.finish(just_long);
}

}  // namespace
