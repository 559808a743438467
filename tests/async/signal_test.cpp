#include "async/signal.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "async/manual_worker.hpp"

namespace {

using namespace std::chrono_literals;
using async::Call;
using async::Signal;
using async::StopReason;
using async::Task;
using async_test::ManualWorker;

using Answer = std::optional<StopReason>;

Task<void> wait_for(Signal& signal, Call& call, Answer& answer) { answer = co_await signal.wait(call); }

TEST(Signal, wakes_its_waiter_after_set_has_returned) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    Signal signal;
    Answer answer;
    worker.start(wait_for(signal, call, answer));
    EXPECT_FALSE(answer);
    signal.set();
    EXPECT_FALSE(answer) << "the waiter must not run inside set()";
    worker.settle();
    EXPECT_EQ(answer, StopReason::none);
    EXPECT_EQ(worker->wheel().size(), 1u) << "only the call's own deadline is left";
}

TEST(Signal, lets_a_waiter_through_that_comes_after_set) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    Signal signal;
    signal.set();
    signal.set();
    Answer answer;
    worker.start(wait_for(signal, call, answer));
    EXPECT_EQ(answer, StopReason::none);
    EXPECT_TRUE(signal.is_set());
    EXPECT_EQ(worker->wheel().size(), 0u) << "no timer for what does not wait";
}

TEST(Signal, can_be_used_again_after_reset) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    Signal signal;
    signal.set();
    signal.reset();
    Answer answer;
    worker.start(wait_for(signal, call, answer));
    EXPECT_FALSE(answer);
    signal.set();
    worker.settle();
    EXPECT_EQ(answer, StopReason::none);
}

TEST(Signal, ends_the_wait_at_the_deadline) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    Signal signal;
    Answer answer;
    worker.start(wait_for(signal, call, answer));
    worker.pass(990ms);
    EXPECT_FALSE(answer);
    worker.pass(20ms);
    EXPECT_EQ(answer, StopReason::deadline);
}

TEST(Signal, ends_the_wait_when_the_client_leaves) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    Signal signal;
    Answer answer;
    worker.start(wait_for(signal, call, answer));
    call.stop(StopReason::client);
    EXPECT_FALSE(answer) << "the waiter must not run inside stop()";
    worker.settle();
    EXPECT_EQ(answer, StopReason::client);
}

TEST(Signal, does_not_wait_for_a_call_that_has_stopped) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    call.stop(StopReason::drain);
    Signal signal;
    Answer answer;
    worker.start(wait_for(signal, call, answer));
    EXPECT_EQ(answer, StopReason::drain);
}

TEST(Signal, prefers_being_set_over_a_stop_of_the_same_moment) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    Signal signal;
    Answer answer;
    worker.start(wait_for(signal, call, answer));
    call.stop(StopReason::client);
    signal.set();
    worker.settle();
    EXPECT_EQ(answer, StopReason::none);

    Call other{worker, worker.parts(1s)};
    signal.reset();
    Answer second;
    worker.start(wait_for(signal, other, second));
    signal.set();
    other.stop(StopReason::client);
    worker.settle();
    EXPECT_EQ(second, StopReason::none);
}

TEST(Signal, may_be_destroyed_as_soon_as_it_was_set) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    auto signal = std::make_unique<Signal>();
    Answer answer;
    worker.start(wait_for(*signal, call, answer));
    signal->set();
    signal.reset();
    worker.settle();
    EXPECT_EQ(answer, StopReason::none);
}

struct Owner {
    std::unique_ptr<Signal> signal = std::make_unique<Signal>();
};

Task<void> wait_then_destroy(std::unique_ptr<Owner>& owner, Call& call, Answer& answer) {
    answer = co_await owner->signal->wait(call);
    owner.reset();
}

TEST(Signal, may_be_destroyed_by_the_waiter_that_it_woke) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    auto owner = std::make_unique<Owner>();
    Answer answer;
    worker.start(wait_then_destroy(owner, call, answer));
    owner->signal->set();
    ASSERT_NE(owner, nullptr) << "whoever sets it may still use it";
    worker.settle();
    EXPECT_EQ(owner, nullptr);
    EXPECT_EQ(answer, StopReason::none);
}

Task<void> wait_often(Signal& signal, Call& call, std::vector<StopReason>& answers) {
    for (int i = 0; i < 3; ++i) {
        answers.push_back(co_await signal.wait(call));
        signal.reset();
    }
}

TEST(Signal, serves_one_waiter_many_times) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    Signal signal;
    std::vector<StopReason> answers;
    worker.start(wait_often(signal, call, answers));
    for (std::size_t i = 1; i <= 3; ++i) {
        signal.set();
        worker.settle();
        EXPECT_EQ(answers.size(), i);
    }
}

/// A clock that goes on by itself whenever it is asked, so that the deadline passes between two looks at it.
TEST(Signal, does_not_hang_when_the_deadline_passes_while_the_wait_begins) {
    for (int looks = 1; looks < 12; ++looks) {
        base::TimePoint now{100h};
        async::Worker worker{0, [&now] { return now += 1ms; }};
        Call call{worker, {.principal = nullptr, .deadline = now + std::chrono::milliseconds{looks}}};
        Signal signal;
        Answer answer;
        boost::asio::co_spawn(worker.executor(), wait_for(signal, call, answer), boost::asio::detached);
        for (int i = 0; i < 40; ++i) {
            worker.poll();
        }
        EXPECT_EQ(answer, StopReason::deadline) << "deadline after " << looks << " looks at the clock";
    }
}

}  // namespace
