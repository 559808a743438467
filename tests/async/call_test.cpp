#include "async/call.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/manual_worker.hpp"

namespace {

using namespace std::chrono_literals;
using async::Call;
using async::StopHook;
using async::StopReason;
using async_test::ManualWorker;

TEST(Call, costs_no_timer_until_something_waits) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    EXPECT_EQ(worker->wheel().size(), 0u);
    EXPECT_FALSE(call.stopped());
    const StopHook hook{call, [](StopReason) {}};
    EXPECT_EQ(worker->wheel().size(), 1u);
}

TEST(Call, gives_its_timer_back_when_it_ends) {
    ManualWorker worker;
    {
        Call call{worker, worker.parts(1s)};
        const StopHook hook{call, [](StopReason) {}};
    }
    EXPECT_EQ(worker->wheel().size(), 0u);
}

TEST(Call, tells_its_hooks_of_the_deadline) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    std::optional<StopReason> told;
    const StopHook hook{call, [&](StopReason reason) { told = reason; }};
    worker.pass(990ms);
    EXPECT_FALSE(told);
    worker.pass(20ms);
    EXPECT_EQ(told, StopReason::deadline);
    EXPECT_EQ(call.stop_reason(), StopReason::deadline);
}

TEST(Call, sees_its_deadline_without_anybody_waiting) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    EXPECT_EQ(call.left(), 1000ms);
    worker.pass(1s);
    EXPECT_TRUE(call.stopped());
    EXPECT_EQ(call.left(), 0ms);
    worker.pass(1s);
    EXPECT_EQ(call.left(), 0ms) << "never negative";
}

TEST(Call, has_time_left_until_the_very_last_microsecond) {
    ManualWorker worker;
    auto parts = worker.parts(0ms);
    parts.deadline += 1us;
    Call call{worker, parts};
    EXPECT_FALSE(call.stopped());
    EXPECT_EQ(call.left(), 1ms);
}

TEST(Call, keeps_the_first_reason) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    int runs = 0;
    const StopHook hook{call, [&](StopReason) { ++runs; }};
    call.stop(StopReason::client);
    call.stop(StopReason::drain);
    worker.pass(2s);
    EXPECT_EQ(call.stop_reason(), StopReason::client);
    EXPECT_EQ(runs, 1);
}

TEST(Call, runs_a_hook_at_once_when_it_has_stopped_before) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    call.stop(StopReason::drain);
    std::optional<StopReason> told;
    const StopHook hook{call, [&](StopReason reason) { told = reason; }};
    EXPECT_EQ(told, StopReason::drain);
}

TEST(Call, lets_a_hook_take_out_others_and_add_new_ones) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    std::vector<std::string> ran;
    std::optional<StopHook> first;
    std::optional<StopHook> added;
    first.emplace(call, [&](StopReason) { ran.emplace_back("first"); });
    const StopHook second{call, [&](StopReason) {
                              ran.emplace_back("second");
                              first.reset();
                              added.emplace(call, [&](StopReason) { ran.emplace_back("added"); });
                          }};
    call.stop(StopReason::client);
    EXPECT_EQ(ran, (std::vector<std::string>{"second", "added"}));
}

TEST(Call, lets_a_hook_destroy_itself) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    auto witness = std::make_shared<int>(0);
    std::optional<StopHook> hook;
    hook.emplace(call, [&hook, witness](StopReason) {
        hook.reset();
        ++*witness;
    });
    call.stop(StopReason::client);
    EXPECT_EQ(*witness, 1);
}

TEST(Call, narrows_the_deadline_of_a_child_and_never_widens_it) {
    ManualWorker worker;
    Call parent{worker, worker.parts(1s)};
    Call shorter{parent, worker.now() + 300ms};
    Call longer{parent, worker.now() + 1h};
    EXPECT_EQ(shorter.deadline(), worker.now() + 300ms);
    EXPECT_EQ(longer.deadline(), parent.deadline());
    std::optional<StopReason> of_shorter;
    std::optional<StopReason> of_longer;
    {
        const StopHook a{shorter, [&](StopReason reason) { of_shorter = reason; }};
        const StopHook b{longer, [&](StopReason reason) { of_longer = reason; }};
        worker.pass(310ms);
        EXPECT_EQ(of_shorter, StopReason::deadline);
        EXPECT_FALSE(of_longer);
        EXPECT_FALSE(parent.stopped());
        worker.pass(700ms);
    }
    EXPECT_EQ(of_longer, StopReason::deadline);
}

