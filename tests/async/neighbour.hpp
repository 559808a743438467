/// Shares a worker with what is tested, and knows how long that kept it waiting.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <future>

#include "async/worker.hpp"

namespace async_test {

/// Runs on the worker again and again, and knows how long it was kept waiting: in the thread's own CPU time, so that a
/// busy machine makes no difference.
class Neighbour {
public:
    explicit Neighbour(async::Worker& worker) : worker_{worker} {
        worker_.post([this] {
            last_ = now();
            run();
        });
    }

    void leave() {
        std::promise<void> left;
        worker_.post([&] {
            leaving_ = true;
            left.set_value();
        });
        left.get_future().wait();
        std::promise<void> gone;
        worker_.post([&] { gone.set_value(); });  // behind its last turn
        gone.get_future().wait();
    }

    std::chrono::nanoseconds longest_wait() const { return longest_; }
    int turns() const { return turns_; }

private:
    static std::chrono::nanoseconds now() {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    }

    void run() {
        const auto at = now();
        longest_ = std::max(longest_, at - last_);
        last_ = at;
        ++turns_;
        if (!leaving_) worker_.post([this] { run(); });
    }

    async::Worker& worker_;
    std::chrono::nanoseconds last_{};
    std::chrono::nanoseconds longest_{};
    int turns_ = 0;
    bool leaving_ = false;
};

}  // namespace async_test
