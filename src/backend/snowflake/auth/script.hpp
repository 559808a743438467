/// A conversation written down as a coroutine that does nothing itself: it says what it wants done next and is told
/// what came of it. So a login of many steps reads from top to bottom and is still pure: no I/O, no clock.
///
/// Place: the login's core. Threads: one at a time. A `Script` is lazy and runs inside `Dialogue::start` and `tell`
/// only; what it refers to is owned by whoever owns the `Dialogue` (`LoginCore`), for as long as the script.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "backend/snowflake/auth/step.hpp"
#include "base/clock.hpp"

namespace backend::snowflake {

template <class T>
class [[nodiscard]] Script {
public:
    struct promise_type {
        std::optional<T> value;
        std::exception_ptr thrown;
        std::coroutine_handle<> next = std::noop_coroutine();  // who waits for this one

        struct Final {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
                return self.promise().next;
            }
            void await_resume() noexcept {}
        };

        Script get_return_object() { return Script{std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        Final final_suspend() noexcept { return {}; }
        template <class U>
        void return_value(U&& made) {
            value.emplace(std::forward<U>(made));
        }
        void unhandled_exception() { thrown = std::current_exception(); }
    };

    Script(Script&& other) noexcept : frame_{std::exchange(other.frame_, {})} {}
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    Script& operator=(Script&&) = delete;
    ~Script() {
        if (frame_) {
            frame_.destroy();
        }
    }

    /// A script waits for another by `co_await`.
    auto operator co_await() && noexcept {
        struct Waiting {
            std::coroutine_handle<promise_type> frame;
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) noexcept {
                frame.promise().next = waiter;
                return frame;
            }
            T await_resume() { return take(frame); }
        };
        return Waiting{frame_};
    }

    // The outermost one is driven by its owner:
    void start() { frame_.resume(); }
    bool ended() const { return frame_.done(); }
    T result() { return take(frame_); }

private:
    explicit Script(std::coroutine_handle<promise_type> frame) : frame_{frame} {}
    static T take(std::coroutine_handle<promise_type> frame) {
        if (frame.promise().thrown) {
            std::rethrow_exception(frame.promise().thrown);
        }
        return std::move(*frame.promise().value);
    }
    std::coroutine_handle<promise_type> frame_;
};

/// Between a script and its driver: one step out, one event in.
class Dialogue {
public:
    Dialogue() = default;
    Dialogue(const Dialogue&) = delete;
    Dialogue& operator=(const Dialogue&) = delete;

    /// As of the last event.
    base::WallTime now() const { return now_; }
    void set_now(base::WallTime now) { now_ = now; }

    /// `const Event event = co_await dialogue.ask(SendRequest{…});`
    auto ask(Step step) {
        struct Asking {
            Dialogue& dialogue;
            bool await_ready() noexcept { return false; }
            void await_suspend(std::coroutine_handle<> asker) noexcept { dialogue.asker_ = asker; }
            Event await_resume() { return std::move(dialogue.event_); }
        };
        step_ = std::move(step);
        return Asking{*this};
    }

    // The driver's side.
    Step take_step() { return std::move(step_); }
    void tell(Event event) {
        event_ = std::move(event);
        std::exchange(asker_, {}).resume();
    }

private:
    base::WallTime now_;
    Step step_;
    Event event_;
    std::coroutine_handle<> asker_;
};

}  // namespace backend::snowflake
