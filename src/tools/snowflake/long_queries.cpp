#include "tools/snowflake/long_queries.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "tools/call_log.hpp"

namespace tools::snowflake {
namespace {

using State = backend::snowflake::QueryStatus::State;
using Status = mcp::TaskState::Status;

constexpr std::chrono::seconds cancel_patience{10};
constexpr std::chrono::hours task_lifetime{24};  // as long as Snowflake keeps a result
constexpr std::chrono::seconds poll_every{2};
constexpr Advice mend_statement =
    "Correct the statement and try again: search_objects finds tables and views, describe_table shows their columns.";

std::string shown(const backend::snowflake::QueryStatus& status) {
    auto text = status.word.empty() ? std::string{"submitted"} : base::escape_untrusted(status.word);
    if (status.elapsed) {
        text += fmt::format(", {} s", std::chrono::duration_cast<std::chrono::seconds>(*status.elapsed).count());
    }
    return text;
}

async::Task<void> cancel_query(async::Call& call, backend::snowflake::Services* services, std::string query_id) {
    (void)co_await services->cancel(call, std::move(query_id));
}

}  // namespace

void SubmittedQueries::stop() { flights_.stop(async::StopReason::drain); }

/// What was begun and is wanted no more is cancelled on the account first.
bool SubmittedQueries::join(std::chrono::milliseconds at_most) {
    const auto end = base::Clock::now() + at_most;
    const auto left = [&] {
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(end - base::Clock::now());
        return std::max(time, std::chrono::milliseconds{0});
    };
    const bool landed = flights_.join(at_most);
    const bool cancelled = clean_up_.join(left() / 2);
    clean_up_.stop(async::StopReason::drain);
    return clean_up_.join(left()) && landed && cancelled;
}

bool SubmittedQueries::serves(const mcp::Context& context) const {
    return task_after_ > std::chrono::seconds{0} && context.client().capabilities.tasks;
}

void SubmittedQueries::cancel_behind(async::Call& call, const std::string& query_id) {
    async::Call::Parts parts;
    parts.request_id = call.request_id();
    parts.principal = call.principal_ptr();
    parts.deadline = call.worker().now() + cancel_patience;
    clean_up_.spawn(call.worker(), std::move(parts),
                    [this, query_id](async::Call& own) { return cancel_query(own, &services_, query_id); });
}

/// Identical reads at the same time are submitted once: in a flight, which ends with the answer or, when the statement
/// takes longer, with the query's id for all who are in it. Who comes later submits anew.
async::Task<base::Result<mcp::ToolResult>> SubmittedQueries::run(mcp::Context& context, query::Plan given,
                                                                 Advice advice) {
    async::Call& call = context.call();
    const CallLog log{context};
    // Each caller's own statement, whoever's run answers it.
    auto metered = co_await pipeline_.meter(call, given);
    if (!metered) co_return base::fail(std::move(metered.error()));
    const auto plan = std::make_shared<const query::Plan>(std::move(given));
    base::Result<Begun> begun;
    if (pipeline_.coalesces(*plan)) {
        auto landed = co_await flights_.fly(call, plan->key->digest,
                                            [this, plan](async::Call& flight) { return fly(flight, plan); });
        begun = landed ? base::Result<Begun>{Begun{std::move(*landed), true}} : base::fail(std::move(landed.error()));
    } else {
        begun = co_await submit(call, plan);
    }
    if (!begun || begun->landed.query_id.empty()) {
        base::Result<query::Answer> answer =
            begun ? base::Result<query::Answer>{pipeline_.answer(call, *plan, begun->landed)}
                  : base::fail(std::move(begun.error()));
        CallLog::ended(context, answer);
        co_return to_result(std::move(answer), advice);
    }
    const auto& request = plan->request;
    const QueryHandle handle{.connection = connection_,
                             .query_id = begun->landed.query_id,
                             .limit = request.limit,
                             .format = request.format,
                             .text = request.text,
                             .context = request.context,
                             .is_read = begun->is_read,
                             .is_shared = begun->landed.shared};
    co_return mcp::ToolResult::later({.handle = handle.pack(),
                                      .status_message = "the statement is still running",
                                      .ttl = task_lifetime,
                                      .poll_interval = poll_every});
}

async::Task<base::Result<query::Landed>> SubmittedQueries::fly(async::Call& call, PlanPtr plan) {
    auto begun = co_await submit(call, std::move(plan));
    if (!begun) co_return base::fail(std::move(begun.error()));
    co_return std::move(begun->landed);
}

/// From a store outside the process, else from the account.
async::Task<base::Result<SubmittedQueries::Begun>> SubmittedQueries::submit(async::Call& call, PlanPtr plan) {
    auto kept = co_await pipeline_.find_kept(call, plan);
    if (kept.landed) co_return Begun{std::move(*kept.landed), true};
    auto begun = co_await submit_anew(call, plan);
    if (kept.leads && (!begun || !begun->landed.query_id.empty())) pipeline_.gave_up(*plan);
    co_return begun;
}

/// The rows, where they come within TASK_AFTER_SECONDS, else the query's id.
async::Task<base::Result<SubmittedQueries::Begun>> SubmittedQueries::submit_anew(async::Call& call, PlanPtr plan) {
    auto statement = co_await pipeline_.statement(call, *plan);
    if (!statement) co_return base::fail(std::move(statement.error()));
    statement->limit.reset();
    const bool is_read = statement->is_read;
    auto permit = co_await pipeline_.admit(call);
    if (!permit) co_return base::fail(std::move(permit.error()));
    auto submitted = co_await services_.submit(call, std::move(*statement));
    if (!is_read) pipeline_.forget_answers();
    if (!submitted) co_return base::fail(std::move(submitted.error()));
    const std::string query_id = std::move(*submitted);

    const auto since = call.worker().now();
    async::Call patient{call, since + task_after_};
    auto result = co_await services_.result(patient, query_id);
    pipeline_.ran(call, call.worker().now() - since);
    if (!is_read) pipeline_.forget_answers();
    if (result) {
        auto landed = co_await pipeline_.land(call, plan, std::move(*result));
        if (!landed) co_return base::fail(std::move(landed.error()));
        co_return Begun{std::move(*landed), is_read};
    }
    if (call.stopped()) {
        cancel_behind(call, query_id);
        co_return base::fail(call.stopped_error(base::Stage::query));
    }
    if (!patient.stopped()) {
        // Any other error than its own may leave it running, and nobody knows its id.
        if (result.error().kind() != base::Kind::sql) cancel_behind(call, query_id);
        co_return base::fail(std::move(result.error()));
    }
    query::Landed running;
    running.query_id = query_id;
    co_return Begun{std::move(running), is_read};
}

async::Task<base::Result<mcp::TaskState>> SubmittedQueries::state(mcp::Context& context, QueryHandle handle) {
    auto status = co_await services_.status(context.call(), handle.query_id);
    if (!status) co_return base::fail(std::move(status.error()));
    if (status->is_over() && !handle.is_read) pipeline_.forget_answers();
    mcp::TaskState state{.status = Status::working, .status_message = shown(*status)};
    if (status->state == State::cancelled) state.status = Status::cancelled;
    if (status->state != State::succeeded && status->state != State::failed) co_return state;
    // Of a query that failed the result is its error.
    auto result = co_await services_.result(context.call(), handle.query_id);
    if (!result && context.call().stopped()) co_return base::fail(std::move(result.error()));
    base::Result<query::Answer> answer;
    if (result) {
        auto request = request_of(handle, "execute_query");
        request.pages = !handle.text.empty();
        answer = co_await pipeline_.show(context.call(), std::move(request), std::move(*result));
    } else {
        answer = base::fail(std::move(result.error()));
    }
    state.status = Status::ended;
    state.outcome = std::make_shared<base::Result<mcp::ToolResult>>(to_result(std::move(answer), mend_statement));
    co_return state;
}

async::Task<base::Result<mcp::TaskNoted>> SubmittedQueries::cancel(mcp::Context& context, QueryHandle handle) {
    // SEP-2663: a cancellation is a wish. Others wait for the same query, and nobody knows on which replica.
    if (handle.is_shared) co_return mcp::TaskNoted{};
    auto cancelled = co_await services_.cancel(context.call(), handle.query_id);
    if (!handle.is_read) pipeline_.forget_answers();
    if (!cancelled) co_return base::fail(std::move(cancelled.error()));
    co_return mcp::TaskNoted{};
}

mcp::TaskSource task_source(std::vector<SubmittedQueries*> of) {
    /// What the handle names; nothing where that is not of this server.
    const auto place = [of = std::move(of)](const std::string& packed) {
        auto handle = QueryHandle::unpack(packed);
        const auto at = std::ranges::find_if(
            of, [&](const auto* one) { return handle && one->connection() == handle->connection; });
        return std::pair{at == of.end() ? nullptr : *at, std::move(handle)};
    };
    const auto unknown = [] { return base::fail(base::Kind::not_found, "Task not found"); };
    return {
        .get = [place, unknown](mcp::Context& context, const std::string& packed) -> mcp::Outcome<mcp::TaskState> {
            auto [at, handle] = place(packed);
            if (at == nullptr) return unknown();
            return at->state(context, std::move(*handle));
        },
        .update = {},
        .cancel = [place, unknown](mcp::Context& context, const std::string& packed) -> mcp::Outcome<mcp::TaskNoted> {
            auto [at, handle] = place(packed);
            if (at == nullptr) return unknown();
            return at->cancel(context, std::move(*handle));
        }};
}

}  // namespace tools::snowflake
