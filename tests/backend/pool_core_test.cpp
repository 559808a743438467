#include "backend/pool_core.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace backend {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Home = PoolCore::Home;

const base::TimePoint start = base::TimePoint{} + 1h;
const base::Error unreachable{base::Kind::unavailable, "no route"};
const base::Error wrong_password{base::Kind::credentials, "wrong password"};

/// Stands in for a session: only its address counts.
struct Keys {
    char a = 0, b = 0, c = 0;
};

PoolCore::Key log_in(PoolCore& core, PoolCore::Key key, base::TimePoint now, Context context = {}) {
    EXPECT_GT(core.start_logins(now, static_cast<std::size_t>(core.logins_running()) + 1), 0);
    EXPECT_EQ(core.login_succeeded(now, key, std::move(context), false), Home::idle);
    return key;
}

TEST(PoolCore, lends_the_most_recently_used_first) {
    Keys keys;
    PoolCore core{{}};
    log_in(core, &keys.a, start);
    log_in(core, &keys.b, start);
    EXPECT_EQ(core.lend({}), &keys.b);
    EXPECT_EQ(core.lend({}), &keys.a);
    EXPECT_EQ(core.lend({}), nullptr);
    EXPECT_EQ(core.active(), 2);
    EXPECT_EQ(core.give_back(start, &keys.b, {}, true, false), Home::idle);
    EXPECT_EQ(core.give_back(start, &keys.a, {}, true, false), Home::idle);
    EXPECT_EQ(core.lend({}), &keys.a);
}

TEST(PoolCore, prefers_a_session_whose_context_fits) {
    Keys keys;
    PoolCore core{{}};
    log_in(core, &keys.a, start, {.database = "SALES"});
    log_in(core, &keys.b, start, {.database = "HR"});
    EXPECT_EQ(core.lend({.database = "SALES"}), &keys.a);
    EXPECT_EQ(core.lend({.database = "SALES"}), &keys.b) << "any session is better than none";
}

TEST(PoolCore, hands_over_to_a_waiter_instead_of_keeping) {
    Keys keys;
    PoolCore core{{}};
    log_in(core, &keys.a, start);
    core.lend({});
    EXPECT_EQ(core.give_back(start, &keys.a, {}, true, true), Home::waiter);
    EXPECT_EQ(core.active(), 1);
    EXPECT_EQ(core.idle(), 0);
}

TEST(PoolCore, never_keeps_an_unusable_session) {
    Keys keys;
    PoolCore core{{}};
    log_in(core, &keys.a, start);
    core.lend({});
    EXPECT_EQ(core.give_back(start, &keys.a, {}, false, true), Home::closed);
    EXPECT_EQ(core.total(), 0);
}

TEST(PoolCore, replaces_sessions_older_than_the_refresh_age) {
    Keys keys;
    PoolCore core{{.refresh = 8h}};
    log_in(core, &keys.a, start);
    log_in(core, &keys.b, start);
    core.lend({});
    EXPECT_EQ(core.give_back(start + 8h, &keys.b, {}, true, true), Home::closed);
    EXPECT_THAT(core.sweep(start + 8h - 1ns), IsEmpty());
    EXPECT_THAT(core.sweep(start + 8h), ElementsAre(&keys.a));
}

TEST(PoolCore, age_counts_from_the_login_not_from_the_last_use) {
    Keys keys;
    PoolCore core{{.refresh = 8h}};
    log_in(core, &keys.a, start);
    core.lend({});
    EXPECT_EQ(core.give_back(start + 7h, &keys.a, {}, true, false), Home::idle);
    core.lend({});
    EXPECT_EQ(core.give_back(start + 9h, &keys.a, {}, true, false), Home::closed);
}

TEST(PoolCore, retires_idle_sessions_above_the_minimum_longest_unused_first) {
    Keys keys;
    PoolCore core{{.min_size = 1, .max_inactive = 30min}};
    log_in(core, &keys.a, start);
    log_in(core, &keys.b, start + 1min);
    log_in(core, &keys.c, start + 2min);
    EXPECT_EQ(core.next_sweep(), start + 30min);
    EXPECT_THAT(core.sweep(start + 30min), ElementsAre(&keys.a));
    EXPECT_THAT(core.sweep(start + 10h - 3h), ElementsAre(&keys.b)) << "the last one stays: min_size";
    EXPECT_EQ(core.idle(), 1);
    EXPECT_EQ(core.next_sweep(), start + 2min + 8h) << "only its age is left";
}

