// Lending: who gets which session, in what order.
#include "backend/pool_core.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/core_stand.hpp"

namespace backend_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Context sales{.database = "SALES"};
const Context hr{.database = "HR"};
const PoolCore::Seen in_sales{.context = Context{.database = "SALES", .schema = "PUBLIC"}};
const PoolCore::Seen in_hr{.context = Context{.database = "HR", .schema = "PUBLIC"}};

TEST(PoolCore, logs_in_for_the_first_caller_and_lends_what_came_of_it) {
    CoreStand stand{{}};
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("log in 1 as '' for caller 1"));
    stand.logged_in(1);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 1"));
    EXPECT_EQ(stand.figures().active, 1);
}

TEST(PoolCore, lends_the_most_recently_used_first) {
    CoreStand stand{{}};
    stand.open_sessions(2);
    stand.arrive();
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("lend session 2 to caller 3", "lend session 1 to caller 4"));
    stand.give_back(2);
    stand.now += 1s;
    stand.give_back(1);
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 5"));
}

TEST(PoolCore, prefers_a_session_that_is_in_the_context_already) {
    CoreStand stand{{.max_size = 2}};
    stand.open_sessions(2);
    stand.arrive();
    stand.arrive();
    stand.give_back(1, in_sales);
    stand.now += 1s;
    stand.give_back(2, in_hr);
    stand.done();
    stand.arrive(sales);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 5"));
    stand.arrive(sales);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 2 to caller 6 (switch)")) << "any session is better than none";
    EXPECT_EQ(stand.figures().context_switches, 1u);
}

TEST(PoolCore, a_session_left_in_another_context_needs_a_switch_back) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1, {.database = "SALES", .schema = "PUBLIC"});
    stand.arrive(hr);
    stand.give_back(1, in_hr);
    stand.done();
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3 (switch)"))
        << "who names nothing gets the connection's own, not the last caller's";
}

TEST(PoolCore, an_unknown_context_needs_a_switch) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.give_back(1, {.context = std::nullopt});
    stand.done();
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3 (switch)"));
}

TEST(PoolCore, serves_waiters_in_the_order_they_came) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    for (int i = 0; i < 3; ++i) stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 2"));
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3"));
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 4"));
}

TEST(PoolCore, a_newcomer_queues_behind_who_waits) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive(hr);
    stand.done();
    stand.give_back(1, in_hr);
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3"));
    EXPECT_EQ(stand.figures().waiting, 1);
}

TEST(PoolCore, who_has_left_gets_nothing) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.leave(stand.arrive());
    stand.arrive();
    stand.done();
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 4"));
}

TEST(PoolCore, a_waiter_of_the_same_context_goes_first_to_save_a_switch) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive(sales);
    stand.arrive(hr);
    stand.arrive(sales);
    stand.done();
    stand.give_back(1, in_sales);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 4"));
    EXPECT_EQ(stand.figures().overtakes, 1u);
    stand.give_back(1, in_sales);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3 (switch)"));
}

TEST(PoolCore, nobody_is_overtaken_more_than_ten_times) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive(sales);
    const auto patient = stand.arrive(hr);
    for (int i = 0; i < 20; ++i) stand.arrive(sales);
    stand.done();
    for (int i = 0; i < PoolCore::max_overtakes; ++i) {
        stand.give_back(1, in_sales);
        ASSERT_NE(CoreStand::number(stand.last().ticket), patient) << "overtaken " << i << " times so far";
    }
    stand.give_back(1, in_sales);
    EXPECT_EQ(CoreStand::number(stand.last().ticket), patient);
}

TEST(PoolCore, an_unusable_session_is_never_lent_again) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive();
    stand.done();
    stand.give_back(1, {.usable = false});
    EXPECT_THAT(stand.done(), ElementsAre("close session 1")) << "the maximum holds until it is gone";
    stand.closed(1);
    EXPECT_THAT(stand.done(), ElementsAre("log in 2 as '' for caller 3"));
}

TEST(PoolCore, a_pause_lends_nothing_and_a_resume_serves_who_waited) {
    CoreStand stand{{.max_size = 2}};
    stand.open_sessions(1);
    stand.core.pause();
    stand.arrive();
    stand.arrive();
    EXPECT_THAT(stand.done(), IsEmpty());
    EXPECT_TRUE(stand.figures().paused);
    stand.core.resume(stand.now, stand.steps);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 2", "log in 2 as '' for caller 3"));
}

TEST(PoolCore, what_is_lent_when_a_pause_begins_comes_home) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive();
    stand.done();
    stand.core.pause();
    stand.give_back(1);
    EXPECT_THAT(stand.done(), IsEmpty());
    EXPECT_EQ(stand.figures().idle, 1);
}

TEST(PoolCore, a_drain_closes_what_is_idle_now_and_what_is_lent_later) {
    CoreStand stand{{.max_size = 2}};
    stand.open_sessions(2);
    stand.arrive();
    stand.done();
    stand.core.drain(stand.now, stand.steps);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
    stand.closed(1);
    stand.give_back(2);
    EXPECT_THAT(stand.done(), ElementsAre("close session 2"));
    stand.closed(2);
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("log in 3 as '' for caller 4")) << "callers get new ones";
}

TEST(PoolCore, the_end_refuses_who_waits_and_who_comes_and_closes_what_comes_home) {
    CoreStand stand{{.max_size = 2}};
    stand.open_sessions(1);
    stand.arrive();
    stand.arrive();
    stand.done();
    stand.core.stop(stand.now, base::Error{base::Kind::cancelled, "going down"}, stand.steps);
    EXPECT_THAT(stand.done(), ElementsAre("refuse caller 3: going down"));
    stand.arrive();
    EXPECT_THAT(stand.done(), ElementsAre("refuse caller 4: going down"));
    stand.give_back(1);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
    stand.logged_in(2);
    EXPECT_THAT(stand.done(), ElementsAre("close session 2")) << "a login that was under way";
}

TEST(PoolCore, knows_how_long_the_longest_waits_and_how_old_the_oldest_is) {
    CoreStand stand{{.max_size = 1}};
    stand.open_sessions(1);
    stand.arrive();
    stand.now += 2s;
    stand.arrive();
    stand.now += 3s;
    stand.arrive();
    EXPECT_EQ(stand.figures().longest_wait, 3s);
    EXPECT_EQ(stand.figures().oldest, 5s);
    EXPECT_EQ(stand.figures().waiting, 2);
}

}  // namespace
}  // namespace backend_test
