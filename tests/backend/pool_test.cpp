#include "backend/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "async/task_group.hpp"
#include "async/wait_queue.hpp"

namespace backend {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct FakeSession : Session {
    FakeSession(std::atomic<int>& counter, Context start) : open{counter}, names{std::move(start)} { ++open; }
    ~FakeSession() override { --open; }
    async::Task<base::Result<std::unique_ptr<ResultSet>>> execute(async::Call&, Statement) override {
        co_return base::fail(base::Kind::internal, "not in this test");
    }
    const Context& context() const override { return names; }
    bool usable() const override { return good; }

    std::atomic<int>& open;
    Context names;
    bool good = true;
};

struct FakeBackend : Backend {
    std::string_view name() const override { return "fake"; }
    async::Task<base::Result<std::unique_ptr<Session>>> login(async::Call& call, Context context, Identity) override {
        ++logins;
        if (gate) {
            const auto reason = co_await gate->wait(call);
            if (reason != async::StopReason::none) co_return base::fail(call.stopped_error(base::Stage::login));
        }
        if (!failures.empty()) {
            base::Error error = failures.front();
            failures.pop_front();
            co_return base::fail(std::move(error));
        }
        co_return std::make_unique<FakeSession>(open, std::move(context));
    }
    Context default_context() const override { return {}; }

    std::atomic<int> open = 0;
    std::atomic<int> logins = 0;
    std::deque<base::Error> failures;
    async::Signal* gate = nullptr;
};

base::PrincipalPtr somebody() {
    static const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "os:test"});
    return principal;
}

/// One caller and what became of it.
struct Caller {
    std::optional<base::Result<Borrowed>> answer;
    async::Call* call = nullptr;
};

async::Task<void> ask(async::Call& call, Pool* pool, Caller* caller, Context context) {
    caller->call = &call;
    caller->answer.emplace(co_await pool->acquire(call, std::move(context)));
    caller->call = nullptr;
}

/// One worker with a clock that only the test moves.
class PoolTest : public testing::Test {
protected:
    ~PoolTest() override {
        if (!pool_) return;
        pool_->stop(async::StopReason::drain);
        callers_.stop(async::StopReason::drain);
        settle();
        kept_.clear();  // what they hold goes home while there is one
        EXPECT_TRUE(pool_->join(0ms));
    }

    Pool& pool(Pool::Settings settings) {
        return pool_.emplace(backend_, settings, [this] { return now_; });
    }
    void arrive(Caller& caller, Context context = {}, base::TimePoint deadline = base::TimePoint{} + 24h) {
        async::Call::Parts parts{.request_id = "r", .principal = somebody(), .deadline = deadline};
        callers_.spawn(worker_, std::move(parts),
                       [this, &caller, context](async::Call& call) { return ask(call, &*pool_, &caller, context); });
        settle();
    }
    void settle() {
        while (worker_.poll() > 0) {
        }
    }
    void advance(std::chrono::milliseconds by) {
        for (const auto until = now_ + by; now_ < until;) {
            now_ = std::min(until, now_ + 100ms);
            settle();
        }
        now_ += 20ms;  // a wheel fires up to one tick late
        settle();
    }

    base::TimePoint now_ = base::TimePoint{} + 1h;
    async::Worker worker_{0, [this] { return now_; }};
    FakeBackend backend_;
    async::TaskGroup callers_;
    std::deque<Caller> kept_;  // who still waits when the test ends
    std::optional<Pool> pool_;
};

TEST_F(PoolTest, logs_in_for_the_first_caller_and_lends_the_same_session_again) {
    pool({});
    Caller first;
    arrive(first);
    ASSERT_TRUE(first.answer && first.answer->has_value());
    EXPECT_EQ(pool_->figures().active, 1);
    first.answer.reset();
    EXPECT_EQ(pool_->figures().idle, 1);
    Caller second;
    arrive(second);
    ASSERT_TRUE(second.answer && second.answer->has_value());
    EXPECT_EQ(backend_.logins, 1);
}

TEST_F(PoolTest, never_opens_more_than_the_maximum) {
    pool({.min_size = 0, .max_size = 2});
    for (int i = 0; i < 5; ++i) arrive(kept_.emplace_back());
    EXPECT_EQ(backend_.open, 2);
    EXPECT_EQ(pool_->figures().waiting, 3);
    EXPECT_EQ(pool_->figures().max, 2);
}

