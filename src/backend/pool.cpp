#include "backend/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/pool_state.hpp"

namespace backend {

// ---- Borrowed

Borrowed::Borrowed(Pool& pool, PoolCore::SessionId id, std::shared_ptr<Session> session, bool needs_switch, bool shared)
    : pool_{&pool}, id_{id}, session_{std::move(session)}, needs_switch_{needs_switch}, shared_{shared} {}

Borrowed& Borrowed::operator=(Borrowed&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(id_, other.id_);
    std::swap(session_, other.session_);
    std::swap(needs_switch_, other.needs_switch_);
    std::swap(shared_, other.shared_);
    return *this;
}

Borrowed::~Borrowed() {
    if (session_) pool_->state_->give_back(id_, std::move(session_));
}

// ---- Steps under the lock

Pool::State::State(Backend& served, Settings given, std::function<base::TimePoint()> clock)
    : backend{served}, settings{given}, now{std::move(clock)}, core{given} {}

base::TimePoint Pool::State::begin(Asks asks) {
    core.set_interactive(asks == Asks::a_person);
    return now();
}

PoolCore::Seen Pool::State::seen(const Session& session, bool alone) const {
    PoolCore::Seen what{.usable = session.usable(),
                        .context = {},
                        .carries_several = session.carries_several(),
                        .ends_at = session.ends_at()};
    if (alone && session.context_known()) what.context = session.context();
    return what;
}

void Pool::State::apply(PoolCore::Steps& steps, Arrival* arrival, Afterwards& after) {
    using Kind = PoolCore::Step::Kind;
    for (PoolCore::Step& step : steps) {
        switch (step.kind) {
            case Kind::grant:
                hand_over(step.ticket,
                          {.id = step.session,
                           .session = sessions.at(step.session).session,
                           .needs_switch = step.needs_switch,
                           .shared = step.shared,
                           .error = {}},
                          arrival, after);
                break;
            case Kind::refuse:
                hand_over(step.ticket, {.session = nullptr, .error = std::move(step.error)}, arrival, after);
                break;
            case Kind::log_in: after.logins.push_back(login_of(step, arrival)); break;
            case Kind::check: {
                const Record& record = sessions.at(step.session);
                after.checks.push_back({step.session, record.session, record.worker});
                break;
            }
            case Kind::close: {
                auto node = sessions.extract(step.session);
                after.closes.push_back({step.session, std::move(node.mapped().session), node.mapped().worker});
                break;
            }
        }
    }
    set_alarm(after);
}

void Pool::State::hand_over(Ticket ticket, Grant grant, Arrival* arrival, Afterwards& after) {
    if (arrival && arrival->ticket == ticket) {
        arrival->grant = std::move(grant);
        return;
    }
    auto asker = askers.extract(ticket);
    queue.grant(asker.mapped().waiter, std::make_shared<Grant>(std::move(grant)));
    after.wakes.push_back(std::move(asker.mapped().waiter));
}

/// It runs where its waiter is; without one, at home.
Pool::State::Login Pool::State::login_of(const PoolCore::Step& step, const Arrival* arrival) {
    Login login{step.login, step.identity, home_worker, home_principal};
    const Asker* asker = nullptr;
    if (arrival && arrival->ticket == step.ticket) asker = &arrival->asker;
    if (const auto known = askers.find(step.ticket); known != askers.end()) asker = &known->second;
    if (asker) {
        login.worker = asker->worker;
        login.principal = asker->principal;
    }
    return login;
}

// ---- Events

namespace {

/// How long the scope took, told to whoever wants to know.
class Stopwatch {
public:
    using Listener = std::function<void(std::chrono::nanoseconds)>;
    explicit Stopwatch(const Listener& listener) : listener_{listener} {
        if (listener_) begun_ = base::Clock::now();
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;
    ~Stopwatch() {
        if (listener_) listener_(base::Clock::now() - begun_);
    }

private:
    const Listener& listener_;
    base::TimePoint begun_;
};

}  // namespace

Pool::State::Arrival Pool::State::arrive(async::Call& call, Wanted wanted) {
    const Stopwatch watch{stepped};
    Afterwards after;
    PoolCore::Steps steps;
    Arrival arrival{.ticket = {},
                    .grant = {},
                    .asker = {.worker = &call.worker(), .principal = call.principal_ptr(), .waiter = {}}};
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        if (!home_worker) {
            home_worker = &call.worker();
            home_principal = call.principal_ptr();
        }
        arrival.ticket = core.arrive(begin(asks), std::move(wanted), steps);
        apply(steps, &arrival, after);
        if (!arrival.grant) {
            arrival.asker.waiter = std::make_shared<async::Waiter>(call.worker());
            queue.push(arrival.asker.waiter);
            askers.emplace(arrival.ticket, arrival.asker);
        }
    }
    finish(std::move(after));
    return arrival;
}

std::optional<Pool::State::Grant> Pool::State::leave(const Arrival& arrival) {
    const Stopwatch watch{stepped};
    Afterwards after;
    PoolCore::Steps steps;
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        if (!queue.leave(*arrival.asker.waiter))
            return std::move(*std::static_pointer_cast<Grant>(arrival.asker.waiter->grant()));
        askers.erase(arrival.ticket);
        core.leave(begin(asks), arrival.ticket, steps);
        apply(steps, nullptr, after);
    }
    finish(std::move(after));
    return std::nullopt;
}

