// What the embedded backend adds to DuckDB: `SELECT 42` through a session against DuckDB's C API in a bare loop.
// links: backend_duckdb backend async base
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "backend/duckdb/duckdb_backend.hpp"
#include "backend/duckdb/handles.hpp"
#include "backend/duckdb/statement_plan.hpp"
#include "backend/duckdb/statement_run.hpp"

namespace {

using backend::duckdb::DuckdbBackend;

constexpr int statements_a_round = 200;

async::BlockingPool& pool() {
    static async::BlockingPool blocking{{.threads = 4}};
    return blocking;
}

DuckdbBackend& embedded() {
    static const std::unique_ptr<DuckdbBackend> backend = [] {
        auto opened = DuckdbBackend::open({}, pool());
        if (!opened) {
            fprintf(stderr, "%s\n", opened.error().message().c_str());
            std::exit(2);
        }
        return std::move(*opened);
    }();
    return *backend;
}

void bare(benchmark::State& state, const char* sql) {
    const auto shared = embedded().engine().connect();
    backend::duckdb::Connection& connection = *(*shared)->connection;
    const backend::duckdb::Api& api = connection.api();
    for (auto _ : state) {
        for (int i = 0; i < statements_a_round; ++i) {
            backend::duckdb::RawResult result{api};
            if (api.duckdb_query(connection.handle(), sql, result.get()) != DuckDBSuccess)
                state.SkipWithError("refused");
            for (;;) {
                backend::duckdb::Chunk chunk{api};
                *chunk.out() = api.duckdb_fetch_chunk(*result.get());
                if (!chunk) break;
                benchmark::DoNotOptimize(api.duckdb_vector_get_data(api.duckdb_data_chunk_get_vector(chunk.get(), 0)));
            }
        }
    }
    state.SetItemsProcessed(state.iterations() * statements_a_round);
}

async::Task<void> run_round(async::Call& call, backend::Session* session, const char* sql, bool* good) {
    for (int i = 0; i < statements_a_round; ++i) {
        backend::Statement statement{.text = sql};
        auto result = co_await session->execute(call, std::move(statement));
        if (!result) {
            *good = false;
            co_return;
        }
        for (;;) {
            auto batch = co_await (*result)->next(call);
            if (!batch || !*batch) break;
            benchmark::DoNotOptimize((*batch)->cell(0, 0));
        }
    }
}

async::Task<void> open_session(async::Call& call, std::unique_ptr<backend::Session>* session) {
    *session = std::move(*co_await embedded().login(call, {}, {}));
}

void through_session(benchmark::State& state, const char* sql) {
    embedded();
    async::Worker worker{0};
    async::TaskGroup tasks;
    const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "os:bench"});
    const auto finish = [&] {
        while (tasks.size() > 0)
            if (worker.poll() == 0) worker.context().run_one_for(std::chrono::milliseconds{10});
    };
    const auto parts = [&] {
        return async::Call::Parts{
            .request_id = "b", .principal = principal, .deadline = worker.now() + std::chrono::minutes{5}};
    };
    std::unique_ptr<backend::Session> session;
    tasks.spawn(worker, parts(), [&](async::Call& call) { return open_session(call, &session); });
    finish();
    for (auto _ : state) {
        bool good = true;
        tasks.spawn(worker, parts(), [&](async::Call& call) { return run_round(call, session.get(), sql, &good); });
        finish();
        if (!good) state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations() * statements_a_round);
}

/// Start of the embedded backend when its databases are built already.
void open_backend(benchmark::State& state) {
    embedded();
    for (auto _ : state) benchmark::DoNotOptimize(DuckdbBackend::open({}, pool()));
}

/// From the text to DuckDB's SQL: the worker's share of a statement.
void plan_only(benchmark::State& state, const char* sql) {
    const backend::duckdb::Engine& engine = embedded().engine();
    backend::Statement statement{.text = sql, .context = engine.defaults()};
    for (auto _ : state) benchmark::DoNotOptimize(backend::duckdb::plan_statement(engine, statement, "1"));
}

BENCHMARK_CAPTURE(plan_only, select_42, "SELECT 42");
BENCHMARK_CAPTURE(
    plan_only, group_by,
    "SELECT ORIGIN, COUNT(*) AS N FROM TRANSPORT.FLIGHTS_3M WHERE DELAY > 15 GROUP BY 1 ORDER BY N DESC LIMIT 10");
BENCHMARK(open_backend)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bare, select_42, "SELECT 42")
    ->ThreadRange(1, 4)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(through_session, select_42, "SELECT 42")
    ->ThreadRange(1, 4)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(through_session, show_tables, "SHOW TABLES IN ACCOUNT")
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