TEST(PoolCore, starts_no_more_logins_than_waiters_room_or_the_limit_allow) {
    PoolCore core{{.max_size = 6}};
    EXPECT_EQ(core.start_logins(start, 0), 0);
    EXPECT_EQ(core.start_logins(start, 1), 1);
    EXPECT_EQ(core.start_logins(start, 1), 0) << "one is on its way already";
    EXPECT_EQ(core.start_logins(start, 3), 2);
    EXPECT_EQ(core.start_logins(start, 50), 1) << "at most four at once";
    Keys keys;
    EXPECT_EQ(core.login_succeeded(start, &keys.a, {}, true), Home::waiter);
    EXPECT_EQ(core.login_succeeded(start, &keys.b, {}, true), Home::waiter);
    EXPECT_EQ(core.start_logins(start, 50), 2) << "two lent, two running, max_size is six";
    EXPECT_EQ(core.start_logins(start, 50), 0);
}

TEST(PoolCore, prepares_up_to_the_minimum) {
    PoolCore core{{.min_size = 3, .max_size = 2}};
    EXPECT_EQ(core.start_logins_to_minimum(start), 2);
    EXPECT_EQ(core.start_logins_to_minimum(start), 0);
}

TEST(PoolCore, tries_a_failed_login_again_with_growing_delays) {
    PoolCore core{{.retry_attempts = 3}};
    core.start_logins(start, 1);
    EXPECT_EQ(core.login_failed(start, unreachable, 1, 0.0).retry_in, 100ms);
    EXPECT_EQ(core.login_failed(start, unreachable, 2, 0.5).retry_in, 300ms);
    EXPECT_EQ(core.logins_running(), 1);
    const auto last = core.login_failed(start, unreachable, 3, 0.0);
    EXPECT_FALSE(last.retry_in);
    EXPECT_TRUE(last.hopeless);
    EXPECT_EQ(core.total(), 0);
    EXPECT_EQ(core.failures(), 3u);
}

TEST(PoolCore, waits_as_long_as_the_backend_asks) {
    PoolCore core{{}};
    core.start_logins(start, 1);
    const auto busy = base::Error{base::Kind::unavailable, "busy"}.retry_after(5s);
    EXPECT_EQ(core.login_failed(start, busy, 1, 0.0).retry_in, 5s);
}

TEST(PoolCore, wrong_credentials_are_not_tried_again) {
    PoolCore core{{}};
    core.start_logins(start, 1);
    EXPECT_FALSE(core.login_failed(start, wrong_password, 1, 0.0).retry_in);
}

TEST(PoolCore, after_giving_up_no_login_starts_for_a_while_longer_each_time) {
    Keys keys;
    PoolCore core{{}};
    core.start_logins(start, 1);
    core.login_failed(start, wrong_password, 1, 0.0);
    EXPECT_EQ(core.start_logins(start, 1), 0);
    EXPECT_EQ(core.cooling_down(start), 100ms);
    const auto later = start + 100ms;
    EXPECT_EQ(core.start_logins(later, 1), 1);
    core.login_failed(later, wrong_password, 1, 0.0);
    EXPECT_EQ(core.cooling_down(later), 200ms);
    EXPECT_EQ(core.start_logins(later + 200ms, 1), 1);
    core.login_succeeded(later + 200ms, &keys.a, {}, true);
    EXPECT_EQ(core.cooling_down(later + 200ms), 0ms) << "a success forgets";
}

TEST(PoolCore, a_failure_is_not_hopeless_while_a_session_is_lent) {
    Keys keys;
    PoolCore core{{}};
    log_in(core, &keys.a, start);
    core.lend({});
    core.start_logins(start, 1);
    EXPECT_FALSE(core.login_failed(start, wrong_password, 1, 0.0).hopeless);
}

}  // namespace
}  // namespace backend
