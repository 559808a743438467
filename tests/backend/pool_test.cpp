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
#include "backend/fake_backend.hpp"

namespace backend {
namespace {

using namespace std::chrono_literals;
using backend_test::FakeBackend;
using backend_test::FakeSession;
using testing::HasSubstr;

base::PrincipalPtr somebody() {
    static const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "os:test"});
    return principal;
}

/// One caller and what became of it.
struct Caller {
    std::optional<base::Result<Borrowed>> answer;
    async::Call* call = nullptr;
};

async::Task<void> ask(async::Call& call, Pool* pool, Caller* caller, Pool::Wanted wanted) {
    caller->call = &call;
    caller->answer.emplace(co_await pool->acquire(call, std::move(wanted)));
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
        settle();
        EXPECT_TRUE(pool_->join(0ms));
        EXPECT_EQ(backend_.open, 0);
    }

    Pool& pool(Pool::Settings settings) {
        return pool_.emplace(backend_, settings, [this] { return now_; });
    }
    void arrive(Caller& caller, Pool::Wanted wanted = {}, base::TimePoint deadline = base::TimePoint{} + 240h) {
        async::Call::Parts parts{.request_id = "r", .principal = somebody(), .deadline = deadline};
        callers_.spawn(worker_, std::move(parts),
                       [this, &caller, wanted](async::Call& call) { return ask(call, &*pool_, &caller, wanted); });
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
    advance(60s);
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
    settle();
    EXPECT_EQ(backend_.open, 0);
    EXPECT_EQ(backend_.closes, 1) << "it logged out";
}

TEST_F(PoolTest, a_resume_tries_the_login_again_at_once) {
    pool({});
    backend_.failures = {base::Error{base::Kind::credentials, "user is locked"}};
    Caller first;
    arrive(first);
    pool_->resume();
    Caller second;
    arrive(second);
    EXPECT_TRUE(second.answer && second.answer->has_value());
}

TEST_F(PoolTest, a_pause_holds_callers_until_the_resume) {
    pool({});
    pool_->pause();
    Caller caller;
    arrive(caller);
    advance(5s);
    EXPECT_FALSE(caller.answer);
    pool_->resume();
    settle();
    EXPECT_TRUE(caller.answer && caller.answer->has_value());
}

TEST_F(PoolTest, who_waits_too_long_in_a_pause_is_told_of_it) {
    pool({.connection_timeout = 3s});
    pool_->pause();
    Caller caller;
    arrive(caller);
    advance(3s);
    ASSERT_TRUE(caller.answer && !caller.answer->has_value());
    EXPECT_THAT(caller.answer->error().message(), HasSubstr("paused"));
    pool_->resume();
}

TEST_F(PoolTest, a_drain_logs_out_and_new_callers_get_new_sessions) {
    pool({});
    Caller first;
    arrive(first);
    first.answer.reset();
    settle();
    pool_->drain();
    settle();
    EXPECT_EQ(backend_.closes, 1);
    Caller second;
    arrive(second);
    EXPECT_EQ(backend_.logins, 2);
}

TEST_F(PoolTest, idle_sessions_are_asked_for_a_sign_of_life_and_the_dead_are_replaced) {
    pool({.min_size = 1, .health_check_interval = 5min});
    pool_->prepare(worker_, somebody());
    settle();
    advance(5min);
    EXPECT_EQ(backend_.checks, 1);
    EXPECT_EQ(backend_.logins, 1);
    backend_.alive = false;
    advance(5min);
    EXPECT_EQ(backend_.checks, 2);
    EXPECT_EQ(backend_.closes, 1);
    EXPECT_EQ(backend_.logins, 2);
    EXPECT_EQ(pool_->figures().idle, 1);
    EXPECT_EQ(backend_.statements, 0) << "a sign of life is no statement";
}

TEST_F(PoolTest, a_session_that_something_still_needs_is_not_logged_out) {
    pool({.min_size = 0});
    Caller caller;
    arrive(caller);
    static_cast<FakeSession&>(***caller.answer).keep = true;
    caller.answer.reset();
    settle();
    pool_->drain();
    settle();
    EXPECT_EQ(backend_.open, 0);
    EXPECT_EQ(backend_.closes, 0);
}

TEST_F(PoolTest, a_session_that_is_dead_at_once_counts_as_a_failed_login) {
    pool({.retry_attempts = 1});
    backend_.stillborn = true;
    Caller caller;
    arrive(caller);
    advance(1s);
    ASSERT_TRUE(caller.answer && !caller.answer->has_value());
    EXPECT_EQ(backend_.logins, 2) << "no login after login";
}

TEST_F(PoolTest, several_reads_share_a_session_and_each_goes_home_by_itself) {
    pool({.min_size = 0, .max_size = 1});
    backend_.several = true;
    std::vector<Caller> callers(3);
    for (Caller& caller : callers) arrive(caller, {.use = Pool::Use::shared_read});
    for (Caller& caller : callers) ASSERT_TRUE(caller.answer && caller.answer->has_value());
    EXPECT_TRUE((**callers[2].answer).is_shared());
    EXPECT_EQ(&***callers[0].answer, &***callers[2].answer);
    EXPECT_EQ(pool_->figures().lendings, 3);
    callers[0].answer.reset();
    callers[2].answer.reset();
    EXPECT_EQ(pool_->figures().active, 1);
    callers[1].answer.reset();
    EXPECT_EQ(pool_->figures().idle, 1);
}

