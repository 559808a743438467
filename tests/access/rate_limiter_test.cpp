#include "access/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using access_control::Rate;
using access_control::RateLimiter;
using Bound = RateLimiter::Bound;

const base::TimePoint start{1000h};

base::Principal key(const std::string& name, base::Principal::Limits limits = {}) {
    return {.id = "key:" + name, .kind = base::Principal::Kind::api_key, .limits = limits};
}

int allowed_of(RateLimiter& limiter, const base::Principal& who, int tries, base::TimePoint now) {
    int allowed = 0;
    for (int i = 0; i < tries; ++i) {
        allowed += limiter.admit(who, now).allowed() ? 1 : 0;
    }
    return allowed;
}

TEST(RateLimiter, lets_just_a_burst_through_at_once) {
    RateLimiter limiter{{.each = Rate{.per_minute = 60, .burst = 5}}};
    EXPECT_EQ(allowed_of(limiter, key("a"), 10, start), 5);
    const auto refused = limiter.admit(key("a"), start);
    EXPECT_EQ(refused.refused_by, Bound::principal);
    EXPECT_EQ(refused.retry_after, 1s) << "a token a second";
}

TEST(RateLimiter, says_exactly_when_the_next_one_goes) {
    RateLimiter limiter{{.each = Rate{.per_minute = 120, .burst = 2}}};
    allowed_of(limiter, key("a"), 2, start);
    const auto refused = limiter.admit(key("a"), start + 100ms);
    ASSERT_FALSE(refused.allowed());
    EXPECT_EQ(refused.retry_after, 400ms);
    EXPECT_FALSE(limiter.admit(key("a"), start + 499ms).allowed());
    EXPECT_TRUE(limiter.admit(key("a"), start + 500ms).allowed());
    EXPECT_FALSE(limiter.admit(key("a"), start + 500ms).allowed());
}

TEST(RateLimiter, gives_the_rate_over_a_minute_and_not_more) {
    RateLimiter limiter{{.each = Rate{.per_minute = 60, .burst = 5}}};
    int allowed = 0;
    for (auto now = start; now < start + 1min; now += 10ms) {
        allowed += limiter.admit(key("a"), now).allowed() ? 1 : 0;
    }
    EXPECT_EQ(allowed, 60 + 5 - 1);
}

TEST(RateLimiter, does_not_save_up_more_than_a_burst) {
    RateLimiter limiter{{.each = Rate{.per_minute = 60, .burst = 3}}};
    EXPECT_EQ(allowed_of(limiter, key("a"), 10, start), 3);
    EXPECT_EQ(allowed_of(limiter, key("a"), 10, start + 24h), 3);
}

TEST(RateLimiter, keeps_one_principal_from_using_up_another_s_share) {
    RateLimiter limiter{{.each = Rate{.per_minute = 60, .burst = 2}}};
    EXPECT_EQ(allowed_of(limiter, key("busy"), 1000, start), 2);
    EXPECT_EQ(allowed_of(limiter, key("quiet"), 1, start), 1);
}

TEST(RateLimiter, holds_a_key_to_its_own_limits_also_where_there_are_no_others) {
    RateLimiter limiter{{.each = Rate{.per_minute = 60, .burst = 2}}};
    EXPECT_EQ(allowed_of(limiter, key("big", {.requests_per_minute = 600, .burst = 50}), 100, start), 50);
    EXPECT_EQ(allowed_of(limiter, key("rate", {.requests_per_minute = 600}), 100, start), 2);
    EXPECT_EQ(allowed_of(limiter, key("burst", {.burst = 7}), 100, start), 7);
    RateLimiter none{{}};
    EXPECT_EQ(allowed_of(none, key("a"), 100, start), 100);
    EXPECT_EQ(allowed_of(none, key("own", {.requests_per_minute = 60, .burst = 4}), 100, start), 4);
    EXPECT_EQ(allowed_of(none, key("burst", {.burst = 4}), 100, start), 100) << "a burst alone is no rate";
}

TEST(RateLimiter, bounds_all_together) {
    RateLimiter limiter{{.each = Rate{.per_minute = 600, .burst = 10}, .all = Rate{.per_minute = 60, .burst = 15}}};
    EXPECT_EQ(allowed_of(limiter, key("a"), 10, start), 10);
    EXPECT_EQ(allowed_of(limiter, key("b"), 10, start), 5);
    const auto refused = limiter.admit(key("b"), start);
    EXPECT_EQ(refused.refused_by, Bound::total);
    EXPECT_EQ(refused.retry_after, 1s);
}

TEST(RateLimiter, does_not_charge_a_principal_for_what_the_common_bound_refused) {
    RateLimiter limiter{{.each = Rate{.per_minute = 60, .burst = 3}, .all = Rate{.per_minute = 60, .burst = 1}}};
    EXPECT_TRUE(limiter.admit(key("other"), start).allowed());
    EXPECT_EQ(allowed_of(limiter, key("a"), 50, start), 0);
    EXPECT_TRUE(limiter.admit(key("a"), start + 1s).allowed());
    EXPECT_TRUE(limiter.admit(key("a"), start + 2s).allowed());
    EXPECT_TRUE(limiter.admit(key("a"), start + 3s).allowed());
}

TEST(RateLimiter, stays_bounded_and_forgets_the_idle_first) {
    RateLimiter limiter{{.each = Rate{.per_minute = 60, .burst = 2}, .most_principals = 160}};
    const auto busy = key("busy");
    for (int i = 0; i < 10000; ++i) {
        limiter.admit(key(std::to_string(i)), start + i * 1s);
        allowed_of(limiter, busy, 3, start + i * 1s);
        ASSERT_LE(limiter.remembered(), 160u);
        ASSERT_FALSE(limiter.admit(busy, start + i * 1s).allowed()) << "who asks all the time is never forgotten";
    }
}

TEST(RateLimiter, counts_right_with_many_threads) {
    RateLimiter limiter{{.each = Rate{.per_minute = 1, .burst = 500}, .all = Rate{.per_minute = 1, .burst = 900}}};
    std::atomic<int> allowed = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] { allowed += allowed_of(limiter, key(t % 2 == 0 ? "a" : "b"), 400, start); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(allowed, 900);
}

}  // namespace
