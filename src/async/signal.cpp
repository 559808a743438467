#include "async/signal.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <optional>
#include <utility>

namespace async {

namespace asio = boost::asio;

namespace {

using Token = asio::use_awaitable_t<Executor>;
using Resume = asio::async_result<Token, void()>::handler_type;

/// One `wait` under way; lives in the waiter's frame, so that it needs nothing of the signal once it is woken.
///
/// Waking posts the frame to its worker's loop and never resumes it in the waker's stack: whoever sets a signal (or
/// stops a call) may hold references that the woken coroutine would destroy. On the worker's own thread that post is a
/// push to a private queue, without lock or system call.
struct Wait;

}  // namespace

struct Signal::State {
    bool set = false;
    Wait* waiting = nullptr;
};

namespace {

struct Wait {
    Wait(Call& call, Wait*& place) : executor{call.worker().executor()}, place_{&place} {
        assert(place == nullptr && "one waiter");
        place = this;
    }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() {
        if (place_ != nullptr) {
            *place_ = nullptr;
        }
    }

    void wake(StopReason why) {
        reason = woken && reason == StopReason::none ? reason : why;  // set wins, whichever came first
        woken = true;
        if (resume) {
            asio::post(executor, *std::exchange(resume, std::nullopt));
        }
    }
    void forget_signal() { place_ = nullptr; }

    Executor executor;
    StopReason reason = StopReason::none;
    bool woken = false;
    std::optional<Resume> resume;

private:
    Wait** place_;
};

}  // namespace

Signal::Signal() : state_{std::make_unique<State>()} {}

Signal::~Signal() {
    if (state_->waiting != nullptr) {
        assert(!state_->waiting->resume && "a signal must outlive its waiter, or be set");
        state_->waiting->forget_signal();
    }
}

void Signal::set() {
    state_->set = true;
    if (state_->waiting != nullptr) {
        state_->waiting->wake(StopReason::none);  // also after a stop that has not resumed the waiter yet
    }
}

bool Signal::is_set() const { return state_->set; }

void Signal::reset() { state_->set = false; }

Task<StopReason> Signal::wait(Call& call) {
    if (state_->set) {
        co_return StopReason::none;
    }
    if (const StopReason reason = call.stop_reason(); reason != StopReason::none) {
        co_return reason;
    }
    Wait wait{call, state_->waiting};
    const StopHook hook{call, [&wait](StopReason reason) { wait.wake(reason); }};
    co_await asio::async_initiate<const Token, void()>(
        [&wait](Resume&& resume) {
            wait.resume.emplace(std::move(resume));
            if (wait.woken) {  // the deadline passed while the hook was made
                wait.wake(wait.reason);
            }
        },
        Token{});
    co_return wait.reason;
}

}  // namespace async
