#include "backend/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "async/wait_queue.hpp"
#include "backend/pool_core.hpp"
#include "base/mutex.hpp"

namespace backend {
namespace {

using SessionPtr = std::unique_ptr<Session>;

/// What a waiter is given: a session, or the reason why there will be none.
struct Grant {
    SessionPtr session;
    std::optional<base::Error> error;
};

/// Where a login for a waiter runs, and in what.
struct Asker {
    async::Worker* worker;
    base::PrincipalPtr principal;
    Context context;
};

/// Done after unlocking: sessions to destroy, waiters to wake, logins to start.
struct Afterwards {
    std::vector<SessionPtr> closed;
    std::vector<async::WaiterPtr> wakes;
    std::vector<Asker> logins;
};

async::Task<void> sleep(async::Call& call, std::chrono::milliseconds delay) {
    async::Call nap{call, call.worker().now() + delay};
    async::Signal never;
    co_await never.wait(nap);
}

}  // namespace

struct Pool::State {
    State(Backend& served, Settings given, std::function<base::TimePoint()> clock)
        : backend{served}, settings{given}, now{std::move(clock)}, core{given} {}

    Backend& backend;
    const Settings settings;
    const std::function<base::TimePoint()> now;
    mutable base::Mutex mutex;
    PoolCore core BASE_GUARDED_BY(mutex);
    std::unordered_map<PoolCore::Key, SessionPtr> idle BASE_GUARDED_BY(mutex);
    async::WaitQueue queue BASE_GUARDED_BY(mutex);
    std::unordered_map<const async::Waiter*, Asker> askers BASE_GUARDED_BY(mutex);
    std::optional<base::Error> last_failure BASE_GUARDED_BY(mutex);
    std::optional<async::StopReason> stopping BASE_GUARDED_BY(mutex);
    bool sweeper_runs BASE_GUARDED_BY(mutex) = false;
    std::minstd_rand random BASE_GUARDED_BY(mutex){std::random_device{}()};
    async::TaskGroup tasks;

    void close(const std::vector<PoolCore::Key>& keys, Afterwards& after) BASE_REQUIRES(mutex);
    void grant(Grant given, Afterwards& after) BASE_REQUIRES(mutex);
    void refuse_all(const base::Error& error, Afterwards& after) BASE_REQUIRES(mutex);
    void put(PoolCore::Home home, SessionPtr session, Afterwards& after) BASE_REQUIRES(mutex);
    void log_in_for_waiters(Afterwards& after) BASE_REQUIRES(mutex);
    base::Error no_session_error() const BASE_REQUIRES(mutex);

    struct Arrival {
        SessionPtr lent;
        async::WaiterPtr waiter;
        std::optional<base::Error> refused;
    };
    Arrival arrive(async::Call& call, const Context& context);
    void give_back(SessionPtr session);
    /// After its wait: what the waiter was given; nothing when it has left in time.
    std::optional<Grant> leave(const async::WaiterPtr& waiter);
    base::Error timed_out(base::TimePoint since);
    void logged_in(SessionPtr session);
    PoolCore::AfterFailure login_failed(const base::Error& error, int attempt);
    void login_abandoned();

    void finish(Afterwards after);
    void start_login(Asker asker);
    void start_sweeper(async::Worker& worker, const base::PrincipalPtr& principal);
    std::optional<std::chrono::milliseconds> sweep();

