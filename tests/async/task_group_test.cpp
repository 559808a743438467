#include "async/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "async/manual_worker.hpp"
#include "async/signal.hpp"

namespace {

using namespace std::chrono_literals;
using async::Call;
using async::Signal;
using async::StopReason;
using async::Task;
using async::TaskGroup;
using async_test::ManualWorker;

Task<void> set_flag(bool& flag) {
    flag = true;
    co_return;
}

Task<void> wait_for_stop(Call& call, std::optional<StopReason>& why) {
    Signal never;
    why = co_await never.wait(call);
}

TEST(TaskGroup, starts_a_task_later_and_counts_it_until_it_has_ended) {
    ManualWorker worker;
    TaskGroup group;
    bool ran = false;
    EXPECT_TRUE(group.spawn(worker, [&ran] { return set_flag(ran); }));
    EXPECT_FALSE(ran) << "never inside spawn";
    EXPECT_EQ(group.size(), 1u);
    EXPECT_FALSE(group.join(0ms));
    worker.settle();
    EXPECT_TRUE(ran);
    EXPECT_EQ(group.size(), 0u);
    EXPECT_TRUE(group.join(0ms));
}

TEST(TaskGroup, keeps_what_makes_the_coroutine_until_it_has_ended) {
    ManualWorker worker;
    TaskGroup group;
    Call call{worker, worker.parts(1s)};
    auto kept = std::make_shared<int>(0);
    Signal signal;
    std::optional<StopReason> why;
    struct Maker {
        std::shared_ptr<int> kept;
        Signal* signal;
        Call* call;
        std::optional<StopReason>* why;
        static Task<void> wait(const Maker& maker) { *maker.why = co_await maker.signal->wait(*maker.call); }
        Task<void> operator()() const { return wait(*this); }
    };
    group.spawn(worker, Maker{kept, &signal, &call, &why});
    worker.settle();
    EXPECT_EQ(kept.use_count(), 2);
    signal.set();
    worker.settle();
    EXPECT_EQ(why, StopReason::none);
    EXPECT_EQ(kept.use_count(), 1);
    EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, refuses_tasks_after_stop) {
    ManualWorker worker;
    TaskGroup group;
    group.stop(StopReason::drain);
    bool ran = false;
    EXPECT_FALSE(group.spawn(worker, [&ran] { return set_flag(ran); }));
    EXPECT_FALSE(group.spawn(worker, worker.parts(1s), [&ran](Call&) { return set_flag(ran); }));
    worker.settle();
    EXPECT_FALSE(ran);
    EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, stops_the_calls_of_its_tasks) {
    ManualWorker worker;
    TaskGroup group;
    std::optional<StopReason> first;
    std::optional<StopReason> second;
    group.spawn(worker, worker.parts(1h), [&first](Call& call) { return wait_for_stop(call, first); });
    group.spawn(worker, worker.parts(1h), [&second](Call& call) { return wait_for_stop(call, second); });
    worker.settle();
    group.stop(StopReason::drain);
    worker.settle();
    EXPECT_EQ(first, StopReason::drain);
    EXPECT_EQ(second, StopReason::drain);
    EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, stops_a_call_that_had_not_begun_when_stop_was_called) {
    ManualWorker worker;
    TaskGroup group;
    std::optional<StopReason> why;
    group.spawn(worker, worker.parts(1h), [&why](Call& call) { return wait_for_stop(call, why); });
    group.stop(StopReason::client);
    worker.settle();
    EXPECT_EQ(why, StopReason::client);
    EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, ends_a_task_s_call_at_its_own_deadline) {
    ManualWorker worker;
    TaskGroup group;
    std::optional<StopReason> why;
    group.spawn(worker, worker.parts(100ms), [&why](Call& call) { return wait_for_stop(call, why); });
    worker.settle();
    worker.pass(110ms);
    EXPECT_EQ(why, StopReason::deadline);
    EXPECT_EQ(group.size(), 0u);
}

Task<void> ask_how_cancelled(bool& throws) { throws = co_await boost::asio::this_coro::throw_if_cancelled(); }

TEST(TaskGroup, starts_tasks_for_which_cancellation_is_a_value) {
    ManualWorker worker;
    TaskGroup group;
    bool throws = true;
    group.spawn(worker, [&throws] { return ask_how_cancelled(throws); });
    worker.settle();
    EXPECT_FALSE(throws);
}

Task<void> note_joined(TaskGroup& group, Call& call, std::optional<bool>& joined) {
    joined = co_await group.joined(call);
}

TEST(TaskGroup, lets_a_coroutine_wait_for_its_end) {
    ManualWorker worker;
    TaskGroup group;
    Call call{worker, worker.parts(1s)};
    std::optional<bool> joined;
    std::optional<StopReason> why;
    group.spawn(worker, worker.parts(1h), [&why](Call& inner) { return wait_for_stop(inner, why); });
    worker.start(note_joined(group, call, joined));
    EXPECT_FALSE(joined);
    group.stop(StopReason::drain);
    worker.settle();
    EXPECT_EQ(joined, true);

    std::optional<bool> at_once;
    worker.start(note_joined(group, call, at_once));
    EXPECT_EQ(at_once, true);
}

TEST(TaskGroup, tells_a_coroutine_that_waited_in_vain) {
    ManualWorker worker;
    TaskGroup group;
    Call call{worker, worker.parts(100ms)};
    std::optional<bool> joined;
    std::optional<StopReason> why;
    group.spawn(worker, worker.parts(1h), [&why](Call& inner) { return wait_for_stop(inner, why); });
    worker.start(note_joined(group, call, joined));
    worker.pass(110ms);
    EXPECT_EQ(joined, false);
    group.stop(StopReason::drain);
    worker.settle();
}

TEST(TaskGroup, counts_down_when_a_worker_dies_before_the_task_began) {
    TaskGroup group;
    {
        async::Worker worker{0};
        bool ran = false;
        group.spawn(worker, [&ran] { return set_flag(ran); });
        EXPECT_EQ(group.size(), 1u);
    }
    EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, joins_tasks_of_many_workers_spawned_and_stopped_from_many_threads) {
    async::Workers workers{4};
    workers.start();
    std::atomic<int> ended = 0;
    std::atomic<int> accepted = 0;
    struct Wait {
        std::atomic<int>* ended;
        static Task<void> run(Call& call, std::atomic<int>& ended) {
            Signal never;
            co_await never.wait(call);
            ++ended;
        }
        Task<void> operator()(Call& call) const { return run(call, *ended); }
    };
    {
        TaskGroup group;
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&] {
                for (std::size_t i = 0; i < 200; ++i) {
                    accepted += group.spawn(workers[i % 4],
                                            Call::Parts{.principal = nullptr, .deadline = base::Clock::now() + 1h},
                                            Wait{&ended})
                                    ? 1
                                    : 0;
                }
            });
        }
        for (auto& thread : threads) {
            thread.join();
        }
        group.stop(StopReason::drain);
        ASSERT_TRUE(group.join(30s));
    }
    EXPECT_EQ(accepted, 600);
    EXPECT_EQ(ended, 600);
    workers.stop_and_join();
}

}  // namespace
