#include "backend/duckdb/duckdb_session.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "backend/duckdb/statement_plan.hpp"
#include "backend/duckdb/statement_run.hpp"
#include "base/encoding.hpp"

namespace backend::duckdb {
namespace {

using Abandoned = std::shared_ptr<std::atomic<bool>>;

/// Rows of a StatementRun whose first step has been taken.
class DuckdbResultSet final : public ResultSet {
public:
    DuckdbResultSet(std::shared_ptr<StatementRun> run, async::BlockingPool& pool, Abandoned abandoned,
                    std::string query_id)
        : run_{std::move(run)}, pool_{pool}, abandoned_{std::move(abandoned)}, query_id_{std::move(query_id)} {}

    DuckdbResultSet(const DuckdbResultSet&) = delete;
    DuckdbResultSet& operator=(const DuckdbResultSet&) = delete;

    /// What still runs ends on the pool, not here: it may take DuckDB a moment.
    ~DuckdbResultSet() override {
        if (!run_->ended() && !abandoned_->load(std::memory_order_relaxed))
            pool_.post(std::make_shared<CloseJob>(run_));
    }

    const std::vector<Column>& columns() const override { return run_->columns(); }
    const std::string& query_id() const override { return query_id_; }
    std::optional<std::uint64_t> total_rows() const override {
        if (!run_->ended()) return std::nullopt;
        return run_->rows_fetched();
    }

    async::Task<base::Result<const Batch*>> next(async::Call& call) override {
        for (;;) {
            if (failed_) co_return base::fail(*failed_);
            batch_ = run_->take();
            if (batch_) co_return batch_.get();
            if (run_->error()) co_return fail(*run_->error());
            if (run_->ended()) co_return nullptr;
            auto stepped = co_await pool_.run(call, std::make_shared<StepJob>(run_));
            if (stepped) continue;
            abandoned_->store(true, std::memory_order_relaxed);
            co_return fail(std::move(stepped.error()));
        }
    }

private:
    std::unexpected<base::Error> fail(base::Error error) {
        failed_ = std::move(error).query(query_id_);
        return base::fail(*failed_);
    }

    std::shared_ptr<StatementRun> run_;
    async::BlockingPool& pool_;
    Abandoned abandoned_;
    std::string query_id_;
    std::unique_ptr<ChunkBatch> batch_;
    std::optional<base::Error> failed_;
};

}  // namespace

std::string new_query_id() {
    // 64 random bits a thread, then a counter scrambled by a bijection (splitmix64): no call to the system for each.
    struct Source {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        Source() {
            const std::string bytes = base::random_bytes(16);
            std::memcpy(&high, bytes.data(), 8);
            std::memcpy(&low, bytes.data() + 8, 8);
        }
    };
    thread_local Source source;
    std::uint64_t z = source.low += 0x9E37'79B9'7F4A'7C15;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
    z ^= z >> 31;
    const std::uint64_t high = source.high ^ (z << 1);
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, z >> 48,
                       z & 0xFFFF'FFFF'FFFF);
}

DuckdbSession::DuckdbSession(const Engine& engine, async::BlockingPool& pool,
                             std::shared_ptr<SharedConnection> connection, Context context, std::string id)
    : engine_{engine},
      pool_{pool},
      connection_{std::move(connection)},
      own_{std::move(context)},
      context_{own_},
      id_{std::move(id)} {}

async::Task<base::Result<std::unique_ptr<ResultSet>>> DuckdbSession::execute(async::Call& call, Statement statement) {
    std::string query_id = new_query_id();
    auto context = engine_.catalog().resolve(std::move(statement.context), own_);
    if (!context) co_return base::fail(std::move(context.error()).query(query_id));
    statement.context = std::move(*context);
    auto plan = plan_statement(engine_, statement, id_);
    if (!plan) co_return base::fail(std::move(plan.error()).query(query_id));
    context_ = statement.context;
    if (auto* rows = std::get_if<MemoryRows>(&*plan)) co_return memory_result(std::move(*rows), std::move(query_id));
    if (auto* explained = std::get_if<ExplainPlan>(&*plan))
        co_return co_await explain(call, std::move(*explained), std::move(query_id));

    auto run = std::make_shared<StatementRun>(connection_, std::move(std::get<Translation>(*plan)), statement.limit,
                                              engine_.zone());
    if (!run->step_if_quick()) {
        auto stepped = co_await pool_.run(call, std::make_shared<StepJob>(run));
        if (!stepped) {
            abandoned_->store(true, std::memory_order_relaxed);
            co_return base::fail(std::move(stepped.error()).query(query_id));
        }
    }
    if (run->error() && run->columns().empty()) co_return base::fail(base::Error{*run->error()}.query(query_id));
    co_return std::make_unique<DuckdbResultSet>(std::move(run), pool_, abandoned_, std::move(query_id));
}

async::Task<base::Result<std::unique_ptr<ResultSet>>> DuckdbSession::explain(async::Call& call, ExplainPlan plan,
                                                                             std::string query_id) {
    Translation translation{.sql = "EXPLAIN (FORMAT JSON) " + plan.translation.sql};
    auto run = std::make_shared<StatementRun>(connection_, std::move(translation), std::nullopt, engine_.zone(),
                                              StatementRun::Allowed::explain);
    auto stepped = co_await pool_.run(call, std::make_shared<StepJob>(run));
    if (!stepped) {
        abandoned_->store(true, std::memory_order_relaxed);
        co_return base::fail(std::move(stepped.error()).query(query_id));
    }
    if (run->error()) co_return base::fail(base::Error{*run->error()}.query(query_id));
    std::string json;
    while (const auto batch = run->take())
        for (std::size_t row = 0; row < batch->rows(); ++row) append_text(json, batch->cell(row, 1));
    co_return memory_result(explain_rows(plan.format, json), std::move(query_id));
}

}  // namespace backend::duckdb
