/// Sessions, shared: bounded in number, lent first to the longest waiter over all workers.
///
/// One a connection; one mutex; hand-over by `async::WaitQueue`. Idle sessions are kept for reuse, most recently used
/// first, with a preference for one whose context already fits. Threads: any worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/worker.hpp"
#include "backend/session.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace backend {

class Pool;

/// A borrowed session; gives it back on destruction (any worker). Movable.
class Borrowed {
public:
    Borrowed(Borrowed&&) noexcept;
    Borrowed& operator=(Borrowed&&) noexcept;
    ~Borrowed();
    Session& operator*() const { return *session_; }
    Session* operator->() const { return session_.get(); }

private:
    friend class Pool;
    Borrowed(Pool& pool, std::unique_ptr<Session> session);
    Pool* pool_;
    std::unique_ptr<Session> session_;
};

class Pool {
public:
    struct Settings {
        int min_size = 3;
        int max_size = 10;
        std::chrono::minutes max_inactive{30};
        std::chrono::seconds connection_timeout{30};  ///< longest wait for a session
        int retry_attempts = 3;
        std::chrono::minutes health_check_interval{5};
        std::chrono::hours refresh{8};  ///< a session older than this is replaced
    };
    struct Figures {
        int active = 0;
        int idle = 0;
        int waiting = 0;
        int max = 0;
        std::uint64_t logins = 0;
        std::uint64_t failures = 0;
    };

    /// `now`: the clock of ages; tests hand in their own.
    Pool(Backend& backend, Settings settings, std::function<base::TimePoint()> now = base::Clock::now);
    ~Pool();  ///< all sessions must be home, `stop` called and `join` true

    /// Logs in until `min_size` sessions stand, in the background on `worker`; callers need not wait for it.
    void prepare(async::Worker& worker, base::PrincipalPtr principal);
    /// No new logins, whoever waits is refused, idle sessions are closed; lent ones are closed when they come home.
    void stop(async::StopReason reason);
    /// Blocks (never a worker) until the pool's own tasks have ended. True: all ended.
    bool join(std::chrono::milliseconds at_most);

    /// Errors: `timeout` at stage `pool` naming CONNECTION_POOL_MAX_SIZE, the login's own error, or the call's stop.
    async::Task<base::Result<Borrowed>> acquire(async::Call& call, Context context);
    Figures figures() const;
    /// Told how long each caller waited for a session (zero where one was free), however the wait ended. Set once,
    /// before anybody asks; called on the caller's worker.
    void on_waited(std::function<void(std::chrono::duration<double>)> handler) { waited_ = std::move(handler); }

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
