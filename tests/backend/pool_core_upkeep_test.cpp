// What time does to sessions: age, ends and successors, retirement, signs of life, the minimum.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/core_stand.hpp"
#include "backend/pool_core.hpp"

namespace backend_test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const base::Error unreachable{base::Kind::unavailable, "no route"};

/// No checks, no retirement: only what the test is about.
PoolSettings quiet(PoolSettings settings) {
    settings.health_check_interval = 10'000min;
    settings.max_inactive = 10'000min;
    return settings;
}

TEST(PoolCoreAge, an_idle_session_is_closed_when_it_is_too_old) {
    CoreStand stand{quiet({.min_size = 0, .refresh = 8h})};
    stand.open_sessions(1);
    stand.after(8h - 1ns);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.after(1ns);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
}

TEST(PoolCoreAge, counts_from_the_login_and_a_lent_session_is_closed_when_it_comes_home) {
    CoreStand stand{quiet({.min_size = 0, .max_size = 1, .refresh = 8h})};
    stand.open_sessions(1);
    stand.after(7h);
    stand.arrive();
    stand.done();
    stand.after(1h);
    EXPECT_THAT(stand.done(), IsEmpty()) << "the pool is full: no successor before";
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
}

TEST(PoolCoreAge, is_looked_at_when_a_session_comes_home) {
    CoreStand stand{quiet({.min_size = 0, .max_size = 1, .refresh = 8h})};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive();
    stand.done();
    stand.now += 8h;  // nobody ticked
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
}

TEST(PoolCoreAge, the_backend_may_end_it_earlier) {
    CoreStand stand{quiet({.min_size = 0})};
    stand.arrive();
    stand.logged_in(1, {.ends_at = stand.now + 4h});
    stand.give_back(1, {.ends_at = stand.now + 4h});
    stand.done();
    stand.after(4h - 1s);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.after(1s);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
}

TEST(PoolCoreAge, an_end_that_moves_is_followed) {
    CoreStand stand{quiet({.min_size = 0})};
    stand.arrive();
    stand.logged_in(1, {.ends_at = stand.now + 1h});
    stand.give_back(1, {.ends_at = stand.now + 3h});
    stand.done();
    stand.after(2h);
    EXPECT_THAT(stand.done(), IsEmpty());
}

TEST(PoolCoreAge, an_end_in_the_past_right_after_the_login_is_not_believed) {
    CoreStand stand{quiet({})};
    stand.arrive();
    stand.done();
    stand.logged_in(1, {.ends_at = stand.now});
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 1"));
}

TEST(PoolCoreSuccessor, logs_in_before_a_session_in_use_ends_and_takes_its_place) {
    CoreStand stand{quiet({.min_size = 0, .refresh = 8h})};
    stand.open_sessions(1);
    stand.arrive();
    stand.done();
    stand.after(8h - 5min - 1ns);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.after(1ns);
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as '' for caller 0"));
    stand.logged_in(2);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
    EXPECT_EQ(stand.figures().idle, 1);
}

TEST(PoolCoreSuccessor, of_an_idle_session_of_the_minimum) {
    CoreStand stand{quiet({.min_size = 1, .refresh = 8h})};
    stand.open_sessions(1);
    stand.after(8h - 5min);
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as '' for caller 0"));
    stand.after(1min);
    EXPECT_THAT(stand.done(), IsEmpty()) << "one successor";
    stand.logged_in(2);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
}

TEST(PoolCoreSuccessor, none_for_a_session_that_nobody_needs) {
    CoreStand stand{quiet({.min_size = 0, .refresh = 8h})};
    stand.open_sessions(1);
    stand.after(8h - 1min);
    EXPECT_THAT(stand.done(), IsEmpty());
}

TEST(PoolCoreSuccessor, in_a_full_pool_one_idle_session_after_the_other_makes_room) {
    CoreStand stand{quiet({.min_size = 3, .max_size = 3, .refresh = 8h})};
    stand.open_sessions(3);
    stand.after(8h - 5min);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1")) << "and no other";
    stand.tick();
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.closed(1);
    EXPECT_THAT(stand.done(), ElementsAre("log in 4 as '' for caller 0"));
    stand.tick();
    EXPECT_THAT(stand.done(), IsEmpty()) << "the second stays until the first is replaced";
    stand.logged_in(4);
    stand.tick();
    EXPECT_THAT(stand.done(), ElementsAre("close session 2"));
}

TEST(PoolCoreSuccessor, never_where_a_person_must_act) {
    CoreStand stand{quiet({.min_size = 1, .refresh = 8h})};
    stand.core.set_interactive(true);
    stand.open_sessions(1);
    stand.after(8h - 1min);
    EXPECT_THAT(stand.done(), IsEmpty());
}

