/// One SELECT on its way: prepared, executed and fetched on threads of the blocking pool, a bounded number of chunks
/// ahead of its reader.
///
/// Place: shared by a result set and the job that works for it; the job keeps it alive when the caller has left.
/// Threads: `step` on a pool thread; everything else by the reader, only while no step is under way.
#pragma once

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

    /// What may run: a SELECT, or the EXPLAIN of one.
    enum class Allowed : std::uint8_t { select, explain };

    StatementRun(std::shared_ptr<SharedConnection> connection, Translation translation,
                 std::optional<std::uint64_t> limit, const Zone& zone, Allowed allowed = Allowed::select);

    /// Starts the statement the first time, then fetches until enough is ready or it has ended.
    void step();
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
    void work() BASE_REQUIRES(connection_->mutex);
    bool start() BASE_REQUIRES(connection_->mutex);
    bool prepare() BASE_REQUIRES(connection_->mutex);
    bool execute() BASE_REQUIRES(connection_->mutex);
    bool describe();
    void fetch() BASE_REQUIRES(connection_->mutex);
    void fail(base::Error error);
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
    std::unique_ptr<RawResult> result_;
    std::optional<TaskThreads::Help> help_;  // while a step works
    std::vector<Column> columns_;
    std::shared_ptr<const std::vector<ColumnReader>> readers_;
    std::deque<std::unique_ptr<ChunkBatch>> ready_;
    std::optional<base::Error> error_;
    std::uint64_t rows_ = 0;
    bool started_ = false;
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