TEST(Call, stops_a_child_with_its_parent_and_not_the_other_way_round) {
    ManualWorker worker;
    Call parent{worker, worker.parts(1s)};
    Call child{parent, worker.now() + 500ms};
    Call grandchild{child, worker.now() + 400ms};
    std::optional<StopReason> told;
    const StopHook hook{grandchild, [&](StopReason reason) { told = reason; }};
    Call sibling{parent, worker.now() + 500ms};
    sibling.stop(StopReason::client);
    EXPECT_FALSE(parent.stopped());
    EXPECT_FALSE(child.stopped());
    parent.stop(StopReason::drain);
    EXPECT_EQ(told, StopReason::drain);
    EXPECT_EQ(child.stop_reason(), StopReason::drain);
}

TEST(Call, sees_a_stopped_parent_without_anybody_waiting) {
    ManualWorker worker;
    Call parent{worker, worker.parts(1s)};
    Call child{parent, worker.now() + 500ms};
    parent.stop(StopReason::client);
    EXPECT_EQ(child.stop_reason(), StopReason::client);
}

TEST(Call, shares_who_asks_and_the_progress_sink_with_its_children) {
    ManualWorker worker;
    auto parts = worker.parts(1s);
    std::vector<double> reported;
    parts.progress = [&](const async::Progress& progress) { reported.push_back(progress.progress); };
    parts.trace.trace_id = "0af7651916cd43dd8448eb211c80319c";
    Call parent{worker, parts};
    Call child{parent, worker.now() + 500ms};
    EXPECT_EQ(&child.principal(), &parent.principal());
    EXPECT_EQ(child.request_id(), "1");
    EXPECT_EQ(child.trace().trace_id, parent.trace().trace_id);
    ASSERT_TRUE(child.wants_progress());
    child.report({.progress = 0.5});
    EXPECT_EQ(reported, std::vector{0.5});
}

TEST(Call, says_what_did_not_end_and_within_what_time) {
    ManualWorker worker;
    Call call{worker, worker.parts(300s)};
    worker.pass(300s);
    const auto error = call.stopped_error(base::Stage::query);
    EXPECT_EQ(error.kind(), base::Kind::timeout);
    EXPECT_EQ(error.stage(), base::Stage::query);
    EXPECT_EQ(error.message(), "the query did not end within 300 s");
    Call half{worker, worker.parts(1500ms)};
    worker.pass(2s);
    EXPECT_EQ(half.stopped_error(base::Stage::pool).message(), "no session of the pool became free within 1.5 s");
}

TEST(Call, says_who_stopped_it) {
    ManualWorker worker;
    Call left{worker, worker.parts(1s)};
    left.stop(StopReason::client);
    EXPECT_EQ(left.stopped_error(base::Stage::queue).kind(), base::Kind::cancelled);
    EXPECT_EQ(left.stopped_error(base::Stage::queue).message(), "the client cancelled the request");
    Call drained{worker, worker.parts(1s)};
    drained.stop(StopReason::drain);
    EXPECT_EQ(drained.stopped_error(base::Stage::queue).kind(), base::Kind::cancelled);
    EXPECT_NE(drained.stopped_error(base::Stage::queue).message().find("shutting down"), std::string::npos);
}

TEST(Call, may_have_no_deadline) {
    ManualWorker worker;
    auto parts = worker.parts(0ms);
    parts.deadline = base::TimePoint::max();
    Call call{worker, parts};
    const StopHook hook{call, [](StopReason) {}};
    EXPECT_EQ(worker->wheel().size(), 0u);
    EXPECT_GT(call.left(), std::chrono::hours{24 * 365});
}

}  // namespace
