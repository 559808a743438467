#include "async/blocking_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "async/manual_worker.hpp"
#include "async/task_group.hpp"

namespace {

using namespace std::chrono_literals;
using async::BlockingPool;
using async::Call;
using async::StopReason;
using async::Task;
using async::TaskGroup;
using async::Workers;

/// Blocks until it is opened or interrupted, and remembers what was done to it.
class Gate final : public BlockingPool::Job {
public:
    void run() override {
        std::unique_lock lock{mutex_};
        started_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_ || interrupted_; });
        ran_ = true;
        changed_.notify_all();
    }
    void interrupt() override {
        const std::lock_guard lock{mutex_};
        interrupted_ = true;
        changed_.notify_all();
    }
    void open() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }
    void wait_until_started() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return started_; });
    }
    void wait_until_ran() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return ran_; });
    }
    bool started() {
        const std::lock_guard lock{mutex_};
        return started_;
    }
    bool interrupted() {
        const std::lock_guard lock{mutex_};
        return interrupted_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool started_ = false;
    bool open_ = false;
    bool interrupted_ = false;
    bool ran_ = false;
};

/// One visit to the pool, by a task on a worker; the test waits for its answer.
class Visit {
public:
    Visit(TaskGroup& group, async::Worker& worker, BlockingPool& pool, std::shared_ptr<BlockingPool::Job> job,
          std::chrono::milliseconds time = 1h) {
        group.spawn(
            worker,
            Call::Parts{.principal = std::make_shared<base::Principal>(), .deadline = base::Clock::now() + time},
            [shared = shared_, &pool, job = std::move(job)](Call& call) { return go(shared, pool, call, job); });
        shared_->entered.get_future().wait();
    }

    base::Result<void> answer() { return shared_->answer.get_future().get(); }
    /// Stops the visit's call, on its worker.
    void leave(async::Worker& worker) {
        worker.post([shared = shared_] {
            if (shared->call != nullptr) {
                shared->call->stop(StopReason::client);
            }
        });
    }

private:
    struct Shared {
        std::promise<void> entered;
        std::promise<base::Result<void>> answer;
        Call* call = nullptr;
    };

    static Task<void> go(std::shared_ptr<Shared> shared, BlockingPool& pool, Call& call,
                         std::shared_ptr<BlockingPool::Job> job) {
        shared->call = &call;
        shared->entered.set_value();
        auto answer = co_await pool.run(call, std::move(job));
        shared->call = nullptr;
        shared->answer.set_value(std::move(answer));
    }

    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

class BlockingPoolTest : public testing::Test {
protected:
    BlockingPoolTest() { workers_.start(); }
    ~BlockingPoolTest() override {
        group_.stop(StopReason::drain);
        EXPECT_TRUE(group_.join(30s));
        workers_.stop_and_join();
    }
    Visit visit(BlockingPool& pool, std::shared_ptr<BlockingPool::Job> job, std::chrono::milliseconds time = 1h) {
        return {group_, workers_[0], pool, std::move(job), time};
    }
    /// Runs on the worker after everything that was ready there.
    void settle() {
        std::promise<void> done;
        workers_[0].post([&] { done.set_value(); });
        done.get_future().wait();
    }

    Workers workers_{1};
    TaskGroup group_;
};

TEST_F(BlockingPoolTest, runs_a_job_and_then_answers) {
    BlockingPool pool{{.threads = 1}};
    const auto gate = std::make_shared<Gate>();
    auto visit = this->visit(pool, gate);
    gate->wait_until_started();
    EXPECT_EQ(pool.running(), 1u);
    gate->open();
    EXPECT_TRUE(visit.answer());
    EXPECT_EQ(pool.running(), 0u);
    EXPECT_FALSE(gate->interrupted());
}

TEST_F(BlockingPoolTest, refuses_one_job_more_than_may_wait) {
    BlockingPool pool{{.threads = 1, .queue = 1}};
    const auto running = std::make_shared<Gate>();
    const auto waiting = std::make_shared<Gate>();
    auto first = visit(pool, running);
    running->wait_until_started();
    auto second = visit(pool, waiting);
    settle();
    EXPECT_EQ(pool.waiting(), 1u);
    const auto refused = visit(pool, std::make_shared<Gate>()).answer();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), base::Kind::overloaded);
    EXPECT_TRUE(refused.error().retry_after());
    running->open();
    waiting->open();
    EXPECT_TRUE(first.answer());
    EXPECT_TRUE(second.answer());
}

