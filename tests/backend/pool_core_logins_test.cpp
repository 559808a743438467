// Logins: how many, when again, when not; identities that share the maximum.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/core_stand.hpp"
#include "backend/pool_core.hpp"

namespace backend_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const base::Error unreachable{base::Kind::unavailable, "no route"};
const base::Error locked{base::Kind::credentials, "user is locked"};

TEST(PoolCoreLogins, no_more_at_once_than_the_limit) {
    CoreStand stand{{}};
    for (int i = 0; i < PoolCore::max_logins_at_once; ++i) stand.arrive();
    EXPECT_THAT(stand.done(), SizeIs(PoolCore::max_logins_at_once));
    stand.arrive();
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.logged_in(1);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 1", "log in 5 as '' for caller 2"));
}

TEST(PoolCoreLogins, no_more_sessions_than_the_maximum) {
    CoreStand stand{{.max_size = 2}};
    for (int i = 0; i < 3; ++i) stand.arrive();
    EXPECT_THAT(stand.done(), SizeIs(2));
    stand.logged_in(1);
    stand.logged_in(2);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 1", "lend session 2 to caller 2"));
}

TEST(PoolCoreLogins, none_for_who_has_left) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.leave(stand.arrive());
    stand.done();
    stand.give_back(1, {.usable = false});
    stand.closed(1);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
}

TEST(PoolCoreLogins, a_passing_failure_is_tried_again_with_growing_delays_while_callers_wait) {
    CoreStand stand{{.retry_attempts = 3}};
    stand.arrive();
    stand.done();
    stand.login_failed(1, unreachable, 0.0);
    EXPECT_THAT(stand.done(), IsEmpty());
    EXPECT_EQ(stand.core.next_due(), stand.now + 100ms) << "half of 200 ms, and chance";
    stand.after(99ms);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.after(1ms);
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as '' for caller 1"));
    stand.login_failed(2, unreachable, 0.5);
    EXPECT_EQ(stand.core.next_due(), stand.now + 300ms);
    stand.after(300ms);
    EXPECT_THAT(stand.done(), ElementsAre("log in 3 as '' for caller 1"));
    EXPECT_EQ(stand.logged_in(3), 1u);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 1"));
    EXPECT_EQ(stand.figures().failures, 2u);
}

TEST(PoolCoreLogins, nobody_waiting_means_no_further_attempt) {
    CoreStand stand{{}};
    const auto caller = stand.arrive();
    stand.login_failed(1, unreachable);
    stand.leave(caller);
    stand.done();
    stand.after(1min);
    EXPECT_THAT(stand.done(), IsEmpty());
}

TEST(PoolCoreLogins, waits_as_long_as_the_backend_asks) {
    CoreStand stand{{}};
    stand.arrive();
    stand.login_failed(1, base::Error{base::Kind::unavailable, "busy"}.retry_after(5s));
    EXPECT_EQ(stand.core.next_due(), stand.now + 5s);
}

TEST(PoolCoreLogins, after_the_last_attempt_the_waiters_get_the_cause_and_newcomers_at_once) {
    CoreStand stand{{.retry_attempts = 1}};
    stand.arrive();
    stand.login_failed(1, unreachable);
    stand.after(100ms);
    stand.arrive();
    stand.done();
    stand.login_failed(2, unreachable);
    const PoolCore::Steps refused = stand.steps;
    ASSERT_THAT(stand.done(), SizeIs(2));
    EXPECT_EQ(refused[0].error->kind(), base::Kind::unavailable);
    EXPECT_THAT(refused[0].error->message(), HasSubstr("no route"));
    EXPECT_EQ(refused[0].error->retry_after(), 5s);
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre(HasSubstr("refuse caller 3: no route"))) << "the breaker is open";
    EXPECT_EQ(stand.figures().breaker, backend::Breaker::State::open);
}

TEST(PoolCoreLogins, the_breaker_lets_one_login_find_out) {
    CoreStand stand{{.retry_attempts = 0}};
    stand.arrive();
    stand.login_failed(1, unreachable);
    stand.done();
    stand.after(5s);
    EXPECT_THAT(stand.done(), IsEmpty()) << "not without a caller";
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as '' for caller 2"));
    stand.arrive();
    EXPECT_THAT(stand.done(), IsEmpty()) << "the probe may serve it, too";
    stand.logged_in(2);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 2", "log in 3 as '' for caller 3"));
    EXPECT_EQ(stand.figures().breaker, backend::Breaker::State::closed);
}

TEST(PoolCoreLogins, a_locked_user_is_tried_once_and_not_again_for_a_minute) {
    CoreStand stand{{.retry_attempts = 3}};
    stand.arrive();
    stand.done();
    stand.login_failed(1, locked);
    EXPECT_THAT(stand.done(), ElementsAre("refuse caller 1: user is locked (the login is not tried again for 60 s)"));
    for (int i = 0; i < 59; ++i) {
        stand.after(1s);
        stand.arrive();
        EXPECT_THAT(stand.done(), ElementsAre(HasSubstr("user is locked")));
    }
    stand.after(1s);
    stand.arrive();
    EXPECT_THAT(stand.done(), SizeIs(1));
    EXPECT_EQ(stand.figures().logging_in, 1);
}