void Pool::State::give_back(SessionId id, SessionPtr session) {
    const Stopwatch watch{stepped};
    Afterwards after;
    PoolCore::Steps steps;
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        const base::TimePoint at = begin(asks);
        core.give_back(at, id, seen(*session, core.is_last_lending(id)), steps);
        session.reset();  // the record keeps it: whoever closes it is its last owner
        apply(steps, nullptr, after);
    }
    finish(std::move(after));
}

void Pool::State::logged_in(const Login& login, SessionPtr session) {
    Afterwards after;
    PoolCore::Steps steps;
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        const base::TimePoint at = begin(asks);
        const SessionId id = core.logged_in(at, login.id, seen(*session, true), steps);
        sessions.emplace(id, Record{std::move(session), login.worker});
        apply(steps, nullptr, after);
    }
    finish(std::move(after));
}

void Pool::State::login_failed(LoginId id, const base::Error& error) {
    Afterwards after;
    PoolCore::Steps steps;
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        const base::TimePoint at = begin(asks);
        if (stopping) {
            core.login_abandoned(at, id, steps);
        } else {
            core.login_failed(at, id, error, std::uniform_real_distribution<>{0, 1}(random), steps);
        }
        apply(steps, nullptr, after);
    }
    finish(std::move(after));
}

void Pool::State::checked(SessionId id, bool alive, const Session& session) {
    Afterwards after;
    PoolCore::Steps steps;
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        core.checked(begin(asks), id, alive, seen(session, true), steps);
        apply(steps, nullptr, after);
    }
    finish(std::move(after));
}

void Pool::State::closed(SessionId id) {
    Afterwards after;
    PoolCore::Steps steps;
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        core.closed(begin(asks), id, steps);
        apply(steps, nullptr, after);
    }
    finish(std::move(after));
}

void Pool::State::operate(void (*act)(PoolCore&, base::TimePoint, PoolCore::Steps&)) {
    Afterwards after;
    PoolCore::Steps steps;
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        act(core, begin(asks), steps);
        apply(steps, nullptr, after);
    }
    finish(std::move(after));
}

void Pool::State::prepare(async::Worker& worker, base::PrincipalPtr principal) {
    {
        const base::MutexLock lock{mutex};
        home_worker = &worker;
        home_principal = std::move(principal);
    }
    operate([](PoolCore& core, base::TimePoint now, PoolCore::Steps& steps) { core.keep_minimum(now, steps); });
}

void Pool::State::stop(async::StopReason reason) {
    Afterwards after;
    PoolCore::Steps steps;
    const Asks asks = login_asks();
    {
        const base::MutexLock lock{mutex};
        if (!stopping) stopping = reason;
        core.stop(begin(asks), base::Error{async::kind_of(*stopping), "the server is going down"}.at(base::Stage::pool),
                  steps);
        apply(steps, nullptr, after);
    }
    finish(std::move(after));
    tasks.stop(reason);
}