TEST_F(BlockingPoolTest, never_runs_a_queued_job_whose_caller_has_left) {
    BlockingPool pool{{.threads = 1}};
    const auto running = std::make_shared<Gate>();
    const auto queued = std::make_shared<Gate>();
    auto first = visit(pool, running);
    running->wait_until_started();
    auto second = visit(pool, queued);
    second.leave(workers_[0]);
    const auto answer = second.answer();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::Kind::cancelled);
    EXPECT_EQ(answer.error().stage(), base::Stage::query);
    EXPECT_EQ(pool.waiting(), 0u);
    running->open();
    EXPECT_TRUE(first.answer());
    const auto after = std::make_shared<Gate>();
    auto third = visit(pool, after);
    after->wait_until_started();
    EXPECT_FALSE(queued->started());
    EXPECT_FALSE(queued->interrupted());
    after->open();
    EXPECT_TRUE(third.answer());
}

TEST_F(BlockingPoolTest, interrupts_a_running_job_whose_caller_has_left_and_answers_at_once) {
    BlockingPool pool{{.threads = 1}};
    const auto gate = std::make_shared<Gate>();
    auto visit = this->visit(pool, gate);
    gate->wait_until_started();
    visit.leave(workers_[0]);
    const auto answer = visit.answer();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::Kind::cancelled);
    gate->wait_until_ran();
    EXPECT_TRUE(gate->interrupted());
}

TEST_F(BlockingPoolTest, interrupts_at_the_deadline) {
    BlockingPool pool{{.threads = 1}};
    const auto gate = std::make_shared<Gate>();
    auto visit = this->visit(pool, gate, 20ms);
    const auto answer = visit.answer();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::Kind::timeout);
    if (gate->started()) {  // on a slow machine the time may be over before a thread has it: then it is never run
        gate->wait_until_ran();
        EXPECT_TRUE(gate->interrupted());
    }
}

TEST_F(BlockingPoolTest, does_not_take_a_call_that_has_stopped) {
    BlockingPool pool{{.threads = 1}};
    const auto gate = std::make_shared<Gate>();
    const auto answer = visit(pool, gate, -1ms).answer();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::Kind::timeout);
    EXPECT_FALSE(gate->started());
}

TEST_F(BlockingPoolTest, runs_jobs_that_nobody_waits_for) {
    BlockingPool pool{{.threads = 1, .queue = 0}};
    std::vector<std::shared_ptr<Gate>> gates;
    for (int i = 0; i < 3; ++i) {
        gates.push_back(std::make_shared<Gate>());
        gates.back()->open();
        pool.post(gates.back());
    }
    for (const auto& gate : gates) {
        gate->wait_until_ran();
    }
}

TEST_F(BlockingPoolTest, drops_what_is_queued_when_it_goes_and_waits_for_what_runs) {
    auto pool = std::make_unique<BlockingPool>(BlockingPool::Limits{.threads = 1});
    const auto running = std::make_shared<Gate>();
    const auto queued = std::make_shared<Gate>();
    auto first = visit(*pool, running);
    running->wait_until_started();
    auto second = visit(*pool, queued);
    settle();
    std::thread goes{[&] { pool.reset(); }};
    const auto dropped = second.answer();
    ASSERT_FALSE(dropped);
    EXPECT_EQ(dropped.error().kind(), base::Kind::cancelled);
    running->open();
    goes.join();
    EXPECT_TRUE(first.answer());
    EXPECT_FALSE(queued->started());
}

class Count final : public BlockingPool::Job {
public:
    explicit Count(std::atomic<int>& runs) : runs_{runs} {}
    void run() override {
        std::this_thread::yield();
        ++runs_;
    }

private:
    std::atomic<int>& runs_;
};

struct Tally {
    std::atomic<int> runs = 0;
    std::atomic<int> answered = 0;
    std::atomic<int> fine = 0;
};

Task<void> visit_often(BlockingPool& pool, Call& call, Tally& tally, unsigned seed) {
    std::mt19937 random{seed};
    for (int i = 0; i < 100; ++i) {
        const auto time = std::chrono::microseconds{random() % 3 == 0 ? random() % 2000 : 60'000'000};
        Call one{call, call.worker().now() + time};
        const auto answer = co_await pool.run(one, std::make_shared<Count>(tally.runs));
        ++tally.answered;
        tally.fine += answer ? 1 : 0;
    }
}

TEST(BlockingPool, loses_no_wake_up_when_jobs_end_and_callers_leave_on_four_workers) {
    Tally tally;
    Workers workers{4};
    workers.start();
    BlockingPool pool{{.threads = 3}};
    TaskGroup group;
    for (unsigned i = 0; i < 24; ++i) {
        group.spawn(workers[i % 4], Call::Parts{.principal = nullptr, .deadline = base::Clock::now() + 60s},
                    [&pool, &tally, i](Call& call) { return visit_often(pool, call, tally, i); });
    }
    ASSERT_TRUE(group.join(60s));
    workers.stop_and_join();
    EXPECT_EQ(tally.answered, 2400);
    EXPECT_GE(tally.runs, tally.fine);
    EXPECT_GT(tally.fine, 0);
    EXPECT_EQ(pool.waiting(), 0u);
}

}  // namespace
