#include "backend/snowflake/session/retry_policy.hpp"

#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

using namespace std::chrono_literals;
using How = FailedAttempt::How;

const base::TimePoint start{};
const base::TimePoint far = start + 24h;

FailedAttempt status(int code) { return {.how = How::status, .status = code, .retry_after = {}}; }
FailedAttempt broke(How how) { return {.how = how, .status = 0, .retry_after = {}}; }

TEST(RetryPolicy, tries_again_what_may_pass) {
    for (const int code : {408, 429, 500, 502, 503, 504, 599}) {
        RetryPolicy policy{Repeat::freely};
        EXPECT_TRUE(policy.next(status(code), start, far, 0.5)) << code;
    }
    for (const How how : {How::unsent, How::lost, How::broken_body}) {
        RetryPolicy policy{Repeat::freely};
        EXPECT_TRUE(policy.next(broke(how), start, far, 0.5));
    }
}

TEST(RetryPolicy, does_not_repeat_what_was_answered_for_good) {
    for (const int code : {400, 401, 403, 404, 405, 422, 307}) {
        RetryPolicy policy{Repeat::freely};
        EXPECT_FALSE(policy.next(status(code), start, far, 0.5)) << code;
    }
}

TEST(RetryPolicy, a_write_goes_out_again_only_where_the_server_cannot_have_begun_it) {
    const auto again = [](FailedAttempt failed) {
        RetryPolicy policy{Repeat::only_if_unseen};
        return policy.next(failed, start, far, 0.5).has_value();
    };
    EXPECT_TRUE(again(broke(How::unsent)));
    EXPECT_TRUE(again(status(429)));
    EXPECT_FALSE(again(broke(How::lost)));
    EXPECT_FALSE(again(broke(How::broken_body)));
    for (const int code : {408, 500, 502, 503, 504}) EXPECT_FALSE(again(status(code))) << code;
}

TEST(RetryPolicy, waits_longer_each_time_up_to_sixteen_seconds) {
    RetryPolicy policy{Repeat::freely, {.attempts = 12}};
    auto last = 0ms;
    for (int i = 0; i < 8; ++i) {
        const auto wait = policy.next(status(503), start, far, 0.999);
        ASSERT_TRUE(wait);
        EXPECT_GE(*wait, last);
        EXPECT_LE(*wait, 16s);
        last = *wait;
    }
    EXPECT_EQ(last, 16s);
}

TEST(RetryPolicy, jitter_spreads_the_waits) {
    RetryPolicy low{Repeat::freely};
    RetryPolicy high{Repeat::freely};
    (void)low.next(status(503), start, far, 0.9);
    (void)high.next(status(503), start, far, 0.9);
    EXPECT_LT(*low.next(status(503), start, far, 0.0), *high.next(status(503), start, far, 0.9));
}

TEST(RetryPolicy, hardly_waits_after_the_first_broken_connection) {
    RetryPolicy policy{Repeat::freely};
    EXPECT_EQ(policy.next(broke(How::lost), start, far, 0.0), 0ms);
    EXPECT_GE(policy.next(broke(How::lost), start, far, 0.0), 250ms);
}

TEST(RetryPolicy, honours_what_the_server_asks_for) {
    RetryPolicy policy{Repeat::freely};
    EXPECT_EQ(policy.next({.how = How::status, .status = 429, .retry_after = 7s}, start, far, 0.1), 7s);
}

TEST(RetryPolicy, begins_no_wait_that_the_deadline_would_cut) {
    RetryPolicy policy{Repeat::freely};
    const FailedAttempt asked{.how = How::status, .status = 503, .retry_after = 10s};
    EXPECT_FALSE(policy.next(asked, start, start + 10s, 0.1));
    RetryPolicy patient{Repeat::freely};
    EXPECT_TRUE(patient.next(asked, start, start + 11s, 0.1));
}

TEST(RetryPolicy, gives_up_after_the_last_attempt_and_counts_anew_after_a_success) {
    RetryPolicy policy{Repeat::freely, {.attempts = 3}};
    EXPECT_TRUE(policy.next(status(500), start, far, 0.1));
    EXPECT_TRUE(policy.next(status(500), start, far, 0.1));
    EXPECT_FALSE(policy.next(status(500), start, far, 0.1));
    policy.succeeded();
    EXPECT_TRUE(policy.next(status(500), start, far, 0.1));
}

TEST(RetryAfter, is_read_in_seconds_and_bounded) {
    EXPECT_EQ(parse_retry_after("3"), 3s);
    EXPECT_EQ(parse_retry_after(" 3 "), 3s);
    EXPECT_EQ(parse_retry_after("0"), 0s);
    EXPECT_EQ(parse_retry_after("4000000"), 1h);
    EXPECT_FALSE(parse_retry_after(""));
    EXPECT_FALSE(parse_retry_after("-1"));
    EXPECT_FALSE(parse_retry_after("Wed, 21 Oct 2026 07:28:00 GMT"));
}

}  // namespace
}  // namespace backend::snowflake
