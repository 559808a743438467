#include "backend/snowflake/session/control.hpp"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <utility>

#include "backend/snowflake/session/abort_core.hpp"
#include "backend/snowflake/session/retry_policy.hpp"
#include "backend/snowflake/session/statement_body.hpp"
#include "backend/snowflake/wire/codes.hpp"
#include "backend/snowflake/wire/envelope.hpp"
#include "backend/snowflake/wire/request_target.hpp"
#include "base/log.hpp"

namespace backend::snowflake {
namespace {

constexpr std::chrono::seconds abort_patience{15};

/// Of a path with a fresh request id each.
using Target = std::function<std::string()>;

base::Error status_error(std::string_view what, int status) {
    return base::Error{base::Kind::unavailable, fmt::format("{}: Snowflake answered with HTTP status {}", what, status)}
        .at(base::Stage::query);
}

/// Sends until there is an answer whose status does not say "try again".
async::Task<LinkResult<LinkReply>> persist(async::Call& call, AccountLink& link, Ask ask, Target target,
                                           RetryPolicy::Limits limits) {
    RetryPolicy policy{Repeat::freely, limits};
    for (;;) {
        ask.target = target();
        auto reply = co_await link.exchange(call, ask);
        FailedAttempt failed;
        if (reply) {
            if (!RetryPolicy::is_passing(reply->status)) co_return reply;
            failed = {.how = FailedAttempt::How::status, .status = reply->status, .retry_after = reply->retry_after};
        } else {
            if (reply.error().stopped || reply.error().hopeless) co_return reply;
            failed = reply.error().attempt;
        }
        const auto wait = policy.next(failed, call.worker().now(), call.deadline(), jitter());
        if (!wait) co_return reply;
        co_await pause(call, *wait);
        if (call.stopped()) co_return reply;
    }
}

/// An answer with rows names its query elsewhere; here only the code counts.
struct Verdict {
    bool readable = false;
    bool success = false;
    int code = 0;
    std::string message;
};

Verdict verdict_of(const std::string& body) {
    if (body.empty()) return {};
    auto envelope = Envelope::parse(body);
    if (!envelope) return {};
    return {.readable = true, .success = envelope->success(), .code = envelope->code(), .message = envelope->message()};
}

/// Before it is taken as the answer: a server that refuses every token.
constexpr int most_renewals = 2;

bool refuses_token(int status, const Verdict& verdict) {
    return status == 401 ||
           (verdict.readable && !verdict.success && (wants_renewal(verdict.code) || wants_login(verdict.code)));
}

int code_of(const LinkReply& reply, const Verdict& verdict) { return verdict.code != 0 ? verdict.code : reply.status; }

}  // namespace

// ---- With the session's token

async::Task<base::Result<LinkReply>> authorized(async::Call& call, SessionState::Ptr state, Ask ask, Repeat repeat) {
    RetryPolicy policy{repeat, {.attempts = 5}};
    const bool has_envelope = !ask.target.starts_with("/api/");
    for (int renewals = 0;;) {
        auto ticket = co_await state->ticket(call);
        if (!ticket) co_return base::fail(std::move(ticket.error()));
        ask.token = ticket->token;
        ask.session_header = ticket->session_header;
        auto reply = co_await state->link().exchange(call, ask);
        FailedAttempt failed;
        if (reply) {
            const Verdict verdict = has_envelope ? verdict_of(reply->body) : Verdict{};
            if (refuses_token(reply->status, verdict)) {
                if (++renewals > most_renewals) co_return std::move(*reply);
                auto cured = co_await state->cure(call, ticket->generation, code_of(*reply, verdict));
                if (!cured) co_return base::fail(std::move(cured.error()));
                continue;
            }
            state->proven(ticket->generation);
            if (!RetryPolicy::is_passing(reply->status)) co_return std::move(*reply);
            failed = {.how = FailedAttempt::How::status, .status = reply->status, .retry_after = reply->retry_after};
        } else {
            if (reply.error().stopped || reply.error().hopeless) co_return base::fail(std::move(reply.error().error));
            failed = reply.error().attempt;
        }
        const auto wait = policy.next(failed, call.worker().now(), call.deadline(), jitter());
        if (wait) co_await pause(call, *wait);
        if (wait && !call.stopped()) continue;
        if (reply) co_return std::move(*reply);
        co_return base::fail(std::move(reply.error().error).at(base::Stage::query));
    }
}

async::Task<base::Result<net::client::Response>> authorized_open(async::Call& call, SessionState::Ptr state, Ask ask) {
    for (int renewals = 0;;) {
        auto ticket = co_await state->ticket(call);
        if (!ticket) co_return base::fail(std::move(ticket.error()));
        ask.token = ticket->token;
        ask.session_header = ticket->session_header;
        auto response = co_await state->link().open(call, ask);
        if (!response) co_return base::fail(std::move(response.error().error).at(base::Stage::query));
        if (response->status() != 401 || ++renewals > most_renewals) co_return std::move(*response);
        auto cured = co_await state->cure(call, ticket->generation, 401);
        if (!cured) co_return base::fail(std::move(cured.error()));
    }
}

// ---- Renewal

async::Task<std::expected<Tokens, RenewalFailure>> renew_tokens(async::Call& call, AccountLink& link, Tokens present) {
    Ask ask{.body = renewal_body(present.session.reveal()), .token = std::move(present.master)};
    auto reply =
        co_await persist(call, link, std::move(ask), [] { return token_target(new_request_id()); }, {.attempts = 5});
    if (!reply) {
        co_return std::unexpected{
            RenewalFailure{.error = std::move(reply.error().error).at(base::Stage::login), .refused = false}};
    }
    const bool passing = RetryPolicy::is_passing(reply->status);
    auto envelope = Envelope::parse(reply->body);
    if (!envelope || !reply->ok()) {
        // 404: an emulator without renewals.
        const bool refused = !passing && !reply->ok();
        co_return std::unexpected{RenewalFailure{
            .error =
                std::move(status_error("the session token could not be renewed", reply->status)).at(base::Stage::login),
            .refused = refused}};
    }
    auto session = envelope->text("sessionToken");
    if (!envelope->success() || !session || session->empty()) {
        co_return std::unexpected{RenewalFailure{
            .error =
                error_from({.code = envelope->code(), .message = envelope->message(), .sqlstate = {}, .query_id = {}})
                    .at(base::Stage::login),
            .refused = true}};
    }
    Tokens tokens{.session = base::Secret{std::move(*session)}};
    tokens.master = base::Secret{envelope->text("masterToken").value_or("")};
    tokens.validity = envelope->lifetime("validityInSecondsST");
    tokens.master_validity = envelope->lifetime("validityInSecondsMT");
    co_return tokens;
}

// ---- Sign of life, log-out

async::Task<base::Result<void>> send_heartbeat(async::Call& call, SessionState::Ptr state) {
    auto reply =
        co_await authorized(call, state, {.target = heartbeat_target(new_request_id()), .body = "{}"}, Repeat::freely);
    if (!reply) co_return base::fail(std::move(reply.error()));
    const Verdict verdict = verdict_of(reply->body);
    if (reply->status != 404 && (!reply->ok() || (verdict.readable && !verdict.success))) {
        co_return base::fail(status_error("the session gives no sign of life", reply->status));
    }
    state->heartbeat_answered(call.worker().now());
    co_return base::Result<void>{};
}

async::Task<void> log_out(async::Call& call, AccountLink& link, SessionState::Ticket ticket) {
    if (ticket.token.empty()) co_return;
    async::Call brief{call, call.worker().now() + std::chrono::seconds{5}};
    Ask ask{.body = "{}", .token = std::move(ticket.token), .session_header = std::move(ticket.session_header)};
    auto reply =
        co_await persist(brief, link, std::move(ask), [] { return logout_target(new_request_id()); }, {.attempts = 3});
    if (!reply) {
        base::log::debug("a session was not logged out: {}", reply.error().error.message());
    } else if (!reply->ok() && reply->status != 404 && reply->status != 401) {
        base::log::debug("a session was not logged out: HTTP status {}", reply->status);
    }
}

// ---- Cancelling

async::Task<base::Result<void>> abort_statement(async::Call& call, SessionState::Ptr state, Abandoned what) {
    AbortCore core{what.was_seen};
    base::Error last{base::Kind::unavailable, "the statement could not be cancelled"};
    for (;;) {
        auto ticket = co_await state->ticket(call);
        if (!ticket) co_return base::fail(std::move(ticket.error()));
        Ask ask{.target = abort_target(new_request_id()),
                .body = abort_body(what.request_id, what.sql_text),
                .token = ticket->token,
                .session_header = ticket->session_header};
        auto reply = co_await state->link().exchange(call, std::move(ask));
        AbortCore::Step step;
        int code = 0;
        if (reply) {
            const Verdict verdict = verdict_of(reply->body);
            code = code_of(*reply, verdict);
            step = core.replied(reply->status, verdict.readable, verdict.success, verdict.code);
            if (!verdict.success) {
                last =
                    verdict.code != 0
                        ? error_from({.code = verdict.code, .message = verdict.message, .sqlstate = {}, .query_id = {}})
                        : status_error("the statement could not be cancelled", reply->status);
            }
        } else {
            if (reply.error().stopped) co_return base::fail(std::move(reply.error().error));
            last = std::move(reply.error().error);
            step = core.failed();
        }
        switch (step.what) {
            case AbortCore::Do::done: co_return base::Result<void>{};
            case AbortCore::Do::give_up: co_return base::fail(std::move(last).at(base::Stage::query));
            case AbortCore::Do::send: break;
            case AbortCore::Do::wait:
                co_await pause(call, step.delay);
                if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::query));
                break;
            case AbortCore::Do::renew: {
                auto cured = co_await state->cure(call, ticket->generation, code);
                if (!cured) co_return base::fail(std::move(cured.error()));
                break;
            }
        }
    }
}

