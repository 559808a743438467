#include "backend/breaker.hpp"

#include <gtest/gtest.h>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr Breaker::Limits twice{
    .failures_to_open = 2, .passing = {.first = 10s, .longest = 25s}, .lasting = {.first = 60s, .longest = 100s}};
const base::TimePoint start{};

Breaker opened() {
    Breaker breaker{twice};
    breaker.failed(start);
    breaker.failed(start);
    return breaker;
}

TEST(Breaker, opens_at_the_last_allowed_failure_in_a_row) {
    Breaker breaker{twice};
    breaker.failed(start);
    EXPECT_TRUE(breaker.admit(start));
    breaker.failed(start);
    EXPECT_FALSE(breaker.admit(start));
    EXPECT_EQ(breaker.state(), Breaker::State::open);
}

TEST(Breaker, a_success_between_forgets_the_failure_before) {
    Breaker breaker{twice};
    breaker.failed(start);
    breaker.succeeded();
    breaker.failed(start);
    EXPECT_TRUE(breaker.admit(start));
}

TEST(Breaker, lets_one_probe_through_after_the_cool_down) {
    Breaker breaker = opened();
    EXPECT_FALSE(breaker.admit(start + 10s - 1ns));
    EXPECT_TRUE(breaker.would_admit(start + 10s));
    EXPECT_TRUE(breaker.admit(start + 10s));
    EXPECT_FALSE(breaker.admit(start + 10s)) << "a second caller must wait for the probe";
    EXPECT_FALSE(breaker.would_admit(start + 1h));
}

TEST(Breaker, says_how_long_it_stays_open) {
    Breaker breaker = opened();
    EXPECT_EQ(breaker.admit(start + 4s).error().retry_in, 6s);
    EXPECT_EQ(breaker.probe_at(), start + 10s);
}

TEST(Breaker, a_failed_probe_doubles_the_cool_down_up_to_the_longest) {
    Breaker breaker = opened();
    ASSERT_TRUE(breaker.admit(start + 10s));
    breaker.failed(start + 11s);
    EXPECT_EQ(breaker.probe_at(), start + 31s);
    ASSERT_TRUE(breaker.admit(start + 31s));
    breaker.failed(start + 31s);
    EXPECT_EQ(breaker.probe_at(), start + 56s) << "25 s at most";
}

TEST(Breaker, a_successful_probe_closes_it_and_the_next_cool_down_is_short_again) {
    Breaker breaker = opened();
    ASSERT_TRUE(breaker.admit(start + 10s));
    breaker.succeeded();
    EXPECT_EQ(breaker.state(), Breaker::State::closed);
    breaker.failed(start + 20s);
    breaker.failed(start + 20s);
    EXPECT_EQ(breaker.probe_at(), start + 30s);
}

TEST(Breaker, a_lasting_reason_opens_it_at_once_and_for_longer) {
    Breaker breaker{twice};
    breaker.failed_for_good(start);
    EXPECT_EQ(breaker.probe_at(), start + 60s);
    ASSERT_TRUE(breaker.admit(start + 60s));
    breaker.failed_for_good(start + 60s);
    EXPECT_EQ(breaker.probe_at(), start + 160s);
}

TEST(Breaker, failures_of_what_began_before_it_opened_change_nothing) {
    Breaker breaker = opened();
    breaker.failed(start + 9s);
    breaker.failed_for_good(start + 9s);
    EXPECT_EQ(breaker.probe_at(), start + 10s);
}

TEST(Breaker, a_probe_that_came_to_no_end_lets_the_next_caller_try) {
    Breaker breaker = opened();
    ASSERT_TRUE(breaker.admit(start + 10s));
    breaker.abandoned();
    EXPECT_TRUE(breaker.admit(start + 10s));
}

}  // namespace
}  // namespace backend
