#include "backend/snowflake/session/session_state.hpp"

#include <utility>

#include "backend/snowflake/session/control.hpp"
#include "backend/snowflake/session/query_run.hpp"
#include "base/log.hpp"

namespace backend::snowflake {

using Cure = SessionCore::Cure;

namespace {

base::Error going_down() {
    return base::Error{base::Kind::cancelled, "the server is shutting down: send the request again"}.at(
        base::Stage::login);
}

base::Error lost_error(const std::optional<base::Error>& loss) {
    if (loss) return *loss;
    return base::Error{base::Kind::unavailable, "the session was closed; send the request again"}.at(
        base::Stage::login);
}

/// Snowflake knows USE SECONDARY ROLES. What gives no master token is no Snowflake, and where it does not even parse
/// the statement it has no secondary roles.
bool is_unknown_statement(const base::Error& error) { return error.code() == "001003"; }

}  // namespace

/// What somebody needs of the session before he can go on.
struct SessionState::Need {
    enum class What : std::uint8_t { token, another_token, another_login } what = What::token;
    std::uint64_t generation = 0;
    int code = 0;

    Cure ask(SessionCore& core, base::TimePoint now) const {
        switch (what) {
            case What::token: return core.due(now);
            case What::another_token: return core.refused(generation, code);
            case What::another_login: return core.openings() == generation ? core.start_afresh() : Cure::none;
        }
        return Cure::give_up;
    }
};

// ---- Tokens

async::Task<base::Result<void>> SessionState::open(async::Call& call) {
    {
        const base::MutexLock lock{mutex_};
        core_.begin_login();
    }
    auto error = co_await log_in(call);
    if (error) co_return base::fail(std::move(*error));
    co_return base::Result<void>{};
}

SessionState::Ticket SessionState::present_ticket() const {
    const base::MutexLock lock{mutex_};
    return core_.ticket();
}

async::Task<base::Result<SessionState::Ticket>> SessionState::ticket(async::Call& call) {
    for (int renewals = 0;; ++renewals) {
        Cure cure = Cure::none;
        Ticket ticket;
        bool ended = false;
        {
            const base::MutexLock lock{mutex_};
            const base::TimePoint now = call.worker().now();
            cure = core_.due(now);
            ticket = core_.ticket();
            ended = core_.has_ended(now);
        }
        if (cure == Cure::none) co_return ticket;
        if (cure == Cure::renew) {
            start(call, cure);
            // Still good: it is renewed by the way. Ends as it comes, again and again: the server may take it all the
            // same.
            if (!ended || renewals == 2) co_return ticket;
        }
        auto there = co_await mended(call, {.what = Need::What::token});
        if (!there) co_return base::fail(std::move(there.error()));
    }
}

async::Task<base::Result<void>> SessionState::cure(async::Call& call, std::uint64_t generation, int code) {
    return mended(call, {.what = Need::What::another_token, .generation = generation, .code = code});
}

async::Task<base::Result<void>> SessionState::open_afresh(async::Call& call) {
    return mended(call, {.what = Need::What::another_login, .generation = openings()});
}

async::Task<base::Result<void>> SessionState::mended(async::Call& call, Need need) {
    const auto waiter = std::make_shared<async::Waiter>(call.worker());
    Cure cure = Cure::none;
    {
        const base::MutexLock lock{mutex_};
        cure = need.ask(core_, call.worker().now());
        if (cure == Cure::none) co_return base::Result<void>{};
        if (cure == Cure::give_up) co_return base::fail(lost_error(core_.loss()));
        waiting_.push(waiter);
    }
    if (cure != Cure::wait) start(call, cure);
    const async::StopReason reason = co_await waiter->wait(call);
    if (reason != async::StopReason::none) {
        const base::MutexLock lock{mutex_};
        if (waiting_.leave(*waiter)) co_return base::fail(call.stopped_error(base::Stage::login));
    }
    if (const auto error = std::static_pointer_cast<base::Error>(waiter->grant())) co_return base::fail(*error);
    co_return base::Result<void>{};
}

/// In the background: others wait for it too, so it does not end with this call.
void SessionState::start(async::Call& call, Cure cure) {
    async::Call::Parts parts{.request_id = cure == Cure::renew ? "session-renewal" : "session-login",
                             .principal = call.principal_ptr(),
                             .deadline = call.worker().now() + policy_.patience,
                             .trace = {},
                             .progress = {}};
    const bool started =
        link_.tasks().spawn(call.worker(), std::move(parts),
                            [self = shared_from_this(), cure](async::Call& own) { return run_cure(own, self, cure); });
    if (started) return;
    {
        const base::MutexLock lock{mutex_};
        core_.lose(going_down());
    }
    wake_all(going_down());
}

async::Task<void> SessionState::run_cure(async::Call& call, Ptr self, Cure cure) {
    std::optional<base::Error> error;
    if (cure == Cure::renew) {
        error = co_await self->renew(call);
    } else {
        error = co_await self->log_in(call);
    }
    self->wake_all(error);
}

void SessionState::wake_all(const std::optional<base::Error>& error) {
    std::vector<async::WaiterPtr> wakes;
    const auto grant = error ? std::make_shared<base::Error>(*error) : nullptr;
    {
        const base::MutexLock lock{mutex_};
        while (async::WaiterPtr next = waiting_.grant_next(grant)) wakes.push_back(std::move(next));
    }
    for (const async::WaiterPtr& waiter : wakes) async::Waiter::wake(waiter);
}

async::Task<std::optional<base::Error>> SessionState::renew(async::Call& call) {
    Tokens present;
    {
        const base::MutexLock lock{mutex_};
        present = core_.tokens();
    }
    auto renewed = co_await renew_tokens(call, link_, std::move(present));
    if (renewed) {
        const base::MutexLock lock{mutex_};
        core_.renewed(call.worker().now(), std::move(*renewed));
        co_return std::nullopt;
    }
    if (!renewed.error().refused) {
        const base::MutexLock lock{mutex_};
        core_.renewal_failed();
        co_return std::move(renewed.error().error);
    }
    {
        const base::MutexLock lock{mutex_};
        if (core_.renewal_refused() != Cure::log_in) co_return lost_error(core_.loss());
        if (waiting_.empty() && policy_.interactive()) {  // nobody is there whom a login could ask
            core_.lose(renewed.error().error);
            co_return std::move(renewed.error().error);
        }
    }
    co_return co_await log_in(call);
}

async::Task<std::optional<base::Error>> SessionState::log_in(async::Call& call) {
    auto opening = co_await policy_.log_in(call);
    if (!opening) {
        const base::MutexLock lock{mutex_};
        core_.login_failed(opening.error());
        co_return std::move(opening.error());
    }
    const bool is_emulator = opening->tokens.master.empty();
    {
        const base::MutexLock lock{mutex_};
        core_.logged_in(call.worker().now(), std::move(opening->tokens), std::move(opening->context),
                        opening->in_doubt);
        core_.session_header(std::move(opening->session_header));
        core_.parameters({}, opening->parameters);
    }
    const std::string statement = "USE SECONDARY ROLES " + policy_.secondary_roles;
    Run first;
    first.statement.text = statement;
    first.statement.is_read = true;  // twice is once
    first.of_login = true;
    auto answer = co_await run_query(call, shared_from_this(), std::move(first));
    if (!answer && !(is_emulator && is_unknown_statement(answer.error()))) {
        base::Error error{
            answer.error().kind(),
            statement + " failed, and the login with it (SNOWFLAKE_SECONDARY_ROLES): " + answer.error().message()};
        error = std::move(error).at(base::Stage::login).code(answer.error().code(), answer.error().sqlstate());
        Ticket ticket;
        {
            const base::MutexLock lock{mutex_};
            ticket = core_.ticket();
            core_.login_failed(error);
        }
        co_await log_out(call, link_, std::move(ticket));
        co_return error;
    }
    const base::MutexLock lock{mutex_};
    core_.secondary_roles(policy_.secondary_roles);
    if (!answer) core_.without_secondary_roles();
    core_.opened();
    co_return std::nullopt;
}

// ---- What answers tell

void SessionState::answered(const QueryAnswer& answer, std::string session_header, const Ticket& sent,
                            std::uint64_t submitted_in, bool is_read) {
    const base::MutexLock lock{mutex_};
    core_.proven(sent.generation);
    if (sent.opening != core_.openings()) return;
    if (!session_header.empty()) core_.session_header(std::move(session_header));
    if (submitted_in != sent.opening) return;
    core_.answered({.role = answer.final_role,
                    .warehouse = answer.final_warehouse,
                    .database = answer.final_database,
                    .schema = answer.final_schema,
                    .query_context = answer.query_context(),
                    .may_move = !is_read});
    if (!answer.success && !answer.in_progress() && !is_read) core_.context_in_doubt();
    if (core_.parameters_changed(answer.parameters_text())) {
        core_.parameters(answer.parameters_text(), answer.parameters());
    }
}

void SessionState::proven(std::uint64_t generation) {
    const base::MutexLock lock{mutex_};
    core_.proven(generation);
}

void SessionState::heartbeat_answered(base::TimePoint now) {
    const base::MutexLock lock{mutex_};
    core_.heartbeat_answered(now);
}

void SessionState::context_in_doubt() {
    const base::MutexLock lock{mutex_};
    core_.context_in_doubt();
}

std::optional<ContextStep> SessionState::next_switch(const Context& wanted) const {
    const base::MutexLock lock{mutex_};
    return core_.next_switch(wanted);
}

void SessionState::switched(const ContextStep& step, const Context& wanted) {
    const base::MutexLock lock{mutex_};
    core_.switched(step, wanted);
}

void SessionState::lose(base::Error error) {
    const base::MutexLock lock{mutex_};
    core_.lose(std::move(error));
}

void SessionState::close() {
    const base::MutexLock lock{mutex_};
    core_.close();
}

std::string SessionState::statement_body(const Statement& statement, const RunOptions& options, std::int64_t now_ms) {
    std::string body;
    const base::MutexLock lock{mutex_};
    const QueryContextCache* context =
        options.asynchronous || core_.query_context().empty() ? nullptr : &core_.query_context();
    write_statement_body(body, statement, options, core_.next_sequence(), now_ms, context);
    return body;
}

// ---- Clean-ups

void SessionState::cleanup_begins() {
    const base::MutexLock lock{mutex_};
    ++cleanups_;
}

void SessionState::cleanup_ends() {
    std::vector<async::WaiterPtr> wakes;
    {
        const base::MutexLock lock{mutex_};
        if (--cleanups_ > 0) return;
        while (async::WaiterPtr next = settlers_.grant_next()) wakes.push_back(std::move(next));
    }
    for (const async::WaiterPtr& waiter : wakes) async::Waiter::wake(waiter);
}

async::Task<base::Result<void>> SessionState::settled(async::Call& call) {
    const auto waiter = std::make_shared<async::Waiter>(call.worker());
    {
        const base::MutexLock lock{mutex_};
        if (cleanups_ == 0) co_return base::Result<void>{};
        settlers_.push(waiter);
    }
    if (co_await waiter->wait(call) != async::StopReason::none) {
        const base::MutexLock lock{mutex_};
        if (settlers_.leave(*waiter)) co_return base::fail(call.stopped_error(base::Stage::query));
    }
    co_return base::Result<void>{};
}

bool SessionState::settling() const {
    const base::MutexLock lock{mutex_};
    return cleanups_ > 0;
}

// ---- Asynchronous queries

void SessionState::left_running(base::TimePoint now, std::string query_id, base::TimePoint until) {
    const base::MutexLock lock{mutex_};
    running_.add(now, std::move(query_id), until);
}

void SessionState::seen_ended(std::string_view query_id) {
    const base::MutexLock lock{mutex_};
    running_.ended(query_id);
}

bool SessionState::carries_queries(base::TimePoint now) const {
    const base::MutexLock lock{mutex_};
    return running_.any(now);
}

// ---- Reading

bool SessionState::usable() const {
    const base::MutexLock lock{mutex_};
    return core_.usable();
}

std::optional<base::TimePoint> SessionState::ends_at() const {
    const base::MutexLock lock{mutex_};
    return core_.master_ends();
}

Context SessionState::context() const {
    const base::MutexLock lock{mutex_};
    return core_.context();
}

bool SessionState::context_known() const {
    const base::MutexLock lock{mutex_};
    return core_.context_known();
}

Context SessionState::own_context() const {
    const base::MutexLock lock{mutex_};
    return core_.own_context();
}

std::uint64_t SessionState::openings() const {
    const base::MutexLock lock{mutex_};
    return core_.openings();
}

std::string SessionState::parameter(std::string_view name) const {
    const base::MutexLock lock{mutex_};
    return core_.parameter(name);
}

}  // namespace backend::snowflake
