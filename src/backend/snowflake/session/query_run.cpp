#include "backend/snowflake/session/query_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/snowflake/session/control.hpp"
#include "backend/snowflake/session/query_core.hpp"
#include "backend/snowflake/wire/codes.hpp"
#include "backend/snowflake/wire/request_target.hpp"

namespace backend::snowflake {
namespace {

using Do = QueryCore::Do;

/// An abort that comes so long after the submission has not overtaken it.
constexpr std::chrono::seconds overtaking{1};

/// More USE statements than a context has parts: the server does not go where it is sent.
constexpr int most_switches = 8;

/// One statement while it runs.
struct Running {
    SessionState::Ptr state;
    Run run;
    QueryCore core;
    std::string request_id = new_request_id();
    std::int64_t started_ms = wall_ms();
    base::TimePoint started;
    std::string body;                   // of the submission; written once, so that resends are the same
    std::uint64_t settled_opening = 0;  // the login for which the context was reached
    SessionState::Ticket ticket;        // of the last request
    std::uint64_t submitted_in = 0;     // the login that has the query; 0: somebody else submitted it
    std::optional<QueryAnswer> answer;  // the last one
    std::optional<base::Error> error;   // why the last attempt failed
    base::TimePoint sent;               // when the last submission went out
    bool was_seen = false;              // and it was answered, however

