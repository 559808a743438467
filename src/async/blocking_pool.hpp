/// Runs what blocks (DuckDB, files) on a bounded number of threads with a bounded queue.
#pragma once

#include <cstddef>
#include <memory>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/error.hpp"

namespace async {

class BlockingPool {
public:
    /// One piece of work. Shared: it lives until it has run even when its caller has left, so it owns all it touches.
    class Job {
    public:
        virtual ~Job() = default;
        virtual void run() = 0;  ///< on a pool thread; must not throw
        /// Any thread, while a pool thread has the job and its caller has left; never once `run` has ended. May come
        /// before `run` has got to what it interrupts, so remember it there. Must return soon.
        virtual void interrupt() {}
    };

    struct Limits {
        std::size_t threads = 4;
        std::size_t queue = 1024;  ///< waiting jobs; one more is `Kind::overloaded`
    };

    explicit BlockingPool(Limits limits);
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;
    ~BlockingPool();  ///< waits for running jobs; queued ones are dropped unrun

    /// Ends when the job has run, or as soon as the call stops: a queued job is then never run, a running one is
    /// interrupted and finishes by itself. Errors: `overloaded`, or the call's stop (stage `query`).
    Task<base::Result<void>> run(Call& call, std::shared_ptr<Job> job);
    /// Without a call: runs `job` some time; for clean-ups.
    void post(std::shared_ptr<Job> job);

    std::size_t running() const;
    std::size_t waiting() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace async
