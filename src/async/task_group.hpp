/// What outlives a call: logins, flights, clean-ups, connections. Owned by pool, session, flight or listener.
///
/// No task is detached elsewhere. Threads: `spawn` from any (the task starts on the worker named); `stop` and `join`
/// from any.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "async/call.hpp"
#include "async/task.hpp"

namespace async {

class TaskGroup {
public:
    TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();  ///< every task must have ended: `stop` and `join` first (asserted)

    /// `start` makes the coroutine on the worker; it is kept alive until the coroutine ends. An exception that escapes
    /// ends the process (a broken invariant). False (and nothing runs) once `stop` was called.
    bool spawn(Worker& worker, std::function<Task<void>()> start);
    /// The same with a call of its own (principal: given), stopped by `stop(reason)`.
    bool spawn(Worker& worker, Call::Parts parts, std::function<Task<void>(Call&)> start);

    /// No new tasks; each running call of the group is stopped (posted to its worker).
    void stop(StopReason reason);
    std::size_t size() const;
    /// Blocks the calling thread (never a worker) until all ended or the time is over. True: all ended.
    bool join(std::chrono::milliseconds at_most);
    /// The same for a coroutine.
    Task<bool> joined(Call& call);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace async