TEST(PoolCoreLogins, logins_that_fail_side_by_side_are_one_failure) {
    CoreStand stand{{.retry_attempts = 1}};
    for (int i = 0; i < 4; ++i) stand.arrive();
    stand.done();
    for (std::uint64_t login = 1; login <= 4; ++login) {
        stand.now += 1ms;
        stand.login_failed(login, unreachable);
    }
    EXPECT_THAT(stand.done(), IsEmpty());
    EXPECT_EQ(stand.figures().breaker, backend::Breaker::State::closed);
    stand.after(200ms);
    EXPECT_THAT(stand.done(), ElementsAre("log in 5 as '' for caller 1")) << "one finds out whether it works again";
}

TEST(PoolCoreLogins, while_a_session_is_lent_its_waiters_go_on_waiting) {
    CoreStand stand{{.retry_attempts = 0}};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive();
    stand.login_failed(2, locked);
    stand.done();
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3"));
}

TEST(PoolCoreLogins, when_the_last_session_goes_while_the_breaker_is_open_waiters_get_the_cause) {
    CoreStand stand{{.retry_attempts = 0}};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive();
    stand.login_failed(2, locked);
    stand.done();
    stand.give_back(1, {.usable = false});
    EXPECT_THAT(stand.done(), ElementsAre("close session 1", HasSubstr("refuse caller 3: user is locked")));
}

TEST(PoolCoreLogins, a_resume_lets_the_next_caller_try_at_once) {
    CoreStand stand{{}};
    stand.arrive();
    stand.login_failed(1, locked);
    stand.done();
    stand.core.resume(stand.now, stand.steps);
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as '' for caller 2"));
}

TEST(PoolCoreLogins, where_a_person_must_act_one_at_a_time_and_only_for_a_caller) {
    CoreStand stand{{.min_size = 3}};
    stand.core.set_interactive(true);
    stand.core.keep_minimum(stand.now, stand.steps);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.arrive();
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("log in 1 as '' for caller 1"));
    stand.logged_in(1);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 1", "log in 2 as '' for caller 2"));
}

// ---- Identities

TEST(PoolCoreIdentities, a_session_is_never_lent_to_another_identity) {
    CoreStand stand{{.max_size = 3}};
    stand.open_sessions(1);
    stand.arrive({}, Use::exclusive, "alice");
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as 'alice' for caller 2"));
    stand.logged_in(2);
    stand.give_back(2);
    stand.done();
    stand.arrive({}, Use::exclusive, "bob");
    EXPECT_THAT(stand.done(), ElementsAre("log in 3 as 'bob' for caller 3"));
}

TEST(PoolCoreIdentities, an_idle_session_of_another_one_makes_room_the_longest_unused_first) {
    CoreStand stand{{.max_size = 2}};
    stand.open_sessions(2);
    stand.arrive({}, Use::exclusive, "alice");
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
    stand.closed(1);
    EXPECT_THAT(stand.done(), ElementsAre("log in 3 as 'alice' for caller 3"));
}

TEST(PoolCoreIdentities, a_session_that_comes_home_makes_room_for_the_longer_waiter) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive({}, Use::exclusive, "alice");
    stand.arrive();
    stand.done();
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
    stand.closed(1);
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as 'alice' for caller 3"));
    stand.logged_in(2);
    stand.give_back(2);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 2 to caller 3", "close session 2"));
}

TEST(PoolCoreIdentities, a_longer_waiter_of_the_own_identity_keeps_the_session) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive();
    stand.arrive({}, Use::exclusive, "alice");
    stand.done();
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3"));
}

TEST(PoolCoreIdentities, a_wrong_login_of_one_does_not_stop_the_others) {
    CoreStand stand{{}};
    stand.arrive({}, Use::exclusive, "alice");
    stand.login_failed(1, locked);
    EXPECT_THAT(stand.done(), ElementsAre("log in 1 as 'alice' for caller 1", HasSubstr("refuse caller 1")));
    stand.arrive({}, Use::exclusive, "bob");
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as 'bob' for caller 2", "log in 3 as '' for caller 3"));
}

TEST(PoolCoreIdentities, who_is_gone_is_forgotten) {
    CoreStand stand{{.max_inactive = 30min}};
    stand.arrive({}, Use::exclusive, "alice");
    stand.logged_in(1);
    stand.give_back(1);
    stand.done();
    EXPECT_EQ(stand.figures().identities, 1);
    stand.after(30min);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1")) << "no minimum for others than the own identity";
    stand.closed(1);
    stand.tick();
    EXPECT_EQ(stand.figures().identities, 0);
    EXPECT_EQ(stand.core.next_due(), std::nullopt);
}

}  // namespace
}  // namespace backend_test
