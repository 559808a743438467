/// Sessions, shared: bounded in number, lent first to the longest waiter over all workers.
///
/// One a connection; one mutex; `PoolCore` decides (its header has the rules), hand-over is by `async::WaitQueue`.
/// Threads: any worker. Lifetime: longer than what is borrowed; `stop` and `join` before it goes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/worker.hpp"
#include "backend/pool_core.hpp"
#include "backend/pool_limits.hpp"
#include "backend/session.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace backend {

class Pool;

/// A lending of a session; ends on destruction (any worker). Movable.
class Borrowed {
public:
    Borrowed(Borrowed&&) noexcept = default;
    Borrowed& operator=(Borrowed&&) noexcept;
    ~Borrowed();
    Session& operator*() const { return *session_; }
    Session* operator->() const { return session_.get(); }

    /// The session is in another context than was asked for (or in an unknown one): the statement will switch it.
    bool needs_switch() const { return needs_switch_; }
    /// Others run on the session at the same time.
    bool is_shared() const { return shared_; }

private:
    friend class Pool;
    Borrowed(Pool& pool, PoolCore::SessionId id, std::shared_ptr<Session> session, bool needs_switch, bool shared);
    Pool* pool_;
    PoolCore::SessionId id_;
    std::shared_ptr<Session> session_;  // shared: several lendings, and the pool itself, refer to it
    bool needs_switch_;
    bool shared_;
};

class Pool {
public:
    using Settings = PoolSettings;
    using Wanted = PoolCore::Wanted;
    using Use = PoolCore::Use;

    struct Figures : PoolCore::Figures {
        int max = 0;       ///< sessions at most
        int capacity = 0;  ///< statements that sessions can carry at once, at most
    };

    /// `now`: the clock of ages; tests hand in their own.
    Pool(Backend& backend, Settings settings, std::function<base::TimePoint()> now = base::Clock::now);
    ~Pool();  ///< all sessions must be home, `stop` called and `join` true

    /// Keeps `min_size` sessions from now on, in the background on `worker`; callers need not wait for it. `principal`
    /// is whom the server's own logins are for.
    void prepare(async::Worker& worker, base::PrincipalPtr principal);
    /// No new logins, whoever waits is refused, idle sessions log out; lent ones do when they come home.
    void stop(async::StopReason reason);
    /// Blocks (never a worker) until the pool's own tasks have ended. True: all ended.
    bool join(std::chrono::milliseconds at_most);

    /// Errors: `timeout` at stage `pool` naming CONNECTION_POOL_MAX_SIZE, the login's own error, or the call's stop.
    async::Task<base::Result<Borrowed>> acquire(async::Call& call, Wanted wanted);
    async::Task<base::Result<Borrowed>> acquire(async::Call& call, Context context) {
        return acquire(call, Wanted{.context = std::move(context)});
    }

    /// Nobody is lent a session and nobody logs in until `resume`; callers wait for as long as they do. What is lent
    /// may end.
    void pause();
    /// Ends a pause. Logins that were given up are tried again at once.
    void resume();
    /// Every session that stands now logs out, at once or when it comes home; callers get new ones.
    void drain();

    Figures figures() const;
    /// Told how long each caller waited for a session (zero where one was free), however the wait ended. Set once,
    /// before anybody asks; called on the caller's worker.
    void on_waited(std::function<void(std::chrono::duration<double>)> handler) { waited_ = std::move(handler); }
    /// Told how long each step for a caller took in the pool's own code, waiting for its lock included. For benchmarks;
    /// set once, before anybody asks; called by the thread of the step.
    void on_step(std::function<void(std::chrono::nanoseconds)> handler);

private:
    friend class Borrowed;
    struct State;
    void tell_waited(base::Clock::duration time) const {
        if (waited_) waited_(time);
    }

    std::unique_ptr<State> state_;
    std::function<void(std::chrono::duration<double>)> waited_;
};

}  // namespace backend
