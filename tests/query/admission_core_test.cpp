#include "query/admission_core.hpp"

#include <gtest/gtest.h>

namespace {

using query::AdmissionCore;
using Verdict = AdmissionCore::Verdict;

TEST(AdmissionCore, lets_exactly_as_many_run_as_allowed) {
    AdmissionCore core{{.running = 2, .waiting = 10}};
    EXPECT_EQ(core.ask("a", 1), Verdict::go);
    EXPECT_EQ(core.ask("a", 2), Verdict::go);
    EXPECT_EQ(core.ask("a", 3), Verdict::wait);
    EXPECT_EQ(core.running(), 2U);
    EXPECT_EQ(core.waiting(), 1U);
}

TEST(AdmissionCore, refuses_when_the_queue_is_full_and_not_one_earlier) {
    AdmissionCore core{{.running = 1, .waiting = 2}};
    core.ask("a", 1);
    EXPECT_EQ(core.ask("a", 2), Verdict::wait);
    EXPECT_EQ(core.ask("b", 3), Verdict::wait);
    EXPECT_EQ(core.ask("c", 4), Verdict::full);
    EXPECT_EQ(core.done(), 2U);
    EXPECT_EQ(core.ask("c", 5), Verdict::wait) << "a place became free";
}

TEST(AdmissionCore, without_a_queue_either_runs_or_refuses) {
    AdmissionCore core{{.running = 1, .waiting = 0}};
    EXPECT_EQ(core.ask("a", 1), Verdict::go);
    EXPECT_EQ(core.ask("a", 2), Verdict::full);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.ask("a", 3), Verdict::go);
}

TEST(AdmissionCore, takes_principals_in_turn_whoever_came_with_many) {
    AdmissionCore core{{.running = 1, .waiting = 100}};
    core.ask("busy", 0);
    for (AdmissionCore::Ticket ticket = 1; ticket <= 5; ++ticket) core.ask("busy", ticket);
    core.ask("alice", 11);
    core.ask("alice", 12);
    core.ask("bob", 21);
    std::vector<AdmissionCore::Ticket> order;
    while (const auto next = core.done()) order.push_back(*next);
    EXPECT_EQ(order, (std::vector<AdmissionCore::Ticket>{1, 11, 21, 2, 12, 3, 4, 5}));
    EXPECT_EQ(core.running(), 0U);
}

TEST(AdmissionCore, serves_one_principal_in_the_order_of_asking) {
    AdmissionCore core{{.running = 1, .waiting = 100}};
    core.ask("a", 0);
    for (AdmissionCore::Ticket ticket = 1; ticket <= 3; ++ticket) core.ask("a", ticket);
    EXPECT_EQ(core.done(), 1U);
    EXPECT_EQ(core.done(), 2U);
    EXPECT_EQ(core.done(), 3U);
}

TEST(AdmissionCore, forgets_who_left) {
    AdmissionCore core{{.running = 1, .waiting = 2}};
    core.ask("a", 0);
    core.ask("a", 1);
    core.ask("b", 2);
    EXPECT_TRUE(core.leave(1));
    EXPECT_FALSE(core.leave(1)) << "once";
    EXPECT_EQ(core.waiting(), 1U);
    EXPECT_EQ(core.ask("c", 3), Verdict::wait);
    EXPECT_EQ(core.done(), 2U);
    EXPECT_EQ(core.done(), 3U);
    EXPECT_EQ(core.done(), std::nullopt);
}

TEST(AdmissionCore, nobody_passes_those_who_wait) {
    AdmissionCore core{{.running = 2, .waiting = 2}};
    core.ask("a", 0);
    core.ask("a", 1);
    core.ask("a", 2);
    EXPECT_EQ(core.done(), 2U) << "the place goes to who waits";
    EXPECT_EQ(core.running(), 2U);
    EXPECT_EQ(core.ask("b", 3), Verdict::wait);
}

TEST(AdmissionCore, a_lower_limit_holds_as_soon_as_enough_have_ended) {
    AdmissionCore core{{.running = 3, .waiting = 5}};
    for (AdmissionCore::Ticket ticket = 0; ticket < 5; ++ticket) core.ask("a", ticket);
    core.limit_running(1);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.running(), 1U);
    EXPECT_EQ(core.done(), 3U) << "one goes, one comes";
    EXPECT_EQ(core.done(), 4U);
    EXPECT_EQ(core.done(), std::nullopt);
    EXPECT_EQ(core.running(), 0U);
}

}  // namespace