TEST_F(PoolTest, serves_waiters_in_the_order_they_came) {
    pool({.min_size = 0, .max_size = 1});
    std::vector<Caller> callers(3);
    for (Caller& caller : callers) arrive(caller);
    ASSERT_TRUE(callers[0].answer);
    callers[0].answer.reset();
    settle();
    EXPECT_TRUE(callers[1].answer);
    EXPECT_FALSE(callers[2].answer);
    callers[1].answer.reset();
    settle();
    EXPECT_TRUE(callers[2].answer);
    EXPECT_EQ(backend_.logins, 1);
}

TEST_F(PoolTest, a_wait_without_success_names_the_setting) {
    pool({.min_size = 0, .max_size = 1, .connection_timeout = 30s});
    Caller holder;
    arrive(holder);
    Caller late;
    arrive(late);
    advance(29s);
    EXPECT_FALSE(late.answer);
    advance(1s);
    ASSERT_TRUE(late.answer && !late.answer->has_value());
    EXPECT_EQ(late.answer->error().kind(), base::Kind::timeout);
    EXPECT_EQ(late.answer->error().stage(), base::Stage::pool);
    EXPECT_THAT(late.answer->error().message(), HasSubstr("CONNECTION_POOL_MAX_SIZE"));
    EXPECT_EQ(pool_->figures().waiting, 0);
}

TEST_F(PoolTest, tells_how_long_each_caller_waited) {
    std::vector<double> waits;
    pool({.min_size = 0, .max_size = 1, .connection_timeout = 30s}).on_waited([&](std::chrono::duration<double> time) {
        waits.push_back(time.count());
    });
    Caller holder;
    arrive(holder);
    ASSERT_EQ(waits.size(), 1u) << "who waits for a login waits";
    Caller served;
    arrive(served);
    advance(2s);
    holder.answer.reset();
    settle();
    ASSERT_EQ(waits.size(), 2u);
    EXPECT_NEAR(waits[1], 2, 0.1);
    Caller late;
    arrive(late);
    advance(30s);
    ASSERT_EQ(waits.size(), 3u) << "in vain counts too";
    EXPECT_NEAR(waits[2], 30, 0.1);
    served.answer.reset();
    Caller lucky;
    arrive(lucky);
    ASSERT_EQ(waits.size(), 4u);
    EXPECT_EQ(waits[3], 0);
}

TEST_F(PoolTest, a_caller_that_leaves_loses_no_session) {
    pool({.min_size = 0, .max_size = 1});
    Caller holder;
    arrive(holder);
    Caller leaver;
    arrive(leaver);
    leaver.call->stop(async::StopReason::client);
    settle();
    ASSERT_TRUE(leaver.answer && !leaver.answer->has_value());
    EXPECT_EQ(leaver.answer->error().kind(), base::Kind::cancelled);
    holder.answer.reset();
    EXPECT_EQ(pool_->figures().idle, 1);
}

TEST_F(PoolTest, a_grant_that_meets_a_stop_goes_back) {
    pool({.min_size = 0, .max_size = 1});
    Caller holder;
    arrive(holder);
    Caller leaver;
    arrive(leaver);
    holder.answer.reset();  // granted, but its wake-up has not run yet
    leaver.call->stop(async::StopReason::client);
    settle();
    ASSERT_TRUE(leaver.answer);
    leaver.answer.reset();
    EXPECT_EQ(pool_->figures().idle, 1);
    EXPECT_EQ(pool_->figures().active, 0);
}

TEST_F(PoolTest, a_bad_session_is_never_lent_again) {
    pool({.min_size = 0, .max_size = 1});
    Caller first;
    arrive(first);
    Caller second;
    arrive(second);
    static_cast<FakeSession&>(***first.answer).good = false;
    first.answer.reset();
    settle();
    ASSERT_TRUE(second.answer && second.answer->has_value());
    EXPECT_EQ(backend_.logins, 2) << "a new login for the waiter";
    EXPECT_EQ(backend_.open, 1);
}

TEST_F(PoolTest, retries_a_failed_login_and_then_serves) {
    pool({.retry_attempts = 3});
    backend_.failures = {base::Error{base::Kind::unavailable, "no route"},
                         base::Error{base::Kind::unavailable, "no route"}};
    Caller caller;
    arrive(caller);
    EXPECT_FALSE(caller.answer);
    advance(2s);
    ASSERT_TRUE(caller.answer && caller.answer->has_value());
    EXPECT_EQ(backend_.logins, 3);
    EXPECT_EQ(pool_->figures().failures, 2u);
}