    bool is_read() const { return run.statement.is_read; }
};

base::Error named(base::Error error, const std::string& query_id) {
    if (error.stage() == base::Stage::none) error = std::move(error).at(base::Stage::query);
    if (error.query_id().empty() && !query_id.empty()) error = std::move(error).query(query_id);
    return error;
}

}  // namespace

base::Error refusal(const QueryAnswer& answer) {
    return error_from(
        {.code = answer.code, .message = answer.message, .sqlstate = answer.sql_state, .query_id = answer.query_id});
}

namespace {

/// What the caller is told when there will be no answer: where the statement may write, whether it may have.
base::Error failure(Running& running, base::Error error) {
    const std::string& query_id = running.core.query_id();
    if (running.core.outcome_unknown()) {
        std::string message = fmt::format(
            "{}. The statement had been sent{}, so it may have run, wholly or in part: look into the query history "
            "before "
            "sending it again",
            error.message(), query_id.empty() ? "" : " (query " + query_id + ")");
        auto told = base::Error{error.kind(), std::move(message)}
                        .at(error.stage() == base::Stage::none ? base::Stage::query : error.stage())
                        .about(error.argument())
                        .code(error.code(), error.sqlstate())
                        .query(error.query_id());
        if (error.retry_after()) told = std::move(told).retry_after(*error.retry_after());
        error = std::move(told);
    }
    return named(std::move(error), query_id);
}

base::Error failure(Running& running) {
    return failure(running, running.error ? std::move(*running.error)
                                          : base::Error{base::Kind::unavailable, "Snowflake gave no usable answer"});
}

/// The call is over, or the statement is given up: what may run on the server is cancelled there.
void leave(async::Call& call, Running& running) {
    if (!running.core.needs_abort()) return;
    if (!running.is_read()) running.state->context_in_doubt();
    const bool old = call.worker().now() - running.sent >= overtaking;
    clean_up(call, running.state,
             {.request_id = running.request_id,
              .sql_text = running.run.statement.text,
              .was_seen = running.was_seen || old || !running.core.query_id().empty()});
}

Ask submission(Running& running, std::chrono::milliseconds left) {
    if (running.body.empty()) {
        if (std::int64_t& seconds = running.run.options.timeout_seconds; seconds == 0) {
            seconds = std::max<std::int64_t>(1, (left.count() + 999) / 1000);
        }
        running.body = running.state->statement_body(running.run.statement, running.run.options, running.started_ms);
    }
    Ask ask{.target = query_target(running.request_id, {.count = running.core.resend_count(),
                                                        .reason = running.core.resend_reason(),
                                                        .client_start_ms = running.started_ms}),
            .body = running.body};
    ask.accept = Ask::Accept::rows;
    ask.lane = running.run.of_login ? net::client::Lane::control : net::client::Lane::query;
    return ask;
}

std::optional<Ask> poll(const Running& running) {
    Ask ask{.method = "GET"};
    ask.accept = Ask::Accept::rows;
    ask.lane = net::client::Lane::query;
    const std::string& url = running.core.result_url();
    auto target = url.empty() ? std::optional{result_target(running.core.query_id(), new_request_id())}
                              : poll_target(url, new_request_id());
    if (!target) return std::nullopt;
    ask.target = std::move(*target);
    return ask;
}

base::Error reply_error(const LinkReply& reply, const QueryAnswer* answer) {
    if (answer != nullptr && answer->code != 0) return refusal(*answer);
    base::Error error{base::Kind::unavailable,
                      fmt::format("Snowflake answered the statement with HTTP status {}", reply.status)};
    if (reply.retry_after) error = std::move(error).retry_after(*reply.retry_after);
    return std::move(error).at(base::Stage::query);
}

/// Takes an answer in: what it says of the session, and what comes next.
QueryCore::Step take(async::Call& call, Running& running, LinkReply reply) {
    QueryCore::Reply seen{.status = reply.status, .retry_after = reply.retry_after, .took = reply.took};
    auto parsed = parse_query_answer(std::move(reply.body));
    running.answer.reset();
    if (parsed) {
        parsed->lease = std::move(reply.lease);
        running.answer = std::move(*parsed);
        const QueryAnswer& answer = *running.answer;
        seen.readable = true;
        seen.success = answer.success;
        seen.code = answer.code;
        seen.query_id = answer.query_id;
        seen.get_result_url = answer.get_result_url;
        running.error = reply_error(reply, &answer);
    } else {
        running.error = reply.ok() ? std::move(parsed.error()) : reply_error(reply, nullptr);
    }
    const auto step = running.core.replied(seen, call.worker().now(), call.deadline(), jitter());
    // A poll that met no answer (a gateway's page) tells nothing of the session.
    if (running.answer && (step.what == Do::finish || (step.what != Do::renew && running.core.in_progress()))) {
        running.state->answered(*running.answer, std::move(reply.session_header), running.ticket, running.submitted_in,
                                running.is_read());
    }
    return step;
}

void report(async::Call& call, const Running& running) {
    if (!call.wants_progress() || !running.core.in_progress()) return;
    const auto seconds = std::chrono::duration<double>(call.worker().now() - running.started).count();
    const std::string doing =
        running.answer && !running.answer->progress.empty() ? running.answer->progress : "the query is running";
    call.report({.progress = seconds, .total = {}, .message = doing});
}

/// One request and what follows from it.
async::Task<QueryCore::Step> send(async::Call& call, Running& running, Do what) {
    std::optional<Ask> ask;
    if (running.run.of_login) {
        running.ticket = running.state->present_ticket();
    } else {
        auto ticket = co_await running.state->ticket(call);
        if (!ticket) {
            running.error = std::move(ticket.error());
            co_return QueryCore::Step{.what = Do::fail};
        }
        running.ticket = std::move(*ticket);
    }
    if (what == Do::submit) {
        ask = submission(running, call.left());
        running.core.submitting();
        running.submitted_in = running.ticket.opening;
        running.sent = call.worker().now();
        running.was_seen = false;
    } else {
        ask = poll(running);
        report(call, running);
    }
    if (!ask) {
        running.error = base::Error{base::Kind::unavailable, "Snowflake names no usable place of the query's result"};
        co_return QueryCore::Step{.what = Do::fail};
    }
    ask->token = running.ticket.token;
    ask->session_header = running.ticket.session_header;
    auto reply = co_await running.state->link().exchange(call, std::move(*ask));
    running.was_seen = running.was_seen || reply || reply.error().attempt.how == FailedAttempt::How::broken_body;
    if (reply) co_return take(call, running, std::move(*reply));
    running.error = std::move(reply.error().error);
    if (reply.error().stopped || reply.error().hopeless) {
        running.core.left(reply.error().attempt);
        co_return QueryCore::Step{.what = Do::fail};
    }
    co_return running.core.failed(reply.error().attempt, call.worker().now(), call.deadline(), jitter());
}

/// A submission goes out in the context that was asked for, in whatever login the session is by now.
async::Task<base::Result<void>> settle_context(async::Call& call, Running& running) {
    if (!running.run.wanted) co_return base::Result<void>{};
    const std::uint64_t opening = running.state->openings();
    if (running.settled_opening == opening) co_return base::Result<void>{};
    if (running.state->next_switch(*running.run.wanted)) {
        auto there = co_await reach_context(call, running.state, *running.run.wanted);
        if (!there) co_return there;
    }
    running.settled_opening = running.state->openings();
    co_return base::Result<void>{};
}

async::Task<base::Result<QueryAnswer>> drive(async::Call& call, Running running) {
    running.started = call.worker().now();
    QueryCore::Step step = running.core.begin();
    for (;;) {
        if (call.stopped()) {
            leave(call, running);
            co_return base::fail(failure(running, call.stopped_error(base::Stage::query)));
        }
        switch (step.what) {
            case Do::submit: {
                auto there = co_await settle_context(call, running);
                if (!there) {
                    leave(call, running);
                    co_return base::fail(std::move(there.error()));
                }
                step = co_await send(call, running, Do::submit);
                break;
            }
            case Do::poll: step = co_await send(call, running, Do::poll); break;
            case Do::wait:
                co_await pause(call, step.delay);
                step = running.core.waited();
                break;
            case Do::renew: {
                if (running.run.of_login) {
                    step = {.what = Do::fail};
                    break;
                }
                auto cured = co_await running.state->cure(call, running.ticket.generation, step.refused_code);
                if (!cured) {
                    leave(call, running);
                    co_return base::fail(failure(running, std::move(cured.error())));
                }
                step = running.core.token_ready();
                break;
            }
            case Do::finish:
                if (running.answer->success || running.answer->in_progress() || running.run.keep_refusal)
                    co_return std::move(*running.answer);
                co_return base::fail(refusal(*running.answer));
            case Do::fail:
                leave(call, running);
                if (call.stopped()) {
                    co_return base::fail(failure(running, call.stopped_error(base::Stage::query)));
                }
                co_return base::fail(failure(running));
        }
    }
}

}  // namespace

async::Task<base::Result<QueryAnswer>> run_query(async::Call& call, SessionState::Ptr state, Run run) {
    QueryCore core{{.repeat = run.statement.is_read ? Repeat::freely : Repeat::only_if_unseen,
                    .leave_running = run.options.asynchronous}};
    Running running{.state = std::move(state), .run = std::move(run), .core = std::move(core)};
    co_return co_await drive(call, std::move(running));
}

async::Task<base::Result<QueryAnswer>> query_result(async::Call& call, SessionState::Ptr state, std::string query_id) {
    Run run;
    run.statement.is_read = true;
    Running running{.state = std::move(state),
                    .run = std::move(run),
                    .core = QueryCore::of_running(std::move(query_id), {.repeat = Repeat::freely})};
    co_return co_await drive(call, std::move(running));
}

namespace {

/// The server's words beside what to look at: they seldom say what was asked for.
base::Error unreached(base::Error error, const ContextStep& step) {
    if (error.code().empty()) return error;  // not the server's refusal
    std::string_view setting;
    switch (step.part) {
        case ContextStep::Part::role: setting = "SNOWFLAKE_ROLE"; break;
        case ContextStep::Part::secondary_roles: setting = "SNOWFLAKE_SECONDARY_ROLES"; break;
        case ContextStep::Part::warehouse: setting = "SNOWFLAKE_WAREHOUSE"; break;
        case ContextStep::Part::place: setting = "SNOWFLAKE_DATABASE and SNOWFLAKE_SCHEMA"; break;
        case ContextStep::Part::unreachable: return error;
    }
    auto told =
        base::Error{error.kind(), fmt::format("{} failed: {} (check the name that was asked for, else {}, and what "
                                              "the role may use)",
                                              step.statement, error.message(), setting)};
    return std::move(told)
        .at(error.stage() == base::Stage::none ? base::Stage::query : error.stage())
        .about(error.argument())
        .code(error.code(), error.sqlstate())
        .query(error.query_id());
}

}  // namespace

async::Task<base::Result<void>> reach_context(async::Call& call, SessionState::Ptr state, const Context& wanted) {
    for (int switches = 0; switches < most_switches; ++switches) {
        const auto step = state->next_switch(wanted);
        if (!step) co_return base::Result<void>{};
        if (step->part == ContextStep::Part::unreachable) {
            auto afresh = co_await state->open_afresh(call);
            if (!afresh) co_return afresh;
            continue;
        }
        Run use;
        use.statement.text = step->statement;
        use.statement.is_read = true;  // twice is once
        auto answer = co_await run_query(call, state, std::move(use));
        if (!answer) {
            if (answer.error().kind() != base::Kind::sql) state->context_in_doubt();
            co_return base::fail(unreached(std::move(answer.error()), *step));
        }
        state->switched(*step, wanted);
    }
    co_return base::fail(
        base::Error{base::Kind::unavailable, "the session does not go where USE sends it"}.at(base::Stage::query));
}

}  // namespace backend::snowflake
