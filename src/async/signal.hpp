/// The one thing a coroutine waits for: somebody sets the signal, or its call stops.
///
/// Threads: one waiter on one worker; `set` on that worker (`Waiter` in wait_queue.hpp crosses threads).
#pragma once

#include <memory>

#include "async/call.hpp"
#include "async/task.hpp"

namespace async {

class Signal {
public:
    Signal();
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    ~Signal();

    /// Wakes the waiter, or lets the next `wait` through. Setting twice is setting once.
    void set();
    bool is_set() const;
    void reset();

    /// `none` when set (also when it was set before), else why the call stopped. Set wins over a stop of the same
    /// moment.
    Task<StopReason> wait(Call& call);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace async
