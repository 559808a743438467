#include "backend/snowflake/services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "backend/snowflake/session/control.hpp"
#include "backend/snowflake/session/monitoring.hpp"
#include "backend/snowflake/session/query_run.hpp"
#include "backend/snowflake/session/services_access.hpp"
#include "backend/snowflake/session/snowflake_session.hpp"
#include "backend/snowflake/snowflake_backend.hpp"
#include "backend/snowflake/wire/request_target.hpp"

namespace backend::snowflake {
namespace {

base::Error not_an_id(const std::string& query_id) {
    return base::Error{base::Kind::bad_argument, "\"" + query_id + "\" is no query id"}
        .at(base::Stage::query)
        .about("query_id");
}

}  // namespace

std::string_view to_string(QueryStatus::State state) {
    switch (state) {
        case QueryStatus::State::queued: return "queued";
        case QueryStatus::State::running: return "running";
        case QueryStatus::State::succeeded: return "succeeded";
        case QueryStatus::State::failed: return "failed";
        case QueryStatus::State::cancelled: return "cancelled";
        case QueryStatus::State::unknown: break;
    }
    return "unknown";
}

Services::Services(SnowflakeBackend& backend, Pool& pool, const AllowedSettings& allowed)
    : backend_{backend},
      pool_{pool},
      roles_{"role", allowed.roles, backend.default_context().role},
      warehouses_{"warehouse", allowed.warehouses, backend.default_context().warehouse} {}

async::Task<base::Result<Services::Access>> Services::access(async::Call& call) {
    if (auto state = backend_.any_session()) co_return Access{.state = std::move(state), .borrowed = {}};
    auto borrowed = co_await pool_.acquire(call, Context{});
    if (!borrowed) co_return base::fail(std::move(borrowed.error()));
    auto state = state_of(**borrowed);
    co_return Access{.state = std::move(state), .borrowed = std::move(*borrowed)};
}

// ---- Queries that outlive their call

async::Task<base::Result<std::string>> Services::submit(async::Call& call, Statement statement) {
    auto borrowed = co_await pool_.acquire(call, statement.context);
    if (!borrowed) co_return base::fail(std::move(borrowed.error()));
    const SessionState::Ptr state = state_of(**borrowed);
    auto settled = co_await state->settled(call);
    if (!settled) co_return base::fail(std::move(settled.error()));
    Run run;
    run.wanted = wanted_context(std::move(statement.context), state->own_context());
    run.statement = std::move(statement);
    // It outlives its call, so what is left of that is no bound for it.
    const std::chrono::seconds longest = backend_.settings().async_timeout;
    run.options.asynchronous = true;
    run.options.timeout_seconds = longest.count();
    auto answer = co_await run_query(call, state, std::move(run));
    if (!answer) co_return base::fail(std::move(answer.error()));
    if (answer->query_id.empty()) {
        co_return base::fail(
            base::Error{base::Kind::unavailable, "Snowflake gave no id to the query"}.at(base::Stage::query));
    }
    if (answer->in_progress()) {
        const base::TimePoint now = call.worker().now();
        state->left_running(now, answer->query_id, now + longest + std::chrono::minutes{1});
    }
    co_return answer->query_id;
}

/// No session need stay logged in for it any more.
void Services::note_end(const std::string& query_id) {
    for (const auto& session : backend_.sessions()) session->seen_ended(query_id);
}

async::Task<base::Result<QueryStatus>> Services::status(async::Call& call, std::string query_id) {
    if (!is_query_id(query_id)) co_return base::fail(not_an_id(query_id));
    auto access = co_await this->access(call);
    if (!access) co_return base::fail(std::move(access.error()));
    auto status = co_await monitor_query(call, access->state, query_id);
    if (status && status->is_over()) note_end(query_id);
    co_return status;
}

async::Task<base::Result<std::unique_ptr<ResultSet>>> Services::result(async::Call& call, std::string query_id,
                                                                       RowRange range) {
    if (!is_query_id(query_id)) co_return base::fail(not_an_id(query_id));
    auto access = co_await this->access(call);
    if (!access) co_return base::fail(std::move(access.error()));
    auto answer = co_await query_result(call, access->state, query_id);
    const bool over = answer || answer.error().kind() == base::Kind::sql;
    if (over) note_end(query_id);
    if (!answer) co_return base::fail(std::move(answer.error()));
    auto keeps = std::make_shared<Access>(std::move(*access));
    SessionState::Ptr state = keeps->state;
    co_return backend_.result_opener()(call, std::move(*answer), std::move(state),
                                       {.limit = range.limit, .keeps = keeps, .skip = range.skip});
}

async::Task<base::Result<void>> Services::cancel(async::Call& call, std::string query_id) {
    if (!is_query_id(query_id)) co_return base::fail(not_an_id(query_id));
    auto access = co_await this->access(call);
    if (!access) co_return base::fail(std::move(access.error()));
    auto cancelled = co_await abort_query(call, access->state, query_id);
    if (cancelled) note_end(query_id);
    co_return cancelled;
}

// ---- EXPLAIN

namespace {

std::optional<std::uint64_t> whole(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
    if (value->is_uint64()) return value->get_uint64();
    return std::nullopt;
}

/// https://docs.snowflake.com/en/sql-reference/sql/explain: GlobalStats of the JSON form.
ScanEstimate estimate_of(std::string plan) {
    ScanEstimate estimate;
    boost::system::error_code failed;
    const auto document = boost::json::parse(plan, failed);
    if (!failed && document.is_object()) {
        const auto* stats = document.get_object().if_contains("GlobalStats");
        if (stats != nullptr && stats->is_object()) {
            estimate.partitions_total = whole(stats->get_object(), "partitionsTotal");
            estimate.partitions = whole(stats->get_object(), "partitionsAssigned");
            estimate.bytes = whole(stats->get_object(), "bytesAssigned");
        }
    }
    estimate.plan = std::move(plan);
    return estimate;
}

/// The first cell of the first row.
async::Task<base::Result<std::string>> one_text(async::Call& call, ResultSet& rows) {
    auto batch = co_await rows.next(call);
    if (!batch) co_return base::fail(std::move(batch.error()));
    std::string text;
    if (*batch != nullptr && (*batch)->rows() > 0 && !rows.columns().empty()) append_text(text, (*batch)->cell(0, 0));
    co_return text;
}

}  // namespace

async::Task<base::Result<ScanEstimate>> Services::explain(async::Call& call, Statement statement) {
    auto borrowed = co_await pool_.acquire(call, statement.context);
    if (!borrowed) co_return base::fail(std::move(borrowed.error()));
    statement.text = "EXPLAIN USING JSON " + statement.text;
    statement.is_read = true;
    statement.limit.reset();
    auto rows = co_await (*borrowed)->execute(call, std::move(statement));
    if (!rows) co_return base::fail(std::move(rows.error()));
    auto plan = co_await one_text(call, **rows);
    if (!plan) co_return base::fail(std::move(plan.error()));
    co_return estimate_of(std::move(*plan));
}

}  // namespace backend::snowflake
