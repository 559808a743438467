#include "query/admission_core.hpp"

#include <gtest/gtest.h>

namespace {

using query::AdmissionCore;
using Verdict = AdmissionCore::Verdict;
using Urgency = AdmissionCore::Urgency;
using namespace std::chrono_literals;

Verdict ask(AdmissionCore& core, std::string_view who, AdmissionCore::Ticket ticket,
            Urgency urgency = Urgency::normal) {
    return core.ask({.principal = who, .ticket = ticket, .urgency = urgency}).verdict;
}

TEST(AdmissionCore, lets_exactly_as_many_run_as_allowed) {
    AdmissionCore core{{.running = 2, .waiting = 10}};
    EXPECT_EQ(ask(core, "a", 1), Verdict::go);
    EXPECT_EQ(ask(core, "a", 2), Verdict::go);
    EXPECT_EQ(ask(core, "a", 3), Verdict::wait);
    EXPECT_EQ(core.running(), 2U);
    EXPECT_EQ(core.waiting(), 1U);
}

TEST(AdmissionCore, refuses_when_the_queue_is_full_and_not_one_earlier) {
    AdmissionCore core{{.running = 1, .waiting = 2}};
    ask(core, "a", 1);
    EXPECT_EQ(ask(core, "a", 2), Verdict::wait);
    EXPECT_EQ(ask(core, "b", 3), Verdict::wait);
    EXPECT_EQ(ask(core, "c", 4), Verdict::full);
    EXPECT_EQ(core.done(), 2U);
    EXPECT_EQ(ask(core, "c", 5), Verdict::wait) << "a place became free";
}

TEST(AdmissionCore, without_a_queue_either_runs_or_refuses) {
    AdmissionCore core{{.running = 1, .waiting = 0}};
    EXPECT_EQ(ask(core, "a", 1), Verdict::go);
    EXPECT_EQ(ask(core, "a", 2), Verdict::full);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(ask(core, "a", 3), Verdict::go);
}

TEST(AdmissionCore, takes_principals_in_turn_whoever_came_with_many) {
    AdmissionCore core{{.running = 1, .waiting = 100}};
    ask(core, "busy", 0);
    for (AdmissionCore::Ticket ticket = 1; ticket <= 5; ++ticket) ask(core, "busy", ticket);
    ask(core, "alice", 11);
    ask(core, "alice", 12);
    ask(core, "bob", 21);
    std::vector<AdmissionCore::Ticket> order;
    while (const auto next = core.done()) order.push_back(*next);
    EXPECT_EQ(order, (std::vector<AdmissionCore::Ticket>{1, 11, 21, 2, 12, 3, 4, 5}));
    EXPECT_EQ(core.running(), 0U);
}

TEST(AdmissionCore, serves_one_principal_in_the_order_of_asking) {
    AdmissionCore core{{.running = 1, .waiting = 100}};
    ask(core, "a", 0);
    for (AdmissionCore::Ticket ticket = 1; ticket <= 3; ++ticket) ask(core, "a", ticket);
    EXPECT_EQ(core.done(), 1U);
    EXPECT_EQ(core.done(), 2U);
    EXPECT_EQ(core.done(), 3U);
}

TEST(AdmissionCore, forgets_who_left) {
    AdmissionCore core{{.running = 1, .waiting = 2}};
    ask(core, "a", 0);
    ask(core, "a", 1);
    ask(core, "b", 2);
    EXPECT_TRUE(core.leave(1));
    EXPECT_FALSE(core.leave(1)) << "once";
    EXPECT_EQ(core.waiting(), 1U);
    EXPECT_EQ(ask(core, "c", 3), Verdict::wait);
    EXPECT_EQ(core.done(), 2U);
    EXPECT_EQ(core.done(), 3U);
    EXPECT_EQ(core.done(), std::nullopt);
}

TEST(AdmissionCore, nobody_passes_those_who_wait) {
    AdmissionCore core{{.running = 2, .waiting = 2}};
    ask(core, "a", 0);
    ask(core, "a", 1);
    ask(core, "a", 2);
    EXPECT_EQ(core.done(), 2U) << "the place goes to who waits";
    EXPECT_EQ(core.running(), 2U);
    EXPECT_EQ(ask(core, "b", 3), Verdict::wait);
}

TEST(AdmissionCore, a_lower_limit_holds_as_soon_as_enough_have_ended) {
    AdmissionCore core{{.running = 3, .waiting = 5}};
    for (AdmissionCore::Ticket ticket = 0; ticket < 5; ++ticket) ask(core, "a", ticket);
    core.limit_running(1);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.running(), 1U);
    EXPECT_EQ(core.done(), 3U) << "one goes, one comes";
    EXPECT_EQ(core.done(), 4U);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.running(), 0U);
}

TEST(AdmissionCore, quick_questions_go_first_but_not_for_ever) {
    AdmissionCore core{{.running = 1, .waiting = 100}};
    ask(core, "a", 0);
    for (AdmissionCore::Ticket ticket = 1; ticket <= 3; ++ticket) ask(core, "a", ticket);
    for (AdmissionCore::Ticket ticket = 11; ticket <= 15; ++ticket) ask(core, "b", ticket, Urgency::quick);
    std::vector<AdmissionCore::Ticket> order;
    while (const auto next = core.done()) order.push_back(*next);
    EXPECT_EQ(order, (std::vector<AdmissionCore::Ticket>{11, 12, 13, 1, 14, 15, 2, 3}));
}

TEST(AdmissionCore, refuses_at_once_who_would_not_be_served_in_time) {
    AdmissionCore core{{.running = 2, .waiting = 100}};
    ask(core, "a", 0);
    EXPECT_EQ(core.ask({.principal = "a", .ticket = 1, .left = 1ns}).verdict, Verdict::go) << "a place is free";
    EXPECT_EQ(core.ask({.principal = "a", .ticket = 2, .left = 1ns}).verdict, Verdict::wait) << "nothing is known yet";
    EXPECT_EQ(core.done(10s), 2U);
    ASSERT_EQ(core.pace(), 10s);
    for (AdmissionCore::Ticket ticket = 10; ticket < 13; ++ticket) ask(core, "a", ticket);
    // Three ahead, then this one: four at 10 s each, two at once.
    const auto just = core.ask({.principal = "a", .ticket = 20, .left = 20s});
    EXPECT_EQ(just.verdict, Verdict::wait);
    EXPECT_EQ(just.expected, 20s);
    EXPECT_TRUE(core.leave(20));
    const auto late = core.ask({.principal = "a", .ticket = 21, .left = 20s - 1ns});
    EXPECT_EQ(late.verdict, Verdict::too_late);
    EXPECT_EQ(late.expected, 20s);
    const auto other = core.ask({.principal = "b", .ticket = 22, .left = 10s});
    EXPECT_EQ(other.verdict, Verdict::wait) << "its turn comes after one of the other's";
}

TEST(AdmissionCore, more_places_let_more_begin) {
    AdmissionCore core{{.running = 1, .waiting = 100}};
    for (AdmissionCore::Ticket ticket = 0; ticket < 4; ++ticket) ask(core, "a", ticket);
    EXPECT_EQ(core.next(), std::nullopt);
    core.limit_running(3);
    EXPECT_EQ(core.next(), 1U);
    EXPECT_EQ(core.next(), 2U);
    EXPECT_EQ(core.next(), std::nullopt);
    core.limit_running(1);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.done(), 3U);
}

}  // namespace
