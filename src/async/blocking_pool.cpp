#include "async/blocking_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "async/wait_queue.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"

namespace async {

namespace {

/// A job, and who waits for it (nobody, when it was posted or its caller has left).
struct Item {
    enum class State {
        queued,   // no thread has it yet; its caller may take it out
        running,  // a thread has it
        ended,    // it has run
        dropped,  // it will never run
    };

    std::shared_ptr<BlockingPool::Job> job;
    WaiterPtr waiter;
    State state = State::queued;

    /// Held while `interrupt` runs and while a thread marks the end of `run`: the one never follows the other.
    base::Mutex end_mutex;
    bool ended_running BASE_GUARDED_BY(end_mutex) = false;
};

using ItemPtr = std::shared_ptr<Item>;

}  // namespace

struct BlockingPool::State {
    explicit State(Limits given) : limits{std::max<std::size_t>(1, given.threads), given.queue} {}

    const Limits limits;
    base::Mutex mutex;
    std::condition_variable work;
    std::list<ItemPtr> queue BASE_GUARDED_BY(mutex);
    std::vector<std::thread> threads BASE_GUARDED_BY(mutex);
    std::size_t idle BASE_GUARDED_BY(mutex) = 0;     // threads that wait for work
    std::size_t running BASE_GUARDED_BY(mutex) = 0;  // threads in a job
    bool stopping BASE_GUARDED_BY(mutex) = false;
    // One queue for all who wait for a job's end; each is granted by name. Guarded by `mutex`.
    WaitQueue waiters BASE_GUARDED_BY(mutex);

    /// A thread for the new item, if one more is allowed and none is free for it. The caller notifies `work` once it
    /// has unlocked: a thread that is woken before only waits for the lock.
    void put(ItemPtr item) BASE_REQUIRES(mutex) {
        queue.push_back(std::move(item));
        if (queue.size() > idle && threads.size() < limits.threads) {
            threads.emplace_back([this] { serve(); });  // the pool's destructor joins it before the state goes
        }
    }

    void serve() {
        while (const ItemPtr item = next()) {
            item->job->run();
            {
                const base::MutexLock lock{item->end_mutex};
                item->ended_running = true;
            }
            WaiterPtr waiter;
            {
                const base::MutexLock lock{mutex};
                --running;
                item->state = Item::State::ended;
                waiter = take_waiter(*item);
            }
            item->job.reset();  // here, not on whoever drops the item last
            if (waiter) {
                Waiter::wake(waiter);
            }
        }
    }

    /// Null when the pool goes down.
    ItemPtr next() {
        const base::MutexLock lock{mutex};
        ++idle;
        std::unique_lock<std::mutex> held{mutex.native(), std::adopt_lock};
        while (queue.empty() && !stopping) {
            work.wait(held);
        }
        held.release();  // `lock` unlocks
        --idle;
        if (stopping) {
            return nullptr;
        }
        ItemPtr item = std::move(queue.front());
        queue.pop_front();
        item->state = Item::State::running;
        ++running;
        return item;
    }

    /// Whoever waits for the item's end is granted it; null when nobody does.
    WaiterPtr take_waiter(Item& item) BASE_REQUIRES(mutex) {
        WaiterPtr waiter = std::exchange(item.waiter, nullptr);
        if (waiter) {
            waiters.grant(waiter);
        }
        return waiter;
    }
};

BlockingPool::BlockingPool(Limits limits) : state_{std::make_shared<State>(limits)} {}

BlockingPool::~BlockingPool() {
    std::vector<std::thread> threads;
    std::list<ItemPtr> dropped;
    std::vector<WaiterPtr> woken;
    {
        const base::MutexLock lock{state_->mutex};
        state_->stopping = true;
        dropped.swap(state_->queue);
        threads.swap(state_->threads);
        for (const ItemPtr& item : dropped) {
            item->state = Item::State::dropped;
            if (WaiterPtr waiter = state_->take_waiter(*item)) {
                woken.push_back(std::move(waiter));
            }
        }
        state_->work.notify_all();
    }
    std::for_each(woken.begin(), woken.end(), Waiter::wake);
    for (std::thread& thread : threads) {
        thread.join();
    }
}

Task<base::Result<void>> BlockingPool::run(Call& call, std::shared_ptr<Job> job) {
    const std::shared_ptr<State> state = state_;
    if (call.stopped()) {
        co_return base::fail(call.stopped_error(base::Stage::query));
    }
    const auto waiter = std::make_shared<Waiter>(call.worker());
    const auto item = std::make_shared<Item>();
    item->job = job;
    item->waiter = waiter;
    {
        const base::MutexLock lock{state->mutex};
        const std::size_t free = state->limits.threads - std::min(state->limits.threads, state->running);
        if (state->stopping || state->queue.size() >= free + state->limits.queue) {
            co_return base::fail(base::Error{base::Kind::overloaded, "too many queries wait for a thread"}
                                     .at(base::Stage::query)
                                     .retry_after(std::chrono::milliseconds{1000}));
        }
        state->waiters.push(waiter);
        state->put(item);
    }
    state->work.notify_one();
    const StopReason reason = co_await waiter->wait(call);
    Item::State reached{};
    {
        const base::MutexLock lock{state->mutex};
        if (reason != StopReason::none && state->waiters.leave(*waiter)) {
            item->waiter = nullptr;
            if (item->state == Item::State::queued) {
                item->state = Item::State::dropped;
                state->queue.remove(item);
            }
        }
        reached = item->state;
    }
    if (reached == Item::State::ended) {
        co_return base::Result<void>{};
    }
    if (reached == Item::State::running) {
        const base::MutexLock lock{item->end_mutex};
        if (!item->ended_running) {
            job->interrupt();
        }
    }
    if (!call.stopped()) {  // dropped by the pool's end
        co_return base::fail(
            base::Error{base::Kind::cancelled, "the server is shutting down: send the request again"}.at(
                base::Stage::query));
    }
    co_return base::fail(call.stopped_error(base::Stage::query));
}

void BlockingPool::post(std::shared_ptr<Job> job) {
    const auto item = std::make_shared<Item>();
    item->job = std::move(job);
    {
        const base::MutexLock lock{state_->mutex};
        if (state_->stopping) {
            return;
        }
        state_->put(item);
    }
    state_->work.notify_one();
}

std::size_t BlockingPool::running() const {
    const base::MutexLock lock{state_->mutex};
    return state_->running;
}

std::size_t BlockingPool::waiting() const {
    const base::MutexLock lock{state_->mutex};
    return state_->queue.size();
}

}  // namespace async
