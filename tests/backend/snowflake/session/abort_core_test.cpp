#include "backend/snowflake/session/abort_core.hpp"

#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

using namespace std::chrono_literals;
using Do = AbortCore::Do;

TEST(AbortCore, ends_with_the_acknowledgement) {
    EXPECT_EQ(AbortCore{false}.replied(200, true, true, 0).what, Do::done);
    EXPECT_EQ(AbortCore{false}.replied(200, true, false, 604).what, Do::done);
    EXPECT_EQ(AbortCore{false}.replied(404, false, false, 0).what, Do::done) << "an emulator that cancels nothing";
}

TEST(AbortCore, asks_again_where_it_may_have_overtaken_the_statement) {
    AbortCore core{false};
    const std::chrono::milliseconds pauses[] = {200ms, 500ms, 1s, 2s};
    for (const auto pause : pauses) {
        const auto step = core.replied(200, true, false, 605);
        ASSERT_EQ(step.what, Do::wait);
        EXPECT_EQ(step.delay, pause);
    }
    EXPECT_EQ(core.replied(200, true, false, 605).what, Do::done);
}

TEST(AbortCore, a_statement_that_the_server_has_named_cannot_be_overtaken) {
    EXPECT_EQ(AbortCore{true}.replied(200, true, false, 605).what, Do::done);
}

TEST(AbortCore, has_the_token_renewed_but_not_for_ever) {
    AbortCore core{false};
    EXPECT_EQ(core.replied(200, true, false, 390112).what, Do::renew);
    EXPECT_EQ(core.replied(401, false, false, 0).what, Do::renew);
    EXPECT_EQ(core.replied(401, false, false, 0).what, Do::give_up);
}

TEST(AbortCore, outlasts_a_bad_network_for_a_while) {
    AbortCore core{false};
    for (int i = 1; i < AbortCore::most_failures; ++i) {
        const auto step = i % 2 == 0 ? core.failed() : core.replied(503, false, false, 0);
        ASSERT_EQ(step.what, Do::wait) << i;
        EXPECT_GE(step.delay, 200ms);
        EXPECT_LE(step.delay, 2s);
    }
    EXPECT_EQ(core.failed().what, Do::give_up);
}

TEST(AbortCore, a_refusal_is_final) { EXPECT_EQ(AbortCore{false}.replied(200, true, false, 3001).what, Do::give_up); }

}  // namespace
}  // namespace backend::snowflake
