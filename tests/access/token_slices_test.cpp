#include "access/token_slices.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using access_control::Rate;
using access_control::TokenSlices;
using Bound = TokenSlices::Bound;
using MayAsk = TokenSlices::MayAsk;

constexpr base::TimePoint start{100h};
constexpr Rate small{.per_minute = 60, .burst = 20};
constexpr Rate large{.per_minute = 6'000, .burst = 200};

TokenSlices::Outcome ask(TokenSlices& slices, const Rate& each, base::TimePoint now = start) {
    return slices.admit("key:a", each, std::nullopt, now, MayAsk::yes);
}

TEST(TokenSlices, asks_one_by_one_where_the_burst_is_small) {
    EXPECT_EQ(TokenSlices::slice_of(small), 1);
    EXPECT_EQ(TokenSlices::slice_of(large), 10);
    EXPECT_EQ(TokenSlices::slice_of({.per_minute = 1, .burst = 1}), 1);
    EXPECT_EQ(TokenSlices::slice_of({.per_minute = 1'000'000, .burst = 1'000'000}), 64);
    TokenSlices slices;
    for (int i = 0; i < 3; ++i) {
        const auto outcome = ask(slices, small);
        ASSERT_FALSE(outcome.verdict);
        ASSERT_EQ(outcome.ask.parts.size(), 1u);
        EXPECT_EQ(outcome.ask.parts[0].want, 1);
        EXPECT_TRUE(slices.answered(outcome.ask, {.empty = {}, .wait = {}, .tokens = {1, 0}}, start).allowed());
    }
}

TEST(TokenSlices, lets_in_what_was_taken_ahead_without_asking) {
    TokenSlices slices;
    const auto first = ask(slices, large);
    ASSERT_FALSE(first.verdict);
    EXPECT_EQ(first.ask.parts[0].want, 10);
    EXPECT_TRUE(slices.answered(first.ask, {.empty = {}, .wait = {}, .tokens = {10, 0}}, start).allowed());
    for (int i = 0; i < 9; ++i) {
        const auto outcome = ask(slices, large);
        ASSERT_TRUE(outcome.verdict) << i;
        EXPECT_TRUE(outcome.verdict->allowed());
    }
    EXPECT_FALSE(ask(slices, large).verdict);
}

TEST(TokenSlices, gets_one_slice_at_a_time) {
    TokenSlices slices;
    const auto first = ask(slices, large);
    const auto second = ask(slices, large);
    EXPECT_EQ(first.ask.parts[0].want, 10);
    EXPECT_EQ(second.ask.parts[0].want, 1) << "the slice is on its way already";
    slices.answered(second.ask, {.empty = {}, .wait = {}, .tokens = {1, 0}}, start);
    EXPECT_EQ(ask(slices, large).ask.parts[0].want, 1) << "still on its way";
    slices.unanswered(first.ask);
    EXPECT_EQ(ask(slices, large).ask.parts[0].want, 10) << "it never came";
}

TEST(TokenSlices, throws_away_what_lay_unused_for_as_long_as_the_bucket_needs_to_make_up_for_it) {
    TokenSlices slices;
    const auto first = ask(slices, large);
    slices.answered(first.ask, {.empty = {}, .wait = {}, .tokens = {10, 0}}, start);
    EXPECT_TRUE(slices.admit("key:a", large, {}, start + 99ms, MayAsk::no).verdict);
    EXPECT_FALSE(slices.admit("key:a", large, {}, start + 100ms, MayAsk::no).verdict);
}

TEST(TokenSlices, remembers_that_the_bucket_is_empty) {
    TokenSlices slices;
    const auto first = ask(slices, small);
    const auto refused = slices.answered(first.ask, {.empty = 0, .wait = 700ms, .tokens = {}}, start);
    EXPECT_EQ(refused.refused_by, Bound::principal);
    EXPECT_EQ(refused.retry_after, 700ms);
    const auto again = ask(slices, small, start + 200ms);
    ASSERT_TRUE(again.verdict);
    EXPECT_EQ(again.verdict->retry_after, 500ms);
    EXPECT_FALSE(ask(slices, small, start + 700ms).verdict) << "ask again";
    EXPECT_FALSE(slices.admit("key:b", small, {}, start, MayAsk::yes).verdict) << "another caller has its own";
}

TEST(TokenSlices, keeps_a_callers_token_when_all_together_ask_too_much) {
    TokenSlices slices;
    const auto both = [&](base::TimePoint now) { return slices.admit("key:a", large, small, now, MayAsk::yes); };
    const auto first = both(start);
    ASSERT_EQ(first.ask.parts.size(), 2u);
    slices.answered(first.ask, {.empty = {}, .wait = {}, .tokens = {2, 1}}, start);
    const auto second = both(start);
    ASSERT_FALSE(second.verdict);
    ASSERT_EQ(second.ask.parts.size(), 1u) << "only all callers' bucket is asked";
    EXPECT_EQ(second.ask.parts[0].bound, Bound::total);
    const auto refused = slices.answered(second.ask, {.empty = 0, .wait = 1ms, .tokens = {}}, start);
    EXPECT_EQ(refused.refused_by, Bound::total);
    const auto third = both(start + 1ms);
    ASSERT_EQ(third.ask.parts.size(), 1u) << "the caller's own token was given back";
    EXPECT_EQ(third.ask.held.size(), 1u);
}

TEST(TokenSlices, changes_nothing_where_it_may_not_ask) {
    TokenSlices slices;
    EXPECT_FALSE(slices.admit("key:a", large, {}, start, MayAsk::no).verdict);
    EXPECT_EQ(ask(slices, large).ask.parts[0].want, 10);
}

}  // namespace
