/// A session on the embedded DuckDB: a connection of its own, a context a statement.
///
/// Place: made by `DuckdbBackend::login`, lent by the pool. Threads: one at a time.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "async/blocking_pool.hpp"
#include "backend/duckdb/engine.hpp"
#include "backend/session.hpp"

namespace backend::duckdb {

struct ExplainPlan;

class DuckdbSession final : public Session {
public:
    DuckdbSession(const Engine& engine, async::BlockingPool& pool, std::shared_ptr<SharedConnection> connection,
                  Context context, std::string id);

    async::Task<base::Result<std::unique_ptr<ResultSet>>> execute(async::Call& call, Statement statement) override;
    const Context& context() const override { return context_; }
    /// False once a statement was left while it ran: its connection ends with it.
    bool usable() const override { return !abandoned_->load(std::memory_order_relaxed); }

private:
    async::Task<base::Result<std::unique_ptr<ResultSet>>> explain(async::Call& call, ExplainPlan plan,
                                                                  std::string query_id);

    const Engine& engine_;
    async::BlockingPool& pool_;
    std::shared_ptr<SharedConnection> connection_;
    const Context own_;  // of the login: what a statement leaves empty; never another client's
    Context context_;
    std::string id_;
    std::shared_ptr<std::atomic<bool>> abandoned_ = std::make_shared<std::atomic<bool>>(false);  // result sets tell
};

/// As Snowflake writes them: a UUID; unique in this process, hard to guess.
std::string new_query_id();

}  // namespace backend::duckdb
