#include "async/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <exception>
#include <list>
#include <utility>
#include <vector>

#include "async/wait_queue.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"

namespace async {

namespace asio = boost::asio;

struct TaskGroup::State {
    struct Running {
        Worker* worker;
        Call* call;
    };
    using Place = std::list<Running>::iterator;

    base::Mutex mutex;
    std::condition_variable_any all_ended;
    std::size_t tasks BASE_GUARDED_BY(mutex) = 0;
    StopReason stopped BASE_GUARDED_BY(mutex) = StopReason::none;
    std::list<Running> calls BASE_GUARDED_BY(mutex);
    WaitQueue waiters BASE_GUARDED_BY(mutex);  // of `joined`

    bool enter() {
        const base::MutexLock lock{mutex};
        if (stopped != StopReason::none) {
            return false;
        }
        ++tasks;
        return true;
    }

    void leave() {
        std::vector<WaiterPtr> woken;
        {
            const base::MutexLock lock{mutex};
            if (--tasks == 0) {
                all_ended.notify_all();
                while (WaiterPtr waiter = waiters.grant_next()) {
                    woken.push_back(std::move(waiter));
                }
            }
        }
        std::for_each(woken.begin(), woken.end(), Waiter::wake);
    }
};

namespace {

/// One task's place in the count; the last owner is what runs after the coroutine's frame is gone.
template <class State>
struct Ticket {
    explicit Ticket(std::shared_ptr<State> group) : state{std::move(group)} {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { state->leave(); }
    std::shared_ptr<State> state;
};

void end_process(const std::exception_ptr& exception) {
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception& error) {
        base::log::error("a task ended by an exception, which must not happen: {}", error.what());
    } catch (...) {
        base::log::error("a task ended by an unknown exception, which must not happen");
    }
    std::terminate();
}

Task<void> run_plain(std::function<Task<void>()> start) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await start();
}

/// The call's place in the group's list, on the call's worker.
template <class State>
class Listed {
public:
    Listed(State& state, Call& call) : state_{state} {
        StopReason stopped{};
        {
            const base::MutexLock lock{state_.mutex};
            place_ = state_.calls.insert(state_.calls.end(), {.worker = &call.worker(), .call = &call});
            stopped = state_.stopped;
        }
        call.stop(stopped);
    }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;
    ~Listed() {
        const base::MutexLock lock{state_.mutex};
        state_.calls.erase(place_);
    }

private:
    State& state_;
    typename State::Place place_;
};

template <class State>
Task<void> run_with_call(std::shared_ptr<State> state, Worker& worker, Call::Parts parts,
                         std::function<Task<void>(Call&)> start) {
    co_await asio::this_coro::throw_if_cancelled(false);
    Call call{worker, std::move(parts)};
    const Listed<State> listed{*state, call};
    co_await start(call);
}

/// Later, on the worker's loop: the spawner may hold a lock, or be the very thing that the task works on.
template <class State>
void launch(std::shared_ptr<State> state, Worker& worker, std::function<Task<void>()> make) {
    auto ticket = std::make_shared<Ticket<State>>(std::move(state));
    worker.post([ticket = std::move(ticket), make = std::move(make), &worker]() mutable {
        asio::co_spawn(worker.executor(), make(), [ticket = std::move(ticket)](const std::exception_ptr& exception) {
            if (exception) {
                end_process(exception);
            }
        });
    });
}

}  // namespace

TaskGroup::TaskGroup() : state_{std::make_shared<State>()} {}

TaskGroup::~TaskGroup() { assert(size() == 0 && "stop and join a task group before it goes"); }

bool TaskGroup::spawn(Worker& worker, std::function<Task<void>()> start) {
    if (!state_->enter()) {
        return false;
    }
    launch(state_, worker, [start = std::move(start)]() mutable { return run_plain(std::move(start)); });
    return true;
}

bool TaskGroup::spawn(Worker& worker, Call::Parts parts, std::function<Task<void>(Call&)> start) {
    if (!state_->enter()) {
        return false;
    }
    launch(state_, worker, [state = state_, &worker, parts = std::move(parts), start = std::move(start)]() mutable {
        return run_with_call(std::move(state), worker, std::move(parts), std::move(start));
    });
    return true;
}

void TaskGroup::stop(StopReason reason) {
    std::vector<Worker*> workers;
    {
        const base::MutexLock lock{state_->mutex};
        if (state_->stopped == StopReason::none) {
            state_->stopped = reason;
        }
        for (const State::Running& running : state_->calls) {
            if (std::find(workers.begin(), workers.end(), running.worker) == workers.end()) {
                workers.push_back(running.worker);
            }
        }
    }
    for (Worker* const worker : workers) {
        worker->post([state = state_, worker, reason] {
            std::vector<Call*> mine;  // calls of this worker end on this worker only, so these stay while we are here
            {
                const base::MutexLock lock{state->mutex};
                for (const State::Running& running : state->calls) {
                    if (running.worker == worker) {
                        mine.push_back(running.call);
                    }
                }
            }
            for (Call* const call : mine) {
                call->stop(reason);
            }
        });
    }
}

std::size_t TaskGroup::size() const {
    const base::MutexLock lock{state_->mutex};
    return state_->tasks;
}

bool TaskGroup::join(std::chrono::milliseconds at_most) {
    const auto until = base::Clock::now() + at_most;
    const base::MutexLock lock{state_->mutex};
    while (state_->tasks > 0) {
        if (state_->all_ended.wait_until(state_->mutex, until) == std::cv_status::timeout) {
            return state_->tasks == 0;
        }
    }
    return true;
}

Task<bool> TaskGroup::joined(Call& call) {
    const std::shared_ptr<State> state = state_;
    const auto waiter = std::make_shared<Waiter>(call.worker());
    {
        const base::MutexLock lock{state->mutex};
        if (state->tasks == 0) {
            co_return true;
        }
        state->waiters.push(waiter);
    }
    if (co_await waiter->wait(call) == StopReason::none) {
        co_return true;
    }
    const base::MutexLock lock{state->mutex};
    co_return !state->waiters.leave(*waiter);  // granted in the same moment: all have ended
}

}  // namespace async
