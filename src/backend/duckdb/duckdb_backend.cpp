#include "backend/duckdb/duckdb_backend.hpp"

#include "backend/duckdb/duckdb_session.hpp"
#include "backend/duckdb/statement_run.hpp"

namespace backend::duckdb {

base::Result<std::unique_ptr<DuckdbBackend>> DuckdbBackend::open(const Settings& settings, async::BlockingPool& pool,
                                                                 Dialect dialect) {
    auto engine = Engine::open(settings, dialect);
    if (!engine) return base::fail(std::move(engine.error()));
    return std::unique_ptr<DuckdbBackend>{new DuckdbBackend{std::move(*engine), pool}};
}

/// A connection costs microseconds and touches no file: it is made here, without the blocking pool.
async::Task<base::Result<std::unique_ptr<Session>>> DuckdbBackend::login(async::Call&, Context context, Identity) {
    auto resolved = engine_->catalog().resolve(std::move(context), engine_->defaults());
    if (!resolved) co_return base::fail(std::move(resolved.error()).at(base::Stage::login));
    auto connection = engine_->connect();
    if (!connection) co_return base::fail(std::move(connection.error()));
    const std::uint64_t id = sessions_.fetch_add(1, std::memory_order_relaxed) + 1;
    co_return std::make_unique<DuckdbSession>(*engine_, pool_, std::move(*connection), std::move(*resolved),
                                              std::to_string(id));
}

}  // namespace backend::duckdb
