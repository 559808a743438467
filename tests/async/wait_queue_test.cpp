#include "async/wait_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "async/manual_worker.hpp"
#include "async/task_group.hpp"
#include "base/mutex.hpp"

namespace {

using namespace std::chrono_literals;
using async::Call;
using async::StopReason;
using async::Task;
using async::Waiter;
using async::WaiterPtr;
using async::WaitQueue;
using async_test::ManualWorker;

TEST(WaitQueue, grants_the_longest_waiter_first) {
    ManualWorker worker;
    WaitQueue queue;
    const auto first = std::make_shared<Waiter>(*worker);
    const auto second = std::make_shared<Waiter>(*worker);
    queue.push(first);
    queue.push(second);
    EXPECT_EQ(queue.size(), 2u);
    EXPECT_EQ(queue.grant_next(), first);
    EXPECT_EQ(queue.grant_next(), second);
    EXPECT_EQ(queue.grant_next(), nullptr);
    EXPECT_TRUE(queue.empty());
}

TEST(WaitQueue, grants_a_chosen_waiter_and_leaves_the_others_in_order) {
    ManualWorker worker;
    WaitQueue queue;
    std::vector<WaiterPtr> waiters;
    for (int i = 0; i < 3; ++i) {
        waiters.push_back(std::make_shared<Waiter>(*worker));
        queue.push(waiters.back());
    }
    const auto grant = std::make_shared<int>(7);
    queue.grant(waiters[1], grant);
    EXPECT_EQ(waiters[1]->grant(), grant);
    EXPECT_EQ(queue.grant_next(), waiters[0]);
    EXPECT_EQ(queue.grant_next(), waiters[2]);
}

TEST(WaitQueue, grants_straight_out_of_its_own_list) {
    ManualWorker worker;
    WaitQueue queue;
    queue.push(std::make_shared<Waiter>(*worker));
    queue.grant(queue.waiters().front());
    EXPECT_TRUE(queue.empty());
}

TEST(WaitQueue, lets_a_waiter_leave_once_and_never_grants_it) {
    ManualWorker worker;
    WaitQueue queue;
    const auto waiter = std::make_shared<Waiter>(*worker);
    queue.push(waiter);
    EXPECT_TRUE(queue.leave(*waiter));
    EXPECT_TRUE(queue.leave(*waiter));
    EXPECT_EQ(queue.grant_next(), nullptr);
}

TEST(WaitQueue, answers_too_late_to_a_waiter_that_leaves_after_its_grant) {
    ManualWorker worker;
    WaitQueue queue;
    const auto waiter = std::make_shared<Waiter>(*worker);
    queue.push(waiter);
    queue.grant_next(std::make_shared<std::string>("permit"));
    EXPECT_FALSE(queue.leave(*waiter));
    EXPECT_EQ(*std::static_pointer_cast<std::string>(waiter->grant()), "permit");
}

Task<void> wait_for(WaiterPtr waiter, Call& call, std::optional<StopReason>& answer) {
    answer = co_await waiter->wait(call);
}

TEST(Waiter, goes_on_by_its_own_loop_when_it_is_woken) {
    ManualWorker worker;
    Call call{worker, worker.parts(1s)};
    WaitQueue queue;
    auto waiter = std::make_shared<Waiter>(*worker);
    queue.push(waiter);
    std::optional<StopReason> answer;
    worker.start(wait_for(waiter, call, answer));
    waiter.reset();
    Waiter::wake(queue.grant_next());
    EXPECT_FALSE(answer);
    worker.settle();
    EXPECT_EQ(answer, StopReason::none);
}

TEST(Waiter, may_be_woken_after_it_has_gone) {
    ManualWorker worker;
    WaitQueue queue;
    {
        Call call{worker, worker.parts(10ms)};
        const auto waiter = std::make_shared<Waiter>(*worker);
        queue.push(waiter);
        std::optional<StopReason> answer;
        worker.start(wait_for(waiter, call, answer));
        worker.pass(20ms);
        EXPECT_EQ(answer, StopReason::deadline);
    }
    Waiter::wake(queue.grant_next());
    worker.settle();
}

/// What a pool or an admission does with the queue: permits, waiters, a lock.
class Permits {
public:
    explicit Permits(int count) : home_{count} {}

