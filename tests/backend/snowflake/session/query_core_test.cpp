#include "backend/snowflake/session/query_core.hpp"

#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

using namespace std::chrono_literals;
using Do = QueryCore::Do;
using How = FailedAttempt::How;

/// A statement at a clock that stands.
struct Statement {
    explicit Statement(Repeat repeat, bool leave_running = false)
        : core{{.repeat = repeat, .leave_running = leave_running}} {
        EXPECT_EQ(core.begin().what, Do::submit);
        core.submitting();
    }
    explicit Statement(QueryCore given) : core{std::move(given)} {}

    QueryCore::Step replied(QueryCore::Reply reply) { return core.replied(reply, now, deadline, 0.5); }
    QueryCore::Step failed(How how) {
        return core.failed({.how = how, .status = 0, .retry_after = {}}, now, deadline, 0.5);
    }
    QueryCore::Step status(int code) { return replied({.status = code}); }

    QueryCore core;
    base::TimePoint now{};
    base::TimePoint deadline = now + 300s;
};

QueryCore::Reply answer() { return {.readable = true, .success = true, .query_id = "q"}; }
QueryCore::Reply refusal(int code, int status = 200) {
    return {.status = status, .readable = true, .success = false, .code = code};
}
QueryCore::Reply running(int code, std::chrono::milliseconds took = 45s) {
    return {.readable = true,
            .success = true,
            .code = code,
            .query_id = "q",
            .get_result_url = "/queries/q/result",
            .took = took};
}

TEST(QueryCore, ends_with_the_first_answer) {
    Statement read{Repeat::freely};
    EXPECT_EQ(read.replied(answer()).what, Do::finish);
    EXPECT_FALSE(read.core.needs_abort());
    EXPECT_EQ(read.core.query_id(), "q");
}

TEST(QueryCore, a_refused_statement_is_an_answer_too) {
    Statement read{Repeat::freely};
    EXPECT_EQ(read.replied(refusal(1003)).what, Do::finish);
    EXPECT_FALSE(read.core.needs_abort());
}

TEST(QueryCore, marks_a_read_that_is_sent_again) {
    Statement read{Repeat::freely};
    EXPECT_EQ(read.core.resend_count(), 1) << "one submission is out";
    EXPECT_EQ(read.status(503).what, Do::wait);
    EXPECT_EQ(read.core.waited().what, Do::submit);
    EXPECT_EQ(read.core.resend_count(), 1);
    EXPECT_EQ(read.core.resend_reason(), 503);
    read.core.submitting();
    (void)read.failed(How::lost);
    EXPECT_EQ(read.core.resend_count(), 2);
    EXPECT_EQ(read.core.resend_reason(), 0);
}

TEST(QueryCore, never_submits_a_write_twice_once_the_server_may_have_it) {
    for (const How how : {How::lost, How::broken_body}) {
        Statement write{Repeat::only_if_unseen};
        EXPECT_EQ(write.failed(how).what, Do::fail);
        EXPECT_TRUE(write.core.outcome_unknown());
        EXPECT_TRUE(write.core.needs_abort());
    }
    for (const int code : {408, 500, 502, 503, 504}) {
        Statement write{Repeat::only_if_unseen};
        EXPECT_EQ(write.status(code).what, Do::fail) << code;
        EXPECT_TRUE(write.core.outcome_unknown()) << code;
    }
}

TEST(QueryCore, submits_a_write_again_that_never_left) {
    Statement write{Repeat::only_if_unseen};
    EXPECT_EQ(write.failed(How::unsent).what, Do::wait);
    EXPECT_EQ(write.core.waited().what, Do::submit);
    EXPECT_FALSE(write.core.needs_abort());
    EXPECT_EQ(write.status(429).what, Do::wait);
    EXPECT_FALSE(write.core.outcome_unknown());
}

TEST(QueryCore, replays_what_was_refused_for_its_token_a_write_too) {
    for (const int code : {390112, 390104, 390111, 390114}) {
        Statement write{Repeat::only_if_unseen};
        const auto step = write.replied(refusal(code));
        EXPECT_EQ(step.what, Do::renew) << code;
        EXPECT_EQ(step.refused_code, code);
        EXPECT_EQ(write.core.token_ready().what, Do::submit);
    }
    Statement plain{Repeat::only_if_unseen};
    const auto step = plain.status(401);
    EXPECT_EQ(step.what, Do::renew);
    EXPECT_EQ(step.refused_code, 401);
}

TEST(QueryCore, does_not_renew_for_ever) {
    Statement read{Repeat::freely};
    int renewals = 0;
    while (read.replied(refusal(390112)).what == Do::renew) {
        ASSERT_LT(++renewals, 20);
        (void)read.core.token_ready();
        read.core.submitting();
    }
    EXPECT_GE(renewals, 2);
}

