/// One thread, one loop, one wheel of deadlines. A call lives and dies on its worker (DESIGN.md section 4).
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "async/deadline_wheel.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"

namespace async {

class Worker {
public:
    /// `now`: the clock; tests hand in their own.
    explicit Worker(std::size_t index, std::function<base::TimePoint()> now = base::Clock::now);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    std::size_t index() const { return index_; }
    IoContext& context() { return context_; }
    Executor executor() { return context_.get_executor(); }
    DeadlineWheel& wheel() { return wheel_; }
    base::TimePoint now() const { return now_(); }

    /// Any thread: runs `handler` on this worker's loop, later (never inside this call). From the worker's own thread
    /// it costs no lock and no system call.
    void post(std::function<void()> handler);
    /// True on this worker's own thread while it runs.
    bool is_current() const;

    /// Runs the loop on the calling thread until `stop`. Then the loop is drained of what is ready.
    void run();
    void stop();

    /// Runs what is ready without blocking, with the wheel advanced to `now()` first: for tests with a manual clock.
    std::size_t poll();

    /// Longest time a handler was late since the last call (a metric: loop lag), measured by a 100 ms heartbeat while
    /// running. A handler that is still running counts with the time it has taken so far. Any thread.
    std::chrono::microseconds take_loop_lag();

private:
    struct Timers;
    void arm_timer();
    void beat();
    void arm_heartbeat();
    void note_lag(std::int64_t late_ns);

    std::size_t index_;
    std::function<base::TimePoint()> now_;
    IoContext context_;
    DeadlineWheel wheel_;
    std::unique_ptr<Timers> timers_;
    std::atomic<std::thread::id> thread_;
    std::atomic<std::int64_t> lag_us_ = 0;        // the worst since it was taken
    std::atomic<std::int64_t> next_beat_ns_ = 0;  // when the heartbeat is due, since the clock's epoch; 0: not running
};

/// `count` workers, each on a thread of its own. Worker 0 runs there too; the main thread waits for signals.
class Workers {
public:
    explicit Workers(std::size_t count);
    ~Workers();  ///< stops and joins

    std::size_t size() const { return workers_.size(); }
    Worker& operator[](std::size_t index) { return *workers_[index]; }
    void start();
    void stop_and_join();

    /// The cgroup's CPU quota rounded up (v1 and v2), else the number of CPUs this process may use; at least 1.
    static std::size_t default_count();

private:
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
};

}  // namespace async
