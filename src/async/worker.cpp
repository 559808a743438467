#include "async/worker.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "base/cgroup.hpp"
#include "base/log.hpp"

namespace async {

namespace asio = boost::asio;

namespace {

using Timer = asio::basic_waitable_timer<base::Clock, asio::wait_traits<base::Clock>, Executor>;
constexpr std::chrono::milliseconds beat_every{100};  // a multiple of the wheel's tick, so that a beat is due on a tick

std::int64_t nanoseconds_of(base::TimePoint at) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

}  // namespace

struct Worker::Timers {
    Timers(Worker& worker, base::TimePoint start_of_wheel)
        : timer{worker.context_.get_executor()}, start{start_of_wheel}, heartbeat{[&worker] { worker.beat(); }} {}

    Timer timer;
    std::optional<base::TimePoint> timer_at;  // what the timer was last set for; absent: it is not armed
    bool advancing = false;
    base::TimePoint start;
    DeadlineWheel::Entry heartbeat;
};

Worker::Worker(std::size_t index, std::function<base::TimePoint()> now)
    : index_{index},
      now_{std::move(now)},
      context_{1},  // one thread runs it: posting from that thread takes no lock
      wheel_{now_()},
      timers_{std::make_unique<Timers>(*this, wheel_.start())} {
    wheel_.on_earlier([this] {
        if (!timers_->advancing && is_current()) {
            arm_timer();
        }
    });
}

Worker::~Worker() = default;

void Worker::post(std::function<void()> handler) { asio::post(context_, std::move(handler)); }

bool Worker::is_current() const { return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

/// One timer for the whole wheel, set for its next entry; setting it later than needed never happens, setting it again
/// for a later time waits until it has fired.
void Worker::arm_timer() {
    const auto next = wheel_.next();
    if (!next || (timers_->timer_at && *timers_->timer_at <= *next)) {
        return;
    }
    timers_->timer_at = next;
    timers_->timer.expires_after(std::max(base::Clock::duration::zero(), *next - now_()));
    timers_->timer.async_wait([this](const boost::system::error_code& error) {
        if (error) {
            return;  // set anew, or the worker is going down
        }
        timers_->timer_at.reset();
        timers_->advancing = true;
        wheel_.advance(now_());
        timers_->advancing = false;
        arm_timer();
    });
}

void Worker::note_lag(std::int64_t late_ns) {
    const std::int64_t late_us = late_ns / 1000;
    std::int64_t worst = lag_us_.load(std::memory_order_relaxed);
    while (late_us > worst && !lag_us_.compare_exchange_weak(worst, late_us, std::memory_order_relaxed)) {
    }
}

void Worker::beat() {
    note_lag(nanoseconds_of(now_()) - nanoseconds_of(timers_->heartbeat.at()));
    arm_heartbeat();
}

void Worker::arm_heartbeat() {
    const auto beats = (now_() - timers_->start) / std::chrono::duration_cast<base::Clock::duration>(beat_every);
    const base::TimePoint next = timers_->start + beat_every * (beats + 1);
    wheel_.arm(timers_->heartbeat, next);
    next_beat_ns_.store(nanoseconds_of(next), std::memory_order_relaxed);
}

std::chrono::microseconds Worker::take_loop_lag() {
    if (const std::int64_t due = next_beat_ns_.load(std::memory_order_relaxed); due != 0) {
        note_lag(nanoseconds_of(now_()) - due);
    }
    return std::chrono::microseconds{lag_us_.exchange(0, std::memory_order_relaxed)};
}

namespace {

/// True: the end was asked for. False: a library threw for what a peer had sent it (Boost.Redis, for an announced
/// length that no buffer holds): that may cost its connection, never the process.
bool run_on(asio::io_context& context) {
    try {
        context.run();
        return true;
    } catch (const std::length_error& error) {
        base::log::error("a connection was given up for what came over it: {}", error.what());
        return false;
    }
}

}  // namespace

void Worker::run() {
    thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    arm_heartbeat();
    arm_timer();
    {
        const auto work = asio::make_work_guard(context_);
        while (!run_on(context_)) {
        }
    }
    next_beat_ns_.store(0, std::memory_order_relaxed);
    timers_->heartbeat.cancel();
    timers_->timer.cancel();
    timers_->timer_at.reset();
    context_.restart();
    context_.poll();  // what is ready ends here, on its own thread
    timers_->timer.cancel();
    thread_.store(std::thread::id{}, std::memory_order_relaxed);
}

void Worker::stop() { context_.stop(); }

std::size_t Worker::poll() {
    const auto before = thread_.exchange(std::this_thread::get_id(), std::memory_order_relaxed);
    timers_->advancing = true;  // the caller moves the clock: no real timer
    wheel_.advance(now_());
    if (context_.stopped()) {
        context_.restart();
    }
    const std::size_t ran = context_.poll();
    timers_->advancing = false;
    thread_.store(before, std::memory_order_relaxed);
    return ran;
}

Workers::Workers(std::size_t count) {
    for (std::size_t i = 0; i < std::max<std::size_t>(1, count); ++i) {
        workers_.push_back(std::make_unique<Worker>(i));
    }
}

Workers::~Workers() { stop_and_join(); }

void Workers::start() {
    for (auto& worker : workers_) {
        threads_.emplace_back([&target = *worker] { target.run(); });
    }
}

void Workers::stop_and_join() {
    for (auto& worker : workers_) {
        worker->stop();
    }
    for (auto& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

std::size_t Workers::default_count() {
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(base::cpu_limit_cores())));
}

}  // namespace async