TEST(QueryCore, polls_at_once_while_the_server_holds_the_poll) {
    Statement read{Repeat::freely};
    EXPECT_EQ(read.replied(running(333333)).what, Do::poll);
    EXPECT_EQ(read.core.result_url(), "/queries/q/result");
    EXPECT_EQ(read.replied(running(333333)).what, Do::poll);
    EXPECT_EQ(read.replied(answer()).what, Do::finish);
    EXPECT_FALSE(read.core.needs_abort());
}

TEST(QueryCore, polls_a_detached_query_at_the_drivers_pace) {
    Statement read{Repeat::freely};
    const int halves[] = {1, 1, 2, 3, 4, 8, 10, 10};
    for (const int half : halves) {
        const auto step = read.replied(running(333334, 5ms));
        ASSERT_EQ(step.what, Do::wait);
        EXPECT_EQ(step.delay, half * 500ms);
        EXPECT_EQ(read.core.waited().what, Do::poll);
    }
}

TEST(QueryCore, does_not_spin_on_a_server_that_answers_at_once) {
    Statement read{Repeat::freely};
    (void)read.replied(running(333333, 1ms));
    EXPECT_EQ(read.replied(running(333333, 1ms)).what, Do::wait);
}

TEST(QueryCore, a_lost_poll_is_repeated_of_a_write_too) {
    Statement write{Repeat::only_if_unseen};
    (void)write.replied(running(333333));
    EXPECT_EQ(write.failed(How::lost).what, Do::wait);
    EXPECT_EQ(write.core.waited().what, Do::poll);
    EXPECT_EQ(write.status(503).what, Do::wait);
    EXPECT_EQ(write.core.waited().what, Do::poll);
    EXPECT_EQ(write.replied(refusal(390112)).what, Do::renew);
    EXPECT_EQ(write.core.token_ready().what, Do::poll);
    EXPECT_EQ(write.replied(answer()).what, Do::finish);
}

TEST(QueryCore, leaves_nothing_behind_when_it_gives_up) {
    Statement read{Repeat::freely};
    (void)read.replied(running(333334));
    EXPECT_TRUE(read.core.needs_abort());
    Statement unsent{Repeat::freely};
    unsent.core.left({.how = How::unsent, .status = 0, .retry_after = {}});
    EXPECT_FALSE(unsent.core.needs_abort()) << "it never left";
    Statement sent{Repeat::freely};
    sent.core.left({.how = How::lost, .status = 0, .retry_after = {}});
    EXPECT_TRUE(sent.core.needs_abort());
    EXPECT_FALSE(sent.core.outcome_unknown()) << "a read has no outcome";
}

TEST(QueryCore, an_asynchronous_submission_ends_when_it_runs) {
    Statement write{Repeat::only_if_unseen, true};
    EXPECT_EQ(write.replied(running(333334)).what, Do::finish);
    EXPECT_EQ(write.core.query_id(), "q");
    EXPECT_FALSE(write.core.needs_abort());
}

TEST(QueryCore, whoever_waits_for_anothers_query_does_not_cancel_it) {
    Statement other{QueryCore::of_running("q", {})};
    EXPECT_EQ(other.core.begin().what, Do::poll);
    (void)other.replied(running(333334));
    EXPECT_FALSE(other.core.needs_abort());
}

TEST(QueryCore, an_answer_with_status_500_is_not_asked_for_again) {
    Statement read{Repeat::freely};
    EXPECT_EQ(read.replied(refusal(261000, 500)).what, Do::finish) << "the statement was looked at and refused";
    Statement gateway{Repeat::freely};
    EXPECT_EQ(gateway.replied(refusal(261000, 503)).what, Do::wait);
    Statement proxy{Repeat::freely};
    EXPECT_EQ(proxy.replied(refusal(500, 500)).what, Do::wait) << "that repeats the status and says nothing";
}

TEST(QueryCore, a_body_that_is_no_answer_is_asked_for_again_once_it_is_a_read) {
    Statement read{Repeat::freely};
    EXPECT_EQ(read.status(200).what, Do::wait);
    Statement write{Repeat::only_if_unseen};
    EXPECT_EQ(write.status(200).what, Do::fail);
}

TEST(QueryCore, a_status_that_will_not_pass_ends_it) {
    for (const int code : {400, 403, 404, 405}) {
        Statement read{Repeat::freely};
        EXPECT_EQ(read.status(code).what, Do::fail) << code;
        EXPECT_FALSE(read.core.needs_abort()) << code;
    }
}

}  // namespace
}  // namespace backend::snowflake