TEST(PoolCoreRetirement, closes_the_longest_unused_above_the_minimum) {
    CoreStand stand{{.min_size = 1, .max_inactive = 30min, .health_check_interval = 10'000min}};
    stand.open_sessions(3);
    stand.arrive();
    stand.now += 1min;
    stand.give_back(3);
    stand.done();
    stand.after(29min - 1ns);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.after(1ns);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1", "close session 2"));
    stand.after(1h);
    EXPECT_THAT(stand.done(), IsEmpty()) << "the last one is the minimum";
}

TEST(PoolCoreRetirement, wakes_in_time_for_it) {
    CoreStand stand{{.min_size = 0, .max_inactive = 30min, .health_check_interval = 10'000min}};
    stand.open_sessions(1);
    stand.tick();
    EXPECT_EQ(stand.core.next_due(), stand.now + 30min);
}

TEST(PoolCoreChecks, a_session_idle_for_the_interval_is_asked_for_a_sign_of_life) {
    CoreStand stand{{.health_check_interval = 5min}};
    stand.open_sessions(1);
    stand.after(5min - 1ns);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.after(1ns);
    EXPECT_THAT(stand.done(), ElementsAre("check session 1"));
    stand.checked(1, true);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.after(5min);
    EXPECT_THAT(stand.done(), ElementsAre("check session 1")) << "once an interval";
}

TEST(PoolCoreChecks, one_that_is_used_needs_none) {
    CoreStand stand{{.health_check_interval = 5min}};
    stand.open_sessions(1);
    for (int i = 0; i < 5; ++i) {
        stand.after(4min);
        stand.arrive();
        stand.give_back(1);
    }
    EXPECT_THAT(stand.done(), Not(Contains("check session 1")));
}

TEST(PoolCoreChecks, a_dead_session_is_closed_and_the_minimum_filled_up) {
    CoreStand stand{{.min_size = 1, .health_check_interval = 5min}};
    stand.open_sessions(1);
    stand.core.keep_minimum(stand.now, stand.steps);
    stand.after(5min);
    stand.done();
    stand.checked(1, false);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1", "log in 2 as '' for caller 0"));
    EXPECT_EQ(stand.figures().failed_checks, 1u);
}

TEST(PoolCoreChecks, a_caller_waits_for_the_check_and_is_lent_the_session) {
    CoreStand stand{{.max_size = 1, .health_check_interval = 5min}};
    stand.open_sessions(1);
    stand.after(5min);
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("check session 1"));
    stand.checked(1, true);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 2"));
}

TEST(PoolCoreMinimum, is_kept_once_somebody_asked_for_it) {
    CoreStand stand{quiet({.min_size = 3, .max_size = 2})};
    stand.tick();
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.core.keep_minimum(stand.now, stand.steps);
    EXPECT_THAT(stand.done(), SizeIs(2)) << "never above the maximum";
    stand.logged_in(1);
    stand.logged_in(2);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.arrive();
    stand.give_back(2, {.usable = false});
    stand.closed(2);
    EXPECT_THAT(stand.done(),
                ElementsAre("lend session 2 to caller 1", "close session 2", "log in 3 as '' for caller 0"));
}

TEST(PoolCoreMinimum, is_tried_again_later_and_not_once_the_breaker_is_open) {
    CoreStand stand{quiet({.min_size = 1, .retry_attempts = 1})};
    stand.core.keep_minimum(stand.now, stand.steps);
    stand.done();
    stand.login_failed(1, unreachable);
    EXPECT_EQ(stand.core.next_due(), stand.now + 100ms);
    stand.after(100ms);
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as '' for caller 0"));
    stand.login_failed(2, unreachable);
    for (int i = 0; i < 100; ++i) stand.after(1min);
    EXPECT_THAT(stand.done(), IsEmpty()) << "no storm of logins that nobody waits for";
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("log in 3 as '' for caller 1"));
}

TEST(PoolCoreIdleDay, only_signs_of_life_and_successors) {
    CoreStand stand{{.min_size = 3, .refresh = 8h}};
    stand.core.keep_minimum(stand.now, stand.steps);
    for (std::uint64_t login = 1; login <= 3; ++login) stand.logged_in(login);
    stand.steps.clear();
    std::size_t checks = 0;
    std::size_t logins = 0;
    for (int minute = 0; minute < 24 * 60; ++minute) {
        stand.after(1min);
        for (const PoolCore::Step& step : std::exchange(stand.steps, {})) {
            if (step.kind == PoolCore::Step::Kind::check) {
                ++checks;
                stand.checked(CoreStand::number(step.session), true);
            } else if (step.kind == PoolCore::Step::Kind::log_in) {
                ++logins;
                stand.logged_in(CoreStand::number(step.login));
            } else if (step.kind == PoolCore::Step::Kind::close) {
                stand.closed(CoreStand::number(step.session));
            } else {
                ADD_FAILURE() << to_string(step);
            }
        }
    }
    EXPECT_NEAR(static_cast<double>(checks), 3 * 24 * 12, 30);
    EXPECT_EQ(logins, 9u) << "three sessions, each replaced every eight hours";
    EXPECT_EQ(stand.figures().idle, 3);
}

}  // namespace
}  // namespace backend_test
