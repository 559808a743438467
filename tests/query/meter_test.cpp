// What the pipeline asks of quotas, and what it tells them.
#include "query/meter.hpp"

#include <gtest/gtest.h>

#include "async/signal.hpp"
#include "query/stand.hpp"

namespace {

using namespace std::chrono_literals;
using query_test::Asked;
using query_test::numbers;
using query_test::Stand;

/// Lets `left` statements begin; may take a wait to say so.
class Quota final : public query::Meter {
public:
    int left = 100;
    bool waits = false;
    int counted = 0, waited = 0;
    std::size_t bytes = 0;
    int answers = 0;
    std::vector<std::chrono::nanoseconds> times;

    std::optional<base::Result<void>> admit_now(async::Call&) override {
        if (waits) return std::nullopt;
        return take();
    }
    async::Task<base::Result<void>> admit(async::Call& call) override {
        ++waited;
        async::Call nap{call, call.worker().now() + 10ms};
        async::Signal never;
        co_await never.wait(nap);
        co_return take();
    }
    void ran(async::Call&, std::chrono::nanoseconds time) override { times.push_back(time); }
    void answered(async::Call&, std::size_t size) override {
        bytes += size;
        ++answers;
    }

private:
    base::Result<void> take() {
        if (left == 0) return base::fail(base::Error{base::Kind::overloaded, "used up"}.at(base::Stage::access));
        --left;
        ++counted;
        return {};
    }
};

struct Metered : Stand {
    explicit Metered(Quota& quota) : Stand{{}, {}, {}, query::cache::Settings{}, {}, {}, true, &quota} {
        backend.reply = [](const auto&) { return numbers(3); };
    }
};

query::Request select(std::string text = "SELECT n FROM t") { return {.text = std::move(text)}; }

TEST(Meter, counts_each_statement_once_also_those_the_cache_answers) {
    Quota quota;
    Metered stand{quota};
    const auto first = stand.ask(select());
    const auto second = stand.ask(select());
    ASSERT_TRUE(first && second);
    EXPECT_EQ(second->cache.status, query::CacheUse::Status::hit);
    EXPECT_EQ(quota.counted, 2);
    EXPECT_EQ(quota.times.size(), 1u) << "the warehouse worked once";
    EXPECT_EQ(quota.answers, 2);
    EXPECT_EQ(quota.bytes, 2 * (first->content.size() + first->structured.size()));
}

TEST(Meter, is_not_asked_for_what_the_guard_refuses) {
    Quota quota;
    Metered stand{quota};
    EXPECT_FALSE(stand.ask(select("DROP TABLE t")));
    EXPECT_EQ(quota.counted, 0);
}

TEST(Meter, refuses_before_anything_runs_or_is_looked_up) {
    Quota quota{};
    quota.left = 1;
    Metered stand{quota};
    ASSERT_TRUE(stand.ask(select()));
    const auto refused = stand.ask(select());
    ASSERT_FALSE(refused) << "not even from the cache";
    EXPECT_EQ(refused.error().kind(), base::Kind::overloaded);
    EXPECT_EQ(refused.error().stage(), base::Stage::access);
    EXPECT_EQ(stand.backend.ran.size(), 1u);
}

TEST(Meter, may_take_a_wait_and_then_the_cache_still_answers) {
    Quota quota;
    Metered stand{quota};
    ASSERT_TRUE(stand.ask(select()));
    quota.waits = true;
    Asked<query::Answer> asked;
    stand.start(asked, [&](async::Call& call) { return stand.pipeline.run(call, select()); });
    EXPECT_FALSE(asked.done());
    stand.worker.pass(20ms);
    stand.finish(asked);
    ASSERT_TRUE(*asked.answer);
    EXPECT_EQ((*asked.answer)->cache.status, query::CacheUse::Status::hit);
    EXPECT_EQ(quota.waited, 1);
    EXPECT_EQ(quota.counted, 2);
}

TEST(Meter, is_asked_for_statements_that_are_submitted) {
    Quota quota;
    quota.left = 0;
    Metered stand{quota};
    Asked<backend::Statement> asked;
    stand.start(asked, [&](async::Call& call) -> async::Task<base::Result<backend::Statement>> {
        auto plan = stand.pipeline.judge(call, select());
        co_return co_await stand.pipeline.statement(call, std::move(*plan));
    });
    for (int i = 0; i < 3 && !asked.done(); ++i) stand.worker.pass(20ms);
    stand.finish(asked);
    EXPECT_FALSE(*asked.answer);
    EXPECT_EQ(quota.waited, 1);
}

TEST(Meter, is_told_of_no_warehouse_time_for_metadata) {
    Quota quota;
    Metered stand{quota};
    ASSERT_TRUE(stand.ask(select("SHOW TABLES")));
    EXPECT_EQ(quota.times.size(), 0u);
    EXPECT_EQ(quota.counted, 1);
}

}  // namespace