TEST_F(PoolTest, knows_that_it_can_carry_less_once_a_session_refused_a_second_statement) {
    backend_.several = true;
    pool({.min_size = 0, .max_size = 2, .max_shared = 1});
    EXPECT_EQ(pool_->figures().capacity, 1 + PoolCore::statements_at_once);
    std::vector<Caller> callers(2);
    for (Caller& caller : callers) arrive(caller, {.use = Pool::Use::shared_read});
    static_cast<FakeSession&>(***callers[1].answer).several = false;
    callers[1].answer.reset();
    EXPECT_EQ(pool_->figures().capacity, 2);
    Caller next;
    arrive(next, {.use = Pool::Use::shared_read});
    EXPECT_FALSE((**next.answer).is_shared());
}

TEST_F(PoolTest, tells_the_borrower_that_the_session_must_switch) {
    pool({.min_size = 0, .max_size = 1});
    Caller first;
    arrive(first);
    EXPECT_FALSE((**first.answer).needs_switch());
    first.answer.reset();
    Caller second;
    arrive(second, {.context = {.database = "SALES"}});
    EXPECT_TRUE((**second.answer).needs_switch());
    EXPECT_EQ(pool_->figures().context_switches, 1u);
}

TEST_F(PoolTest, logs_in_in_the_connections_own_context_whatever_the_caller_wants) {
    pool({});
    backend_.own = {.database = "SALES"};
    Caller caller;
    arrive(caller, {.context = {.database = "NO_SUCH_DATABASE"}});
    ASSERT_TRUE(caller.answer && caller.answer->has_value());
    EXPECT_EQ((**caller.answer)->context().database, "SALES");
}

TEST_F(PoolTest, a_login_for_another_identity_is_told_whose_it_is) {
    pool({});
    Caller caller;
    arrive(caller, {.identity = {"alice"}});
    EXPECT_EQ(backend_.last_identity, Identity{"alice"});
}

TEST_F(PoolTest, where_a_person_must_act_nothing_happens_in_the_background) {
    pool({.min_size = 3});
    backend_.asks_person = true;
    pool_->prepare(worker_, somebody());
    advance(1h);
    EXPECT_EQ(backend_.logins, 0);
    Caller caller;
    arrive(caller);
    EXPECT_EQ(backend_.logins, 1);
}

/// Asks the pool something when the pool asks it something.
struct CuriousBackend : FakeBackend {
    bool interactive() const override {
        if (pool) (void)pool->figures();
        return asks_person;
    }
    Pool* pool = nullptr;
};

TEST(PoolLocks, a_backend_is_asked_whom_a_login_asks_without_the_pools_lock) {
    CuriousBackend backend;
    Pool pool{backend, {.min_size = 0}};
    backend.pool = &pool;  // a lock that is held would be taken twice now
    pool.pause();
    pool.resume();
    pool.drain();
    pool.stop(async::StopReason::drain);
    EXPECT_TRUE(pool.join(0ms));
    EXPECT_EQ(pool.figures().logins, 0u);
}

TEST_F(PoolTest, a_login_that_a_person_takes_long_for_serves_the_next_caller) {
    pool({.connection_timeout = 30s});
    backend_.asks_person = true;
    async::Signal gate;
    backend_.gate = &gate;
    Caller caller;
    arrive(caller);
    advance(31s);
    ASSERT_TRUE(caller.answer && !caller.answer->has_value());
    EXPECT_THAT(caller.answer->error().message(), HasSubstr("person"));
    gate.set();
    settle();
    Caller next;
    arrive(next);
    EXPECT_TRUE(next.answer && next.answer->has_value());
    EXPECT_EQ(backend_.logins, 1);
}

TEST_F(PoolTest, a_login_that_hangs_ends_with_its_deadline) {
    pool({.connection_timeout = 10s, .retry_attempts = 0});
    async::Signal never;
    backend_.gate = &never;
    Caller caller;
    arrive(caller);
    advance(10s);
    ASSERT_TRUE(caller.answer && !caller.answer->has_value());
    EXPECT_EQ(caller.answer->error().kind(), base::Kind::timeout);
    EXPECT_EQ(pool_->figures().logging_in, 0);
}

TEST_F(PoolTest, sleeps_until_something_falls_due_and_wakes_earlier_when_that_changes) {
    pool({.min_size = 0, .max_inactive = std::chrono::minutes{60}, .health_check_interval = std::chrono::minutes{60}});
    Caller first;
    arrive(first);
    first.answer.reset();  // due: in an hour
    settle();
    backend_.failures = {base::Error{base::Kind::unavailable, "no route"}};
    Caller holder;
    arrive(holder);
    Caller waiter;
    arrive(waiter);  // its login fails: due in some 100 ms
    EXPECT_FALSE(waiter.answer);
    advance(1s);
    EXPECT_TRUE(waiter.answer && waiter.answer->has_value());
}

}  // namespace
}  // namespace backend
