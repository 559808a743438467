#include "backend/duckdb/statement_run.hpp"

#include <fmt/format.h>
#include <time.h>

#include "backend/duckdb/errors.hpp"
#include "backend/duckdb/pause.hpp"

namespace backend::duckdb {
namespace {

constexpr std::chrono::milliseconds longest_planning{1};  // of a plan that is kept
constexpr std::chrono::microseconds alone{200};           // a statement runs without help

std::chrono::nanoseconds thread_cpu_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace

StatementRun::StatementRun(std::shared_ptr<SharedConnection> connection, Translation translation,
                           std::optional<std::uint64_t> limit, const Zone& zone, Allowed allowed)
    : connection_{std::move(connection)},
      api_{connection_->connection->api()},
      translation_{std::move(translation)},
      limit_{limit},
      zone_{zone},
      allowed_{allowed},
      keep_plan_{translation_.repeatable},
      prepared_{api_},
      pending_{api_} {}

void StatementRun::step() {
    const base::MutexLock lock{connection_->mutex};
    step_ends_.reset();
    step_began_ = thread_cpu_time();
    work();
}

bool StatementRun::step_if_quick() {
    if (!keep_plan_ || !connection_->mutex.try_lock()) return false;
    prepared_ = connection_->plans.take(translation_.sql, PlanCache::Pace::quick);
    if (prepared_) {
        step_began_ = thread_cpu_time();
        step_ends_ = step_began_ + quick_limit;
        work();
    }
    connection_->mutex.unlock();
    return ended_ || !ready_.empty();
}

void StatementRun::work() {
    ++steps_;
    if (!go_on()) release();
    help_.reset();
}

/// False where it failed.
bool StatementRun::go_on() {
    if (phase_ == Phase::plan) {
        if (!start()) return false;
        phase_ = Phase::execute;
    }
    if (phase_ == Phase::execute) {
        if (!execute()) return false;
        if (pending_) return true;
        if (!describe()) return false;
        phase_ = Phase::fetch;
    }
    if (!step_ends_ && !help_ && !api_.duckdb_execution_is_finished(connection_->connection->handle()))
        help_.emplace(*connection_->threads);
    fetch();
    return true;
}

/// Whether a step that may not take long has time left.
bool StatementRun::may_go_on() const { return !step_ends_ || thread_cpu_time() < *step_ends_; }

void StatementRun::close() {
    const base::MutexLock lock{connection_->mutex};
    release();
}

void StatementRun::release() {
    ended_ = true;
    result_.reset();
    pending_ = Pending{};
    prepared_ = Prepared{};
}

void StatementRun::fail(base::Error error) {
    if (!error_) error_ = std::move(error);
}

/// Came to its end: the plan is good for another run.
void StatementRun::finish() {
    Prepared plan = std::move(prepared_);
    release();
    if (!keep_plan_ || error_) return;
    const bool was_quick = steps_ == 1 && !help_ && thread_cpu_time() - step_began_ < quick;
    connection_->plans.give_back(std::move(translation_.sql), std::move(plan),
                                 was_quick ? PlanCache::Pace::quick : PlanCache::Pace::any);
}

/// Only a SELECT goes on: the last of the walls (guard, translation, read-only files) between a text and a change.
bool StatementRun::prepare() {
    const duckdb_connection handle = connection_->connection->handle();
    if (api_.duckdb_prepare(handle, translation_.sql.c_str(), prepared_.out()) == DuckDBError) {
        const char* message = api_.duckdb_prepare_error(prepared_.get());
        fail(error_from_text(message ? message : ""));
        return false;
    }
    const auto wanted = allowed_ == Allowed::select ? DUCKDB_STATEMENT_TYPE_SELECT : DUCKDB_STATEMENT_TYPE_EXPLAIN;
    if (api_.duckdb_prepared_statement_type(prepared_.get()) != wanted) {
        fail(base::Error{base::Kind::denied, "the embedded database runs SELECT statements only"}.at(
            base::Stage::query));
        return false;
    }
    return true;
}

bool StatementRun::start() {
    if (keep_plan_ && !prepared_) prepared_ = connection_->plans.take(translation_.sql);
    if (!prepared_) {
        prepared_ = Prepared{api_};
        const auto before = thread_cpu_time();
        if (!prepare()) return false;
        // What took longer may hold megabytes that were computed while planning (REPEAT('x', 10000000)).
        keep_plan_ = keep_plan_ && thread_cpu_time() - before < longest_planning;
    }
    pending_ = Pending{api_};
    if (api_.duckdb_pending_prepared_streaming(prepared_.get(), pending_.out()) == DuckDBSuccess) return true;
    fail_pending();
    return false;
}

void StatementRun::fail_pending() {
    const char* message = api_.duckdb_pending_error(pending_.get());
    fail(error_from_text(message ? message : ""));
}

/// Until the first rows are there; `pending_` stays where the time of this step ended before. DuckDB's own loop spins
/// while other threads have the work.
bool StatementRun::execute() {
    std::optional<std::chrono::nanoseconds> started;
    Pause pause;
    for (;;) {
        const duckdb_pending_state state = api_.duckdb_pending_execute_task(pending_.get());
        if (state == DUCKDB_PENDING_ERROR) {
            fail_pending();
            return false;
        }
        if (api_.duckdb_pending_execution_is_finished(state)) return take_result();
        if (step_ends_) {
            if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE || !may_go_on()) return true;
            continue;
        }
        if (!started) started = thread_cpu_time();  // a small one has ended by now
        if (!help_ && thread_cpu_time() - *started > alone) help_.emplace(*connection_->threads);
        state == DUCKDB_PENDING_NO_TASKS_AVAILABLE ? pause.wait() : pause.start_anew();
    }
}

bool StatementRun::take_result() {
    const Pending pending = std::move(pending_);
    result_ = std::make_unique<RawResult>(api_);
    if (api_.duckdb_execute_pending(pending.get(), result_->get()) == DuckDBSuccess) return true;
    const char* message = api_.duckdb_result_error(result_->get());
    fail(error_from(api_.duckdb_result_error_type(result_->get()), message ? message : ""));
    return false;
}

bool StatementRun::describe() {
    auto readers = std::make_shared<std::vector<ColumnReader>>();
    const idx_t count = api_.duckdb_column_count(result_->get());
    for (idx_t i = 0; i < count; ++i) {
        LogicalType type{api_};
        *type.out() = api_.duckdb_column_logical_type(result_->get(), i);
        readers->emplace_back(api_, std::move(type), zone_);
        Column column{.name = api_.duckdb_column_name(result_->get(), i), .type = readers->back().snowflake_type()};
        if (translation_.column_names.size() == count) column.name = translation_.column_names[i];
        if (translation_.column_types.size() == count && !translation_.column_types[i].empty())
            column.type = translation_.column_types[i];
        if (column.type == "VARIANT" || column.type == "OBJECT" || column.type == "ARRAY")
            readers->back().read_text_as_json();
        if (!readers->back().readable()) {
            fail(base::Error{
                base::Kind::sql,
                fmt::format("column {} has a type of DuckDB that cannot be shown; cast it to VARCHAR", column.name)}
                     .at(base::Stage::result));
            return false;
        }
        columns_.push_back(std::move(column));
    }
    readers_ = std::move(readers);
    return true;
}

void StatementRun::fetch() {
    std::size_t bytes = 0;
    for (bool first = true; ready_.size() < most_chunks_ahead && bytes < most_bytes_ahead; first = false) {
        if (!first && !may_go_on()) return;
        if (limit_ && rows_ >= *limit_) return release();
        Chunk chunk{api_};
        *chunk.out() = api_.duckdb_fetch_chunk(*result_->get());
        if (!chunk) {
            if (const char* message = api_.duckdb_result_error(result_->get()); message && *message)
                fail(error_from(api_.duckdb_result_error_type(result_->get()), message));
            return finish();
        }
        auto batch = std::make_unique<ChunkBatch>(readers_, api_, std::move(chunk));
        if (batch->rows() == 0) continue;
        if (limit_) batch->cut(*limit_ - rows_);
        rows_ += batch->rows();
        bytes += batch->bytes();
        ready_.push_back(std::move(batch));
    }
}

std::unique_ptr<ChunkBatch> StatementRun::take() {
    if (ready_.empty()) return nullptr;
    auto batch = std::move(ready_.front());
    ready_.pop_front();
    return batch;
}

}  // namespace backend::duckdb
