/// Waiting for another thread's work without keeping a core from it: first by giving way, then asleep.
///
/// Place: threads that may block (never a worker). Threads: one.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace backend::duckdb {

class Pause {
public:
    void wait() {
        if (++waits_ <= patience) return std::this_thread::yield();
        std::this_thread::sleep_for(sleep_);
        sleep_ = std::min(2 * sleep_, longest);
    }
    /// There was something to do.
    void start_anew() { *this = Pause{}; }

private:
    static constexpr int patience = 100;
    static constexpr std::chrono::microseconds longest{1000};
    int waits_ = 0;
    std::chrono::microseconds sleep_{20};
};

}  // namespace backend::duckdb
