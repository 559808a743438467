// What the pool does by itself, outside its lock: logins, signs of life, log-outs, the housekeeper's rounds.
#include <algorithm>
#include <utility>

#include "backend/pool_state.hpp"
#include "base/log.hpp"

namespace backend {

void Pool::State::finish(Afterwards after) {
    for (const async::WaiterPtr& waiter : after.wakes) async::Waiter::wake(waiter);
    for (Login& login : after.logins) start_login(std::move(login));
    for (Errand& errand : after.checks) start_check(std::move(errand));
    for (Errand& errand : after.closes) start_close(std::move(errand));
    if (after.start_housekeeper) start_housekeeper();
}

// ---- Logins

void Pool::State::start_login(Login login) {
    const auto patience = backend.interactive() ? person_patience : settings.connection_timeout;
    async::Worker& worker = *login.worker;
    async::Call::Parts parts{
        .request_id = "pool-login", .principal = login.principal, .deadline = worker.now() + patience};
    const LoginId id = login.id;
    const bool started = tasks.spawn(
        worker, std::move(parts),
        [this, login = std::move(login)](async::Call& call) mutable { return log_in(call, this, std::move(login)); });
    if (!started) login_failed(id, base::Error{base::Kind::cancelled, "the server is going down"});
}

async::Task<void> Pool::State::log_in(async::Call& call, State* state, Login login) {
    auto opened = co_await state->backend.login(call, state->backend.default_context(), login.identity);
    if (opened && !(*opened)->usable())
        opened = base::fail(
            base::Error{base::Kind::unavailable, "the session ended as soon as it was opened"}.at(base::Stage::login));
    if (opened) {
        state->logged_in(login, std::move(*opened));
        co_return;
    }
    if (!call.stopped()) base::log::warn("{}: a login failed: {}", state->backend.name(), opened.error().message());
    state->login_failed(login.id, opened.error());
}

// ---- Signs of life

void Pool::State::start_check(Errand errand) {
    async::Worker& worker = *errand.worker;
    base::PrincipalPtr principal;
    {
        const base::MutexLock lock{mutex};
        principal = home_principal;
    }
    async::Call::Parts parts{
        .request_id = "pool-check", .principal = std::move(principal), .deadline = worker.now() + check_patience};
    const bool started = tasks.spawn(worker, std::move(parts), [this, errand](async::Call& call) mutable {
        return check(call, this, std::move(errand));
    });
    if (!started) checked(errand.id, false, *errand.session);
}

async::Task<void> Pool::State::check(async::Call& call, State* state, Errand errand) {
    const auto alive = co_await errand.session->check(call);
    if (!alive)
        base::log::info("{}: a session that gave no sign of life is closed: {}", state->backend.name(),
                        alive.error().message());
    state->checked(errand.id, alive.has_value(), *errand.session);
}

// ---- Log-outs

void Pool::State::start_close(Errand errand) {
    async::Worker& worker = *errand.worker;
    base::PrincipalPtr principal;
    {
        const base::MutexLock lock{mutex};
        principal = home_principal;
    }
    async::Call::Parts parts{
        .request_id = "pool-close", .principal = std::move(principal), .deadline = worker.now() + close_patience};
    const SessionId id = errand.id;
    const bool started = closings.spawn(
        worker, std::move(parts),
        [this, errand = std::move(errand)](async::Call& call) mutable { return close(call, this, std::move(errand)); });
    if (!started) closed(id);
}

async::Task<void> Pool::State::close(async::Call& call, State* state, Errand errand) {
    if (!errand.session->keep_logged_in()) co_await errand.session->close(call);
    const SessionId id = errand.id;
    errand.session.reset();
    state->closed(id);
}

// ---- The housekeeper: wakes when something falls due, runs as long as anything may

void Pool::State::set_alarm(Afterwards& after) {
    const auto due = core.next_due();
    if (!due || stopping || !home_worker) return;
    if (!housekeeper_runs) {
        housekeeper_runs = true;
        after.start_housekeeper = true;
    } else if (alarm_at && *due < *alarm_at && !alarm.empty()) {
        after.wakes.push_back(alarm.grant_next());
    }
}

void Pool::State::start_housekeeper() {
    async::Worker* worker = nullptr;
    base::PrincipalPtr principal;
    {
        const base::MutexLock lock{mutex};
        worker = home_worker;
        principal = home_principal;
    }
    async::Call::Parts parts{.request_id = "pool-upkeep",
                             .principal = std::move(principal),
                             .deadline = worker->now() + std::chrono::years{10}};
    tasks.spawn(*worker, std::move(parts), [this](async::Call& call) { return keep_house(call, this); });
}

std::optional<Pool::State::Nap> Pool::State::lie_down(async::Worker& worker) {
    const base::MutexLock lock{mutex};
    const auto due = core.next_due();
    if (!due || stopping) {
        housekeeper_runs = false;
        return std::nullopt;
    }
    alarm_at = due;
    Nap nap{
        .length = std::max(std::chrono::ceil<std::chrono::milliseconds>(*due - now()), std::chrono::milliseconds{10}),
        .alarm = std::make_shared<async::Waiter>(worker)};
    alarm.push(nap.alarm);
    return nap;
}

void Pool::State::get_up(const async::WaiterPtr& woken) {
    const base::MutexLock lock{mutex};
    alarm.leave(*woken);
    alarm_at.reset();
}

async::Task<void> Pool::State::keep_house(async::Call& call, State* state) {
    while (const auto nap = state->lie_down(call.worker())) {
        {
            async::Call sleep{call, call.worker().now() + nap->length};
            co_await nap->alarm->wait(sleep);
        }
        state->get_up(nap->alarm);
        state->operate([](PoolCore& core, base::TimePoint now, PoolCore::Steps& steps) {
            if (core.next_due() && *core.next_due() <= now) core.tick(now, steps);
        });
    }
}

}  // namespace backend