base::Error Pool::State::timed_out(base::TimePoint since) {
    const Asks asks = login_asks();
    const base::MutexLock lock{mutex};
    const base::TimePoint at = now();
    const auto now_there = core.figures(at);
    std::string message = fmt::format(
        "no session became free within {:.3g} s: {} of at most {} (CONNECTION_POOL_MAX_SIZE) are in use, {} more wait",
        std::chrono::duration<double>(at - since).count(), now_there.active, settings.max_size, now_there.waiting);
    if (now_there.paused) {
        message += "; the pool is paused until somebody resumes it";
    } else if (now_there.logging_in > 0 && asks == Asks::a_person) {
        message += "; a login waits for a person to confirm it";
    } else {
        message += "; try again later or raise CONNECTION_POOL_MAX_SIZE";
    }
    if (!now_there.last_failure.empty()) message += fmt::format(" (the last login failed: {})", now_there.last_failure);
    return base::Error{base::Kind::timeout, std::move(message)}
        .at(base::Stage::pool)
        .about("CONNECTION_POOL_MAX_SIZE")
        .retry_after(std::chrono::seconds{1});
}

// ---- Pool

Pool::Pool(Backend& backend, Settings settings, std::function<base::TimePoint()> now)
    : state_{std::make_unique<State>(backend, settings, std::move(now))} {}

Pool::~Pool() { stop(async::StopReason::drain); }

async::Task<base::Result<Borrowed>> Pool::acquire(async::Call& call, Wanted wanted) {
    const auto lend = [this](State::Grant& grant) {
        return Borrowed{*this, grant.id, std::move(grant.session), grant.needs_switch, grant.shared};
    };
    State::Arrival arrival = state_->arrive(call, std::move(wanted));
    if (arrival.grant) {
        if (arrival.grant->error) co_return base::fail(std::move(*arrival.grant->error));
        tell_waited(base::Clock::duration::zero());
        co_return lend(*arrival.grant);
    }

    const base::TimePoint since = call.worker().now();
    async::StopReason reason = async::StopReason::none;
    {
        async::Call patient{call, since + state_->settings.connection_timeout};
        reason = co_await arrival.asker.waiter->wait(patient);
    }
    tell_waited(call.worker().now() - since);
    std::optional<State::Grant> grant = state_->leave(arrival);
    if (grant && grant->error) co_return base::fail(std::move(*grant->error));
    if (grant) {
        Borrowed borrowed = lend(*grant);  // goes home at once where the call is over
        if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::pool));
        co_return borrowed;
    }
    if (reason == async::StopReason::deadline) co_return base::fail(state_->timed_out(since));
    co_return base::fail(call.stopped_error(base::Stage::pool));
}

Pool::Figures Pool::figures() const {
    const PoolSettings& settings = state_->settings;
    Figures all;
    {
        const base::MutexLock lock{state_->mutex};
        static_cast<PoolCore::Figures&>(all) = state_->core.figures(state_->now());
    }
    const bool several = settings.multiplexing && state_->backend.carries_several() && !all.refused_several;
    const int shared = several ? std::min(settings.max_shared, settings.max_size) : 0;
    all.max = settings.max_size;
    all.capacity = settings.max_size + shared * (PoolCore::statements_at_once - 1);
    return all;
}

void Pool::prepare(async::Worker& worker, base::PrincipalPtr principal) {
    state_->prepare(worker, std::move(principal));
}

void Pool::pause() {
    state_->operate([](PoolCore& core, base::TimePoint, PoolCore::Steps&) { core.pause(); });
}

void Pool::resume() {
    state_->operate([](PoolCore& core, base::TimePoint now, PoolCore::Steps& steps) { core.resume(now, steps); });
}

void Pool::drain() {
    state_->operate([](PoolCore& core, base::TimePoint now, PoolCore::Steps& steps) { core.drain(now, steps); });
}

void Pool::on_step(std::function<void(std::chrono::nanoseconds)> handler) { state_->stepped = std::move(handler); }

void Pool::stop(async::StopReason reason) { state_->stop(reason); }

bool Pool::join(std::chrono::milliseconds at_most) {
    const base::TimePoint until = base::Clock::now() + at_most;
    const bool ended = state_->tasks.join(at_most);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - base::Clock::now());
    return state_->closings.join(std::max(left, std::chrono::milliseconds{0})) && ended;
}

}  // namespace backend