    static async::Task<void> log_in(async::Call& call, State* state, Context context);
    static async::Task<void> keep_sweeping(async::Call& call, State* state);
};

// ---- Borrowed

Borrowed::Borrowed(Pool& pool, SessionPtr session) : pool_{&pool}, session_{std::move(session)} {}
Borrowed::Borrowed(Borrowed&&) noexcept = default;

Borrowed& Borrowed::operator=(Borrowed&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(session_, other.session_);
    return *this;
}

Borrowed::~Borrowed() {
    if (session_) pool_->state_->give_back(std::move(session_));
}

// ---- Steps under the lock

void Pool::State::close(const std::vector<PoolCore::Key>& keys, Afterwards& after) {
    for (const PoolCore::Key key : keys) {
        auto node = idle.extract(key);
        if (!node.empty()) after.closed.push_back(std::move(node.mapped()));
    }
}

void Pool::State::grant(Grant given, Afterwards& after) {
    async::WaiterPtr waiter = queue.grant_next(std::make_shared<Grant>(std::move(given)));
    askers.erase(waiter.get());
    after.wakes.push_back(std::move(waiter));
}

void Pool::State::refuse_all(const base::Error& error, Afterwards& after) {
    while (!queue.empty()) grant({.session = nullptr, .error = error}, after);
}

void Pool::State::put(PoolCore::Home home, SessionPtr session, Afterwards& after) {
    switch (home) {
        case PoolCore::Home::waiter: grant({.session = std::move(session), .error = {}}, after); break;
        case PoolCore::Home::idle: {
            const PoolCore::Key key = session.get();
            idle.emplace(key, std::move(session));
            break;
        }
        case PoolCore::Home::closed:
            after.closed.push_back(std::move(session));
            log_in_for_waiters(after);
            break;
    }
}

/// Logins for those who wait; where there can be none and nothing else will come, they are refused.
void Pool::State::log_in_for_waiters(Afterwards& after) {
    if (queue.empty()) return;
    const int count = core.start_logins(now(), queue.size());
    const async::WaiterPtr& longest = queue.waiters().front();
    for (int i = 0; i < count; ++i) after.logins.push_back(askers.at(longest.get()));
    if (core.total() == 0) refuse_all(no_session_error(), after);
}

base::Error Pool::State::no_session_error() const {
    if (stopping) return base::Error{async::kind_of(*stopping), "the server is going down"}.at(base::Stage::pool);
    if (!last_failure) return base::Error{base::Kind::unavailable, "no session can be opened"}.at(base::Stage::pool);
    return base::Error{*last_failure}.retry_after(std::max(core.cooling_down(now()), std::chrono::milliseconds{1}));
}

Pool::State::Arrival Pool::State::arrive(async::Call& call, const Context& context) {
    Afterwards after;
    Arrival arrival;
    {
        const base::MutexLock lock{mutex};
        if (stopping) {
            arrival.refused = no_session_error();
            return arrival;
        }
        close(core.sweep(now()), after);
        const PoolCore::Key key = queue.empty() ? core.lend(context) : nullptr;
        if (key) {
            arrival.lent = std::move(idle.extract(key).mapped());
        } else {
            arrival.waiter = std::make_shared<async::Waiter>(call.worker());
            queue.push(arrival.waiter);
            askers.emplace(arrival.waiter.get(), Asker{&call.worker(), call.principal_ptr(), context});
            log_in_for_waiters(after);
        }
    }
    finish(std::move(after));
    return arrival;
}

void Pool::State::give_back(SessionPtr session) {
    Afterwards after;
    {
        const base::MutexLock lock{mutex};
        const bool usable = session->usable() && !stopping;
        const PoolCore::Key key = session.get();
        const auto home = core.give_back(now(), key, session->context(), usable, !queue.empty());
        put(home, std::move(session), after);
    }
    finish(std::move(after));
}

std::optional<Grant> Pool::State::leave(const async::WaiterPtr& waiter) {
    const base::MutexLock lock{mutex};
    if (queue.leave(*waiter)) {
        askers.erase(waiter.get());
        return std::nullopt;
    }
    return std::move(*std::static_pointer_cast<Grant>(waiter->grant()));
}

base::Error Pool::State::timed_out(base::TimePoint since) {
    const base::MutexLock lock{mutex};
    const auto waited = std::chrono::duration<double>(now() - since).count();
    std::string message = fmt::format(
        "no session became free within {:.3g} s: {} of at most {} (CONNECTION_POOL_MAX_SIZE) "
        "are in use, {} more wait; try again later or raise CONNECTION_POOL_MAX_SIZE",
        waited, core.active(), settings.max_size, queue.size());
    if (last_failure) message += fmt::format(" (the last login failed: {})", last_failure->message());
    return base::Error{base::Kind::timeout, std::move(message)}
        .at(base::Stage::pool)
        .about("CONNECTION_POOL_MAX_SIZE")
        .retry_after(std::chrono::seconds{1});
}

void Pool::State::logged_in(SessionPtr session) {
    Afterwards after;
    {
        const base::MutexLock lock{mutex};
        last_failure.reset();
        const PoolCore::Key key = session.get();
        auto home = core.login_succeeded(now(), key, session->context(), !queue.empty());
        put(home, std::move(session), after);
        if (stopping) close(core.take_all_idle(), after);
        log_in_for_waiters(after);
    }
    finish(std::move(after));
}

PoolCore::AfterFailure Pool::State::login_failed(const base::Error& error, int attempt) {
    Afterwards after;
    PoolCore::AfterFailure next;
    {
        const base::MutexLock lock{mutex};
        last_failure = error;
        const double jitter = std::uniform_real_distribution<>{0, 1}(random);
        next = core.login_failed(now(), error, attempt, jitter);
        if (next.hopeless) refuse_all(no_session_error(), after);
    }
    finish(std::move(after));
    return next;
}

void Pool::State::login_abandoned() {
    const base::MutexLock lock{mutex};
    core.login_abandoned();
}

// ---- What is done without the lock

void Pool::State::finish(Afterwards after) {
    after.closed.clear();
    for (const async::WaiterPtr& waiter : after.wakes) async::Waiter::wake(waiter);
    for (Asker& asker : after.logins) start_login(std::move(asker));
}

void Pool::State::start_login(Asker asker) {
    const auto patience =
        settings.connection_timeout * (settings.retry_attempts + 1) + PoolCore::longest_delay * settings.retry_attempts;
    async::Call::Parts parts{.request_id = "pool-login",
                             .principal = std::move(asker.principal),
                             .deadline = asker.worker->now() + patience};
    const bool started = tasks.spawn(
        *asker.worker, std::move(parts),
        [this, context = std::move(asker.context)](async::Call& call) { return log_in(call, this, context); });
    if (!started) login_abandoned();
}

async::Task<void> Pool::State::log_in(async::Call& call, State* state, Context) {
    state->start_sweeper(call.worker(), call.principal_ptr());
    for (int attempt = 1;; ++attempt) {
        async::Call once{call, call.worker().now() + state->settings.connection_timeout};
        auto session = co_await state->backend.login(once, state->backend.default_context(), Identity{});
        if (session) {
            state->logged_in(std::move(*session));
            co_return;
        }
        const auto next = state->login_failed(session.error(), attempt);
        if (!next.retry_in) co_return;
        co_await sleep(call, *next.retry_in);
        if (call.stopped()) {
            state->login_abandoned();
            co_return;
        }
    }
}

void Pool::State::start_sweeper(async::Worker& worker, const base::PrincipalPtr& principal) {
    {
        const base::MutexLock lock{mutex};
        if (std::exchange(sweeper_runs, true)) return;
    }
    async::Call::Parts parts{
        .request_id = "pool-sweep", .principal = principal, .deadline = worker.now() + std::chrono::years{10}};
    tasks.spawn(worker, std::move(parts), [this](async::Call& call) { return keep_sweeping(call, this); });
}

/// Closes what is due; answers how long until something may be due again.
std::optional<std::chrono::milliseconds> Pool::State::sweep() {
    Afterwards after;
    std::chrono::milliseconds pause = std::chrono::minutes{1};
    {
        const base::MutexLock lock{mutex};
        close(core.sweep(now()), after);
        if (core.total() == 0) {
            sweeper_runs = false;
            return std::nullopt;
        }
        const auto next = core.next_sweep();
        if (next)
            pause = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*next - now()),
                               std::chrono::milliseconds{10}, pause);
    }
    finish(std::move(after));
    return pause;
}

