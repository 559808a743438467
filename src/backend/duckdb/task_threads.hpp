/// Threads that work on DuckDB's tasks, for statements that take a while.
///
/// Place: one an engine, shared by its connections. Threads: any. Lifetime: keeps the instance open; ends with the last
/// connection, and waits then for its threads.
///
/// Why not DuckDB's own threads: it wakes one of them for each statement, and the two then get in each other's way; for
/// `SELECT 42` that costs as much as running it (bench/embedded_rate.cpp). So DuckDB is told that all its threads are
/// ours (`external_threads`): whoever runs a statement does its tasks, and these help when it asks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "backend/duckdb/handles.hpp"
#include "base/mutex.hpp"

namespace backend::duckdb {

class TaskThreads {
public:
    TaskThreads(std::shared_ptr<Instance> instance, int count);
    TaskThreads(const TaskThreads&) = delete;
    TaskThreads& operator=(const TaskThreads&) = delete;
    ~TaskThreads();

    /// While one of these lives, the threads do what there is to do on the instance. Not beyond the life of its owner.
    class Help {
    public:
        explicit Help(TaskThreads& threads) : threads_{threads} { threads_.start(); }
        Help(const Help&) = delete;
        Help& operator=(const Help&) = delete;
        ~Help() { threads_.wanted_.fetch_sub(1, std::memory_order_relaxed); }

    private:
        TaskThreads& threads_;
    };

    struct Figures {
        std::uint64_t asked = 0;  ///< for help
        std::uint64_t tasks = 0;  ///< done by these threads
    };
    Figures figures() const;

private:
    void start();
    void serve();
    bool wait_until_wanted();

    const std::shared_ptr<Instance> instance_;
    base::Mutex mutex_;
    std::condition_variable_any work_;
    bool stopping_ BASE_GUARDED_BY(mutex_) = false;
    std::atomic<int> wanted_{0};  // raised under the mutex, so that no thread falls asleep meanwhile
    std::atomic<std::uint64_t> asked_{0};
    std::atomic<std::uint64_t> tasks_{0};
    std::vector<std::thread> threads_;
};

}  // namespace backend::duckdb
