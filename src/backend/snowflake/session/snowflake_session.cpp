#include "backend/snowflake/session/snowflake_session.hpp"

#include <utility>

#include "backend/snowflake/session/control.hpp"
#include "backend/snowflake/session/query_run.hpp"
#include "backend/snowflake/wire/request_target.hpp"

namespace backend::snowflake {
namespace {

/// A server that runs one statement a session (fakesnow) says "exists already" to a second one. To a read, which makes
/// nothing, Snowflake itself never says so.
bool is_refusal_of_a_second_statement(const base::Error& error, bool is_read) {
    return is_read && error.code() == "002002" && error.sqlstate() == "42710";
}

/// Some control statements answer without data. A read does not: its rows would be lost in silence.
base::Error no_result_error(const QueryAnswer& answer) {
    return base::Error{base::Kind::unavailable, "Snowflake says that the query succeeded, but sent no result"}
        .at(base::Stage::result)
        .query(answer.query_id);
}

/// The rows of one statement of a request, by its id; any session of the same user has them.
async::Task<base::Result<std::unique_ptr<ResultSet>>> open_child(async::Call& call, SessionState::Ptr state,
                                                                 const ResultOpener& opener, std::string query_id,
                                                                 std::optional<std::uint64_t> limit) {
    auto answer = co_await query_result(call, state, std::move(query_id));
    if (!answer) co_return base::fail(std::move(answer.error()));
    if (!answer->has_data) co_return base::fail(no_result_error(*answer));
    ResultWish wish;
    wish.limit = limit;
    co_return opener(call, std::move(*answer), std::move(state), std::move(wish));
}

/// A statement that is just being cancelled needs the login.
async::Task<void> close_session(async::Call& call, SessionState::Ptr state) {
    (void)co_await state->settled(call);
    SessionState::Ticket ticket = state->present_ticket();
    state->close();
    co_await log_out(call, state->link(), std::move(ticket));
}

}  // namespace

SnowflakeSession::SnowflakeSession(SessionState::Ptr state, const ResultOpener& opener)
    : state_{std::move(state)}, opener_{opener} {}

async::Task<base::Result<std::unique_ptr<ResultSet>>> SnowflakeSession::execute(async::Call& call,
                                                                                Statement statement) {
    if (state_->settling()) {
        auto settled = co_await state_->settled(call);
        if (!settled) co_return base::fail(std::move(settled.error()));
    }
    const bool is_read = statement.is_read;
    Run run;
    run.wanted = wanted_context(std::move(statement.context), state_->own_context());
    const ResultWish wish{.limit = statement.limit, .keeps = {}};
    run.statement = std::move(statement);
    auto answer = co_await run_query(call, state_, std::move(run));
    if (answer && is_read && !answer->has_data) co_return base::fail(no_result_error(*answer));
    if (answer) co_return opener_(call, std::move(*answer), state_, wish);
    if (is_refusal_of_a_second_statement(answer.error(), is_read)) {
        carries_several_.store(false, std::memory_order_relaxed);
        co_return base::fail(busy_error("the session runs another statement"));
    }
    co_return base::fail(std::move(answer.error()));
}

ReadInOne SnowflakeSession::child(std::string query_id) const {
    if (!is_query_id(query_id)) return {};
    ReadInOne one{.state = ReadInOne::State::ran, .query_id = query_id, .error = {}, .open = {}};
    one.open = [state = state_, &opener = opener_, id = std::move(query_id)](async::Call& call,
                                                                             std::optional<std::uint64_t> limit) {
        return open_child(call, state, opener, id, limit);
    };
    return one;
}

async::Task<base::Result<std::vector<ReadInOne>>> SnowflakeSession::execute_all(async::Call& call, ReadsInOne reads) {
    if (state_->settling()) {
        auto settled = co_await state_->settled(call);
        if (!settled) co_return base::fail(std::move(settled.error()));
    }
    Run run;
    run.wanted = wanted_context(std::move(reads.context), state_->own_context());
    run.statement.text = std::move(reads.text);
    run.statement.tag = std::move(reads.tag);
    run.statement.is_read = true;
    run.options.statements = static_cast<std::uint32_t>(reads.count);
    run.keep_refusal = true;
    auto answer = co_await run_query(call, state_, std::move(run));
    if (!answer) co_return base::fail(std::move(answer.error()));
    auto& ids = answer->result_ids;
    if (!answer->success) {
        auto error = refusal(*answer);
        if (is_refusal_of_a_second_statement(error, true)) {
            carries_several_.store(false, std::memory_order_relaxed);
            co_return base::fail(busy_error("the session runs another statement"));
        }
        if (ids.empty()) co_return base::fail(std::move(error));
    }
    if (answer->success ? ids.size() != reads.count : ids.size() > reads.count) {
        co_return base::fail(base::Error{base::Kind::unavailable, "Snowflake names no results of the statements"}
                                 .at(base::Stage::query)
                                 .query(answer->query_id));
    }
    // A refusal may name those that ran; the one that failed, too: then its rows are its error.
    std::vector<ReadInOne> children;
    children.reserve(reads.count);
    for (auto& id : ids) children.push_back(child(std::move(id)));
    while (children.size() < reads.count) {
        ReadInOne behind;
        behind.state = ReadInOne::State::unknown;
        children.push_back(std::move(behind));
    }
    co_return children;
}

const Context& SnowflakeSession::context() const {
    context_ = state_->context();
    return context_;
}

async::Task<base::Result<void>> SnowflakeSession::check(async::Call& call) { return send_heartbeat(call, state_); }

async::Task<void> SnowflakeSession::close(async::Call& call) { return close_session(call, state_); }

}  // namespace backend::snowflake