/// Runs as long as there are sessions.
async::Task<void> Pool::State::keep_sweeping(async::Call& call, State* state) {
    while (!call.stopped()) {
        const auto pause = state->sweep();
        if (!pause) co_return;
        co_await sleep(call, *pause);
    }
}

// ---- Pool

Pool::Pool(Backend& backend, Settings settings, std::function<base::TimePoint()> now)
    : state_{std::make_unique<State>(backend, settings, std::move(now))} {}

Pool::~Pool() { stop(async::StopReason::drain); }

async::Task<base::Result<Borrowed>> Pool::acquire(async::Call& call, Context context) {
    State::Arrival arrival = state_->arrive(call, context);
    if (arrival.refused) co_return base::fail(std::move(*arrival.refused));
    if (arrival.lent) {
        tell_waited(base::Clock::duration::zero());
        co_return Borrowed{*this, std::move(arrival.lent)};
    }

    const base::TimePoint since = call.worker().now();
    async::StopReason reason = async::StopReason::none;
    {
        async::Call patient{call, since + state_->settings.connection_timeout};
        reason = co_await arrival.waiter->wait(patient);
    }
    tell_waited(call.worker().now() - since);
    std::optional<Grant> grant = state_->leave(arrival.waiter);
    if (grant && grant->error) co_return base::fail(std::move(*grant->error));
    if (grant) {
        Borrowed borrowed{*this, std::move(grant->session)};  // goes home at once where the call is over
        if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::pool));
        co_return borrowed;
    }
    if (reason == async::StopReason::deadline) co_return base::fail(state_->timed_out(since));
    co_return base::fail(call.stopped_error(base::Stage::pool));
}

Pool::Figures Pool::figures() const {
    const base::MutexLock lock{state_->mutex};
    return {.active = state_->core.active(),
            .idle = state_->core.idle(),
            .waiting = static_cast<int>(state_->queue.size()),
            .max = state_->settings.max_size,
            .logins = state_->core.logins(),
            .failures = state_->core.failures()};
}

void Pool::prepare(async::Worker& worker, base::PrincipalPtr principal) {
    int count = 0;
    {
        const base::MutexLock lock{state_->mutex};
        if (!state_->stopping) count = state_->core.start_logins_to_minimum(state_->now());
    }
    for (int i = 0; i < count; ++i) state_->start_login({&worker, principal, {}});
}

void Pool::stop(async::StopReason reason) {
    Afterwards after;
    {
        const base::MutexLock lock{state_->mutex};
        if (!state_->stopping) state_->stopping = reason;
        state_->close(state_->core.take_all_idle(), after);
        state_->refuse_all(state_->no_session_error(), after);
    }
    state_->finish(std::move(after));
    state_->tasks.stop(reason);
}

bool Pool::join(std::chrono::milliseconds at_most) { return state_->tasks.join(at_most); }

}  // namespace backend
