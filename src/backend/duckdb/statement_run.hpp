/// One SELECT on its way: prepared, executed and fetched on threads of the blocking pool, a bounded number of chunks
/// ahead of its reader. What is known to end at once runs where it is asked for: two hops between threads cost more
/// than `SELECT 42` does (bench/execute_query.py).
///
/// Place: shared by a result set and the job that works for it; the job keeps it alive when the caller has left.
/// Threads: `step` on a pool thread, `step_if_quick` on the reader's worker; everything else by the reader, only while
/// no step is under way.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "backend/duckdb/handles.hpp"
#include "backend/duckdb/plan_cache.hpp"
#include "backend/duckdb/task_threads.hpp"
#include "backend/duckdb/translation.hpp"
#include "backend/duckdb/vector_reader.hpp"
#include "base/mutex.hpp"

namespace backend::duckdb {

/// A connection with the lock that keeps jobs on it apart, the plans of its latest statements, and who helps with its
/// tasks.
struct SharedConnection {
    base::Mutex mutex;
    std::unique_ptr<Connection> connection;
    PlanCache plans BASE_GUARDED_BY(mutex);  // ends before the connection
    std::shared_ptr<TaskThreads> threads;    // the engine's
};

class StatementRun {
public:
    static constexpr std::size_t most_chunks_ahead = 16;
    static constexpr std::size_t most_bytes_ahead = std::size_t{1} << 20;
    static constexpr std::chrono::microseconds quick{150};  ///< CPU time of a whole run
    static constexpr std::chrono::microseconds quick_limit{300};

    /// What may run: a SELECT, or the EXPLAIN of one.
    enum class Allowed : std::uint8_t { select, explain };

    StatementRun(std::shared_ptr<SharedConnection> connection, Translation translation,
                 std::optional<std::uint64_t> limit, const Zone& zone, Allowed allowed = Allowed::select);

    /// Starts the statement the first time, then fetches until enough is ready or it has ended.
    void step();
    /// The first step, on this thread, if the plan is kept and its last run took less than `quick`; false where the
    /// rest is for `step`. Leaves after `quick_limit`, between two tasks of DuckDB or two chunks; never waits.
    bool step_if_quick();
    /// Any thread.
    void interrupt() { connection_->connection->interrupt(); }
    /// Ends what still runs and frees the connection for the next statement.
    void close();

    const std::optional<base::Error>& error() const { return error_; }
    const std::vector<Column>& columns() const { return columns_; }
    bool ended() const { return ended_; }
    /// Null where nothing is ready.
    std::unique_ptr<ChunkBatch> take();
    std::uint64_t rows_fetched() const { return rows_; }

private:
    enum class Phase : std::uint8_t { plan, execute, fetch };

    void work() BASE_REQUIRES(connection_->mutex);
    bool go_on() BASE_REQUIRES(connection_->mutex);
    bool start() BASE_REQUIRES(connection_->mutex);
    bool prepare() BASE_REQUIRES(connection_->mutex);
    bool execute() BASE_REQUIRES(connection_->mutex);
    bool may_go_on() const;
    bool take_result();
    bool describe();
    void fetch() BASE_REQUIRES(connection_->mutex);
    void fail(base::Error error);
    void fail_pending();
    void finish() BASE_REQUIRES(connection_->mutex);
    void release();

    std::shared_ptr<SharedConnection> connection_;
    const Api& api_;
    Translation translation_;
    std::optional<std::uint64_t> limit_;
    const Zone& zone_;
    Allowed allowed_;
    bool keep_plan_;
    Prepared prepared_;
    Pending pending_;
    std::unique_ptr<RawResult> result_;
    std::optional<TaskThreads::Help> help_;              // while a step works
    std::chrono::nanoseconds step_began_{};              // CPU time of the thread that works
    std::optional<std::chrono::nanoseconds> step_ends_;  // of a step that may not take longer
    int steps_ = 0;
    std::vector<Column> columns_;
    std::shared_ptr<const std::vector<ColumnReader>> readers_;
    std::deque<std::unique_ptr<ChunkBatch>> ready_;
    std::optional<base::Error> error_;
    std::uint64_t rows_ = 0;
    Phase phase_ = Phase::plan;
    bool ended_ = false;
};

/// `step` as a job.
class StepJob final : public async::BlockingPool::Job {
public:
    explicit StepJob(std::shared_ptr<StatementRun> run) : run_{std::move(run)} {}
    void run() override { run_->step(); }
    void interrupt() override { run_->interrupt(); }

private:
    std::shared_ptr<StatementRun> run_;
};

/// `close` as a job.
class CloseJob final : public async::BlockingPool::Job {
public:
    explicit CloseJob(std::shared_ptr<StatementRun> run) : run_{std::move(run)} {}
    void run() override { run_->close(); }

private:
    std::shared_ptr<StatementRun> run_;
};

}  // namespace backend::duckdb
