/// The embedded backend: DuckDB behind the vendor-neutral `Backend`.
///
/// Place: `app` opens one when no Snowflake account is configured. Threads: `open` at start; then any.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "backend/duckdb/engine.hpp"
#include "backend/session.hpp"

namespace backend::duckdb {

class DuckdbBackend final : public Backend {
public:
    /// Blocks while databases are built the first time (seconds). `pool` runs the statements and must outlive the
    /// backend and its sessions. Errors: see `Engine::open`.
    static base::Result<std::unique_ptr<DuckdbBackend>> open(const Settings& settings, async::BlockingPool& pool,
                                                             Dialect dialect = snowflake_dialect());

    std::string_view name() const override { return "duckdb"; }
    async::Task<base::Result<std::unique_ptr<Session>>> login(async::Call& call, Context context,
                                                              Identity identity) override;
    Context default_context() const override { return engine_->defaults(); }
    std::string answers_depend_on() const override { return answers_depend_on_; }

    const Engine& engine() const { return *engine_; }

private:
    DuckdbBackend(std::unique_ptr<Engine> engine, async::BlockingPool& pool, std::string answers_depend_on)
        : engine_{std::move(engine)}, pool_{pool}, answers_depend_on_{std::move(answers_depend_on)} {}
    std::unique_ptr<Engine> engine_;
    async::BlockingPool& pool_;
    std::string answers_depend_on_;
    std::atomic<std::uint64_t> sessions_ = 0;
};

}  // namespace backend::duckdb
