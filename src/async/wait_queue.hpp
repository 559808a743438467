/// Hand-over between workers: who releases decides who gets it (pool, admission, coalescing, single-flight renewal).
///
/// A waiter is `waiting`, `granted` or `left`; the state changes only under the owner's lock. The protocol:
///   waiter:   {lock} queue.push(waiter) {unlock}; reason = co_await waiter->wait(call);
///             if stopped: {lock} if (!queue.leave(*waiter)) "too late: it is yours" -> use it or give it back {unlock}
///   releaser: {lock} next = queue.grant_next(value) {unlock}; if (next) Waiter::wake(next);
/// so that no permit is lost when a grant meets a deadline. `WaitQueue` itself has no lock: its owner's guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "async/call.hpp"
#include "async/signal.hpp"
#include "async/task.hpp"

namespace async {

class WaitQueue;

class Waiter {
public:
    explicit Waiter(Worker& worker) : worker_{worker} {}

    /// On its own worker. `none` when woken after a grant.
    Task<StopReason> wait(Call& call) { return signal_.wait(call); }
    /// What the releaser gave; meaning is the owner's.
    const std::shared_ptr<void>& grant() const { return grant_; }

    /// Any thread, no lock held: posts the wake-up to the waiter's worker.
    static void wake(const std::shared_ptr<Waiter>& waiter);

private:
    friend class WaitQueue;
    enum class State { idle, waiting, granted, left };
    Worker& worker_;
    Signal signal_;
    State state_ = State::idle;
    std::shared_ptr<void> grant_;
    std::list<std::shared_ptr<Waiter>>::iterator place_;
};

using WaiterPtr = std::shared_ptr<Waiter>;

class WaitQueue {
public:
    void push(const WaiterPtr& waiter);
    /// The longest waiter becomes `granted` and is taken out; null when nobody waits.
    WaiterPtr grant_next(std::shared_ptr<void> grant = {});
    /// A chosen one (affinity, fairness).
    void grant(const WaiterPtr& waiter, std::shared_ptr<void> grant = {});
    /// True: it has left. False: it was granted before; the caller owns the grant.
    bool leave(Waiter& waiter);

    bool empty() const { return waiters_.empty(); }
    std::size_t size() const { return waiters_.size(); }
    const std::list<WaiterPtr>& waiters() const { return waiters_; }  ///< longest first

private:
    std::list<WaiterPtr> waiters_;
};

}  // namespace async
