#include "async/wait_queue.hpp"

#include <cassert>
#include <utility>

namespace async {

void Waiter::wake(const WaiterPtr& waiter) {
    if (waiter->worker_.is_current()) {
        waiter->signal_.set();  // the waiter goes on later, by its loop: never inside this call
        return;
    }
    waiter->worker_.post([waiter] { waiter->signal_.set(); });
}

void WaitQueue::push(const WaiterPtr& waiter) {
    assert(waiter->state_ != Waiter::State::waiting && waiter->state_ != Waiter::State::granted);
    waiter->state_ = Waiter::State::waiting;
    waiter->place_ = waiters_.insert(waiters_.end(), waiter);
}

WaiterPtr WaitQueue::grant_next(std::shared_ptr<void> grant) {
    if (waiters_.empty()) {
        return nullptr;
    }
    WaiterPtr next = waiters_.front();
    this->grant(next, std::move(grant));
    return next;
}

void WaitQueue::grant(const WaiterPtr& waiter, std::shared_ptr<void> grant) {
    assert(waiter->state_ == Waiter::State::waiting);
    const WaiterPtr keep = waiter;  // the argument may be the list's own
    keep->state_ = Waiter::State::granted;
    keep->grant_ = std::move(grant);
    waiters_.erase(keep->place_);
}

bool WaitQueue::leave(Waiter& waiter) {
    if (waiter.state_ == Waiter::State::granted) {
        return false;
    }
    if (waiter.state_ == Waiter::State::waiting) {
        const auto place = waiter.place_;
        waiter.state_ = Waiter::State::left;
        waiters_.erase(place);  // the caller holds a reference of its own
    }
    return true;
}

}  // namespace async