TEST_F(PoolTest, wrong_credentials_reach_the_caller_at_once_and_are_not_hammered) {
    pool({});
    backend_.failures.assign(10, base::Error{base::Kind::credentials, "wrong password"});
    Caller caller;
    arrive(caller);
    ASSERT_TRUE(caller.answer && !caller.answer->has_value());
    EXPECT_EQ(caller.answer->error().kind(), base::Kind::credentials);
    Caller next;
    arrive(next);
    ASSERT_TRUE(next.answer && !next.answer->has_value());
    EXPECT_EQ(backend_.logins, 1);
    EXPECT_TRUE(next.answer->error().retry_after());
    backend_.failures.clear();
    advance(1s);
    Caller later;
    arrive(later);
    EXPECT_TRUE(later.answer && later.answer->has_value()) << "the pool came back";
}

TEST_F(PoolTest, a_slow_login_does_not_hold_up_a_session_that_comes_home) {
    pool({.min_size = 0, .max_size = 2});
    Caller holder;
    arrive(holder);
    async::Signal gate;
    backend_.gate = &gate;
    Caller waiter;
    arrive(waiter);
    EXPECT_FALSE(waiter.answer);
    holder.answer.reset();
    settle();
    EXPECT_TRUE(waiter.answer);
    gate.set();
    settle();
    EXPECT_EQ(pool_->figures().idle, 1) << "the login that nobody needs any more is kept";
}

TEST_F(PoolTest, closes_idle_sessions_above_the_minimum_by_itself) {
    pool({.min_size = 1, .max_inactive = std::chrono::minutes{1}});
    std::vector<Caller> callers(3);
    for (Caller& caller : callers) arrive(caller);
    callers.clear();
    EXPECT_EQ(backend_.open, 3);
    advance(3min);
    EXPECT_EQ(backend_.open, 1);
}

TEST_F(PoolTest, prepares_the_minimum_before_anybody_asks) {
    pool({.min_size = 3});
    pool_->prepare(worker_, somebody());
    settle();
    EXPECT_EQ(pool_->figures().idle, 3);
}

TEST_F(PoolTest, stopping_refuses_waiters_and_closes_what_comes_home) {
    pool({.min_size = 0, .max_size = 1});
    Caller holder;
    arrive(holder);
    Caller waiter;
    arrive(waiter);
    pool_->stop(async::StopReason::drain);
    settle();
    ASSERT_TRUE(waiter.answer && !waiter.answer->has_value());
    holder.answer.reset();
    EXPECT_EQ(backend_.open, 0);
}

async::Task<void> borrow_often(async::Call& call, Pool* pool, int times, std::atomic<int>* served) {
    for (int i = 0; i < times; ++i) {
        auto borrowed = co_await pool->acquire(call, {});
        if (borrowed) ++*served;
    }
}

TEST(PoolStress, every_session_is_home_after_four_workers_fought_for_three) {
    FakeBackend backend;
    async::Workers workers{4};
    Pool pool{backend, {.min_size = 0, .max_size = 3}};
    workers.start();
    std::atomic<int> served = 0;
    {
        async::TaskGroup group;
        for (std::size_t i = 0; i < 40; ++i) {
            // Every fourth is impatient, so that grants meet deadlines.
            const auto patience = i % 4 == 0 ? 1ms : 60'000ms;
            async::Call::Parts parts{
                .request_id = "r", .principal = somebody(), .deadline = base::Clock::now() + patience};
            group.spawn(workers[i % 4], std::move(parts),
                        [&](async::Call& call) { return borrow_often(call, &pool, 250, &served); });
        }
        EXPECT_TRUE(group.join(60s));
    }
    EXPECT_GE(served, 30 * 250);
    EXPECT_EQ(pool.figures().active, 0);
    EXPECT_EQ(pool.figures().waiting, 0);
    EXPECT_LE(backend.open, 3);
    pool.stop(async::StopReason::drain);
    EXPECT_TRUE(pool.join(5s));
    workers.stop_and_join();
    EXPECT_EQ(backend.open, 0);
}

}  // namespace
}  // namespace backend