async::Task<base::Result<void>> abort_query(async::Call& call, SessionState::Ptr state, std::string query_id) {
    auto reply = co_await authorized(
        call, state, {.target = abort_query_target(query_id, new_request_id()), .body = "{}"}, Repeat::freely);
    if (!reply) co_return base::fail(std::move(reply.error()));
    const Verdict verdict = verdict_of(reply->body);
    const bool over = verdict.code == code::statement_not_running || verdict.code == code::statement_cancelled;
    if (verdict.success || over) co_return base::Result<void>{};
    if (verdict.code == code::statement_not_found || verdict.code == code::result_not_found) {
        co_return base::fail(base::Error{base::Kind::not_found, "there is no such query: " + query_id}
                                 .at(base::Stage::query)
                                 .query(query_id));
    }
    if (!verdict.readable || verdict.code == 0) {
        co_return base::fail(status_error("the query could not be cancelled", reply->status));
    }
    co_return base::fail(
        error_from({.code = verdict.code, .message = verdict.message, .sqlstate = {}, .query_id = query_id}));
}

namespace {

async::Task<void> run_clean_up(async::Call& call, SessionState::Ptr state, Abandoned what) {
    auto aborted = co_await abort_statement(call, state, std::move(what));
    if (!aborted) {
        base::log::warn("a statement that was left could not be cancelled: {}", aborted.error().message());
        state->lose(std::move(aborted.error()));  // nobody knows what still runs on it
    }
    state->cleanup_ends();
}

}  // namespace

void clean_up(async::Call& call, SessionState::Ptr state, Abandoned what) {
    state->cleanup_begins();
    async::Call::Parts parts{.request_id = call.request_id() + "-abort",
                             .principal = call.principal_ptr(),
                             .deadline = call.worker().now() + abort_patience,
                             .trace = call.trace(),
                             .progress = {}};
    AccountLink& link = state->link();
    const bool started = link.tasks().spawn(
        call.worker(), std::move(parts),
        [state, what = std::move(what)](async::Call& own) { return run_clean_up(own, state, what); });
    if (started) return;
    state->lose(base::Error{base::Kind::cancelled, "the server is shutting down"});
    state->cleanup_ends();
}

}  // namespace backend::snowflake
