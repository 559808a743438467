// What the pipeline does by query id: the pages of a result, and the rows of queries that others submitted.
#include <algorithm>
#include <utility>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "query/cursor.hpp"
#include "query/pipeline.hpp"
#include "query/pipeline_running.hpp"

namespace query {

void Pipeline::reread_by(Reread reread) {
    reread_ = std::move(reread);
    // An id means nothing to another account, whatever the connection is called there.
    const auto account = base::sha256(services_.backend.answers_depend_on());
    cursor_connection_ =
        services_.connection + '#' + base::hex({reinterpret_cast<const char*>(account.data()), account.size()});
}

/// The server's own LIMIT ends a result before its rows do: then the statement runs again, with a higher one.
bool Pipeline::goes_on_by_id(const Request& request, const std::string& query_id) const {
    return reread_ && !query_id.empty() && !request.add_limit_clause;
}

/// What is asked of a result that is read by id. Where rows are left out or counted, all of them are needed.
backend::RowRange Pipeline::range_of(const Plan& plan) const {
    if (plan.query_id.empty() || plan.request.count_all || plan.request.only || plan.request.except) return {};
    return {.skip = plan.offset, .limit = plan.limit + 1};
}

async::Task<base::Result<void>> Pipeline::reread(async::Call& call, const Plan& plan, Running& running) {
    running.call.reset();
    running.call.emplace(call, call.worker().now() + settings_.query_timeout);
    auto result = co_await reread_(*running.call, plan.query_id, range_of(plan));
    if (!result) {
        // It had ended well: whatever the backend says now, it has not its rows any more.
        const auto kind = result.error().kind();
        if (kind == base::Kind::not_found || kind == base::Kind::sql) {
            base::log::debug("a cursor's result cannot be read any more: {}", result.error().message());
            co_return base::fail(result_is_gone());
        }
        auto error = std::move(result.error());
        co_return base::fail(error.stage() == base::Stage::none ? std::move(error).at(base::Stage::query)
                                                                : std::move(error));
    }
    running.result = std::move(*result);
    co_return base::Result<void>{};
}

async::Task<base::Result<Answer>> Pipeline::show_rows(async::Call& call, const Plan& plan, backend::ResultSet& result) {
    const auto started = call.worker().now();
    auto memory = services_.memory.take(first_lease(settings_));
    if (!memory) co_return base::fail(std::move(memory.error()).at(base::Stage::render));
    auto selection = Selection::of(plan.request, result.columns());
    if (!selection) co_return base::fail(std::move(selection.error()));
    auto got = co_await read(call, plan, result, *selection);
    if (!got) co_return base::fail(std::move(got.error()));
    got->facts.elapsed_ms = milliseconds(call.worker().now() - started);
    co_return closed(call, plan.request, rendered(plan, std::move(*got)));
}

async::Task<base::Result<Answer>> Pipeline::show(async::Call& call, Request request,
                                                 std::unique_ptr<backend::ResultSet> result) {
    auto plan = sized(call, std::move(request));
    if (!plan) co_return base::fail(std::move(plan.error()));
    plan->query_id.clear();  // the result begins at its first row
    co_return co_await show_rows(call, *plan, *result);
}

async::Task<base::Result<Answer>> Pipeline::show(async::Call& call, Request request, std::string query_id) {
    auto plan = sized(call, std::move(request));
    if (!plan) co_return base::fail(std::move(plan.error()));
    plan->query_id = std::move(query_id);
    // Its first rows belong to the submission, which was counted; each page after them counts as elsewhere.
    if (plan->offset > 0) {
        if (auto metered = co_await meter(call, *plan); !metered) co_return base::fail(std::move(metered.error()));
    }
    auto result = co_await reread_(call, plan->query_id, range_of(*plan));
    if (!result) {
        const bool gone = plan->offset > 0 && result.error().kind() == base::Kind::not_found;
        co_return base::fail(gone ? result_is_gone() : std::move(result.error()));
    }
    co_return co_await show_rows(call, *plan, **result);
}

Answer Pipeline::closed(async::Call& call, const Request& request, const Rendered& rendered) {
    std::string cursor;
    if (rendered.next != 0) {
        const CursorSubject subject{request.text, request.context, cursor_connection_};
        CursorPlace place{.offset = rendered.next, .query_id = {}};
        if (goes_on_by_id(request, rendered.facts.query_id)) place.query_id = rendered.facts.query_id;
        cursor = seal_cursor(services_.sealer, call.principal(), subject, place, services_.wall_now());
    }
    auto answer = close(rendered, std::move(cursor));
    if (services_.meter) services_.meter->answered(call, answer.content.size() + answer.structured.size());
    return answer;
}

}  // namespace query
