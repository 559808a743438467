#include "async/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "async/manual_worker.hpp"

namespace {

using namespace std::chrono_literals;
using async::DeadlineWheel;
using async::Worker;
using async::Workers;
using async_test::ManualWorker;

TEST(Worker, runs_a_posted_handler_later_and_on_its_own_thread) {
    Workers workers{1};
    workers.start();
    std::promise<std::thread::id> ran;
    workers[0].post([&] {
        EXPECT_TRUE(workers[0].is_current());
        const auto inner = std::make_shared<bool>(false);
        workers[0].post([inner] { *inner = true; });
        EXPECT_FALSE(*inner) << "never inside the call";
        ran.set_value(std::this_thread::get_id());
    });
    EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
    EXPECT_FALSE(workers[0].is_current());
    workers.stop_and_join();
}

TEST(Worker, runs_what_was_posted_before_it_started_and_what_is_ready_when_it_stops) {
    Worker worker{0};
    int ran = 0;
    worker.post([&] { ++ran; });
    worker.post([&] {
        worker.stop();
        worker.post([&] { ++ran; });
    });
    worker.run();
    EXPECT_EQ(ran, 2);
}

TEST(Worker, does_not_start_after_it_was_stopped) {
    Worker worker{0};
    worker.stop();
    worker.run();
    SUCCEED() << "run came back";
}

TEST(Worker, fires_deadlines_by_the_real_clock_while_it_runs) {
    Worker worker{0};
    const auto begun = base::Clock::now();
    base::TimePoint fired_at{};
    DeadlineWheel::Entry entry{[&] {
        fired_at = base::Clock::now();
        worker.stop();
    }};
    worker.wheel().arm(entry, begun + 30ms);
    worker.run();
    EXPECT_GE(fired_at - begun, 30ms);
}

TEST(Worker, sets_its_timer_anew_for_an_earlier_deadline) {
    Worker worker{0};
    std::vector<int> fired;
    DeadlineWheel::Entry late{[&] {
        fired.push_back(2);
        worker.stop();
    }};
    DeadlineWheel::Entry early{[&] { fired.push_back(1); }};
    worker.wheel().arm(late, base::Clock::now() + 60ms);
    worker.post([&] { worker.wheel().arm(early, base::Clock::now() + 10ms); });
    worker.run();
    EXPECT_EQ(fired, (std::vector{1, 2}));
}

TEST(Worker, advances_its_wheel_by_the_clock_of_a_test) {
    ManualWorker worker;
    int fired = 0;
    DeadlineWheel::Entry entry{[&] { ++fired; }};
    worker->wheel().arm(entry, worker.now() + 1h);
    worker.pass(59min);
    EXPECT_EQ(fired, 0);
    worker.pass(1min);
    EXPECT_EQ(fired, 1);
}

TEST(Worker, counts_the_handlers_that_a_poll_ran) {
    ManualWorker worker;
    EXPECT_EQ(worker->poll(), 0u);
    worker->post([] {});
    worker->post([] {});
    EXPECT_EQ(worker->poll(), 2u);
    EXPECT_EQ(worker->poll(), 0u);
}

TEST(Worker, measures_how_late_its_loop_is) {
    std::atomic<base::TimePoint> now{base::TimePoint{100h}};
    Worker worker{0, [&now] { return now.load(); }};
    std::promise<void> blocked;
    std::promise<void> go_on;
    std::thread thread{[&] { worker.run(); }};
    worker.post([&] {
        now.store(now.load() + 400ms);  // a handler that takes 400 ms: the beat at 100 ms is 300 ms late
        blocked.set_value();
        go_on.get_future().wait();
    });
    blocked.get_future().wait();
    EXPECT_EQ(worker.take_loop_lag(), 300ms) << "seen while the handler still runs";
    go_on.set_value();
    worker.stop();
    thread.join();
    worker.take_loop_lag();
    EXPECT_EQ(worker.take_loop_lag(), 0us) << "taking it starts anew, and who does not run is not late";
}

TEST(Workers, stop_twice_and_without_a_start) {
    Workers never{2};
    never.stop_and_join();
    Workers workers{2};
    workers.start();
    workers.stop_and_join();
    workers.stop_and_join();
    EXPECT_EQ(workers.size(), 2u);
    EXPECT_EQ(workers[1].index(), 1u);
    EXPECT_GE(Workers::default_count(), 1u);
}

TEST(Worker, lets_go_of_unrun_handlers_and_their_deadlines_when_it_is_destroyed) {
    auto witness = std::make_shared<int>(1);
    {
        Worker worker{0};
        auto entry = std::make_shared<DeadlineWheel::Entry>([] {});
        worker.wheel().arm(*entry, base::Clock::now() + 1h);
        worker.post([witness, entry] { FAIL() << "never run"; });
    }
    EXPECT_EQ(witness.use_count(), 1);
}

}  // namespace
