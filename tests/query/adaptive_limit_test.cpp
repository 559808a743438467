#include "query/adaptive_limit.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using query::AdaptiveLimit;
using Outcome = AdaptiveLimit::Outcome;

/// A warehouse that is asked as much as the limit lets through.
struct Load {
    AdaptiveLimit limit;
    base::TimePoint now{1h};

    void round(std::chrono::nanoseconds took, Outcome outcome = Outcome::good) {
        const auto count = std::max<std::size_t>(8, limit.limit());
        for (std::size_t i = 0; i < count; ++i) {
            now += 1ms;
            limit.ended(now, took, outcome, limit.limit());
        }
    }
};

TEST(AdaptiveLimit, begins_at_the_bound_and_stays_where_all_is_well) {
    Load load{AdaptiveLimit{{.least = 1, .most = 20}}};
    for (int i = 0; i < 50; ++i) load.round(50ms);
    EXPECT_EQ(load.limit.limit(), 20U);
}

TEST(AdaptiveLimit, falls_on_overload_and_comes_back) {
    Load load{AdaptiveLimit{{.least = 1, .most = 20}}};
    load.round(50ms);
    for (int i = 0; i < 5; ++i) {
        load.now += 2s;
        load.limit.ended(load.now, 50ms, Outcome::overloaded, 20);
        load.now += 2s;
        load.limit.ended(load.now, 50ms, Outcome::overloaded, 20);
    }
    const auto fallen = load.limit.limit();
    EXPECT_LT(fallen, 15U);
    for (int i = 0; i < 60; ++i) load.round(50ms);
    EXPECT_EQ(load.limit.limit(), 20U);
}

TEST(AdaptiveLimit, falls_where_answers_take_much_longer) {
    Load load{AdaptiveLimit{{.least = 1, .most = 20}}};
    for (int i = 0; i < 5; ++i) load.round(50ms);
    for (int i = 0; i < 5; ++i) load.round(150ms);
    EXPECT_LT(load.limit.limit(), 20U);
}

TEST(AdaptiveLimit, never_falls_below_the_least) {
    Load load{AdaptiveLimit{{.least = 3, .most = 20}}};
    for (int i = 0; i < 500; ++i) {
        load.now += 2s;
        load.limit.ended(load.now, 1s, Outcome::overloaded, 20);
    }
    EXPECT_EQ(load.limit.limit(), 3U);
}

TEST(AdaptiveLimit, an_idle_server_says_nothing_about_it) {
    Load load{AdaptiveLimit{{.least = 1, .most = 20}}};
    load.round(10ms);
    for (int i = 0; i < 100; ++i) {
        load.now += 1ms;
        load.limit.ended(load.now, 500ms, Outcome::good, 0);
    }
    EXPECT_EQ(load.limit.limit(), 20U);
}

TEST(AdaptiveLimit, follows_a_bound_that_changes) {
    AdaptiveLimit limit{{.least = 1, .most = 20}};
    limit.bound({.least = 1, .most = 5});
    EXPECT_EQ(limit.limit(), 5U);
}

}  // namespace