    Task<bool> acquire(Call& call) {
        WaiterPtr waiter;
        {
            const base::MutexLock lock{mutex_};
            if (home_ > 0) {
                --home_;
                co_return true;
            }
            waiter = std::make_shared<Waiter>(call.worker());
            queue_.push(waiter);
        }
        if (co_await waiter->wait(call) == StopReason::none) {
            co_return true;
        }
        const base::MutexLock lock{mutex_};
        const bool owned = !queue_.leave(*waiter);
        too_late += owned ? 1 : 0;
        co_return owned;
    }

    void release() {
        WaiterPtr next;
        {
            const base::MutexLock lock{mutex_};
            next = queue_.grant_next();
            if (!next) {
                ++home_;
            }
        }
        if (next) {
            Waiter::wake(next);
        }
    }

    int home() {
        const base::MutexLock lock{mutex_};
        return home_;
    }
    bool idle() {
        const base::MutexLock lock{mutex_};
        return queue_.empty();
    }

    std::atomic<int> too_late = 0;

private:
    base::Mutex mutex_;
    int home_ BASE_GUARDED_BY(mutex_);
    WaitQueue queue_ BASE_GUARDED_BY(mutex_);
};

struct Stress {
    Permits permits{3};
    std::atomic<int> inside = 0;
    std::atomic<int> most_inside = 0;
    std::atomic<int> served = 0;
    std::atomic<int> gave_up = 0;
};

Task<void> pause(Call& call, std::chrono::microseconds time) {
    async::Signal never;
    Call nap{call, call.worker().now() + time};
    co_await never.wait(nap);
}

Task<void> client(Stress& stress, Call& call, unsigned seed) {
    std::mt19937 random{seed};
    for (int i = 0; i < 40; ++i) {
        Call attempt{call, call.worker().now() + std::chrono::milliseconds{1 + random() % 25}};
        // Every third attempt is also stopped at some moment by another handler of its worker.
        async::DeadlineWheel::Entry leaving{[&attempt] { attempt.stop(StopReason::client); }};
        if (random() % 3 == 0) {
            call.worker().wheel().arm(leaving, call.worker().now() + std::chrono::milliseconds{random() % 20});
        }
        if (!co_await stress.permits.acquire(attempt)) {
            ++stress.gave_up;
            continue;
        }
        const int inside = ++stress.inside;
        int most = stress.most_inside.load();
        while (inside > most && !stress.most_inside.compare_exchange_weak(most, inside)) {
        }
        if (random() % 4 == 0) {
            co_await pause(call, std::chrono::microseconds{random() % 12000});
        }
        --stress.inside;
        ++stress.served;
        stress.permits.release();
    }
}

TEST(WaitQueue, ends_with_every_permit_home_when_grants_meet_deadlines_and_stops_on_four_workers) {
    Stress stress;
    async::Workers workers{4};
    async::TaskGroup group;
    workers.start();
    for (unsigned i = 0; i < 48; ++i) {
        ASSERT_TRUE(group.spawn(
            workers[i % 4],
            Call::Parts{.principal = std::make_shared<base::Principal>(), .deadline = base::Clock::now() + 60s},
            [&stress, i](Call& call) { return client(stress, call, i); }));
    }
    ASSERT_TRUE(group.join(60s));
    workers.stop_and_join();
    EXPECT_EQ(stress.permits.home(), 3);
    EXPECT_TRUE(stress.permits.idle());
    EXPECT_LE(stress.most_inside, 3);
    EXPECT_EQ(stress.served + stress.gave_up, 48 * 40);
    EXPECT_GT(stress.served, 0);
    EXPECT_GT(stress.gave_up, 0);
    RecordProperty("too_late", stress.permits.too_late.load());
}

}  // namespace
