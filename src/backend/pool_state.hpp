/// The pool's shell: sessions, waiters and tasks by the numbers of `PoolCore`; for the pool's own source files only.
///
/// An event takes the lock, asks the core, turns its steps into `Afterwards`, unlocks, and `finish` does them.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

#include "async/task_group.hpp"
#include "async/wait_queue.hpp"
#include "backend/pool.hpp"
#include "base/mutex.hpp"

namespace backend {

struct Pool::State {
    using SessionPtr = std::shared_ptr<Session>;
    using SessionId = PoolCore::SessionId;
    using LoginId = PoolCore::LoginId;
    using Ticket = PoolCore::Ticket;

    /// Logging out and looking for a sign of life take no longer.
    static constexpr std::chrono::seconds close_patience{3};
    static constexpr std::chrono::seconds check_patience{10};
    /// A person acts more slowly than a machine.
    static constexpr std::chrono::minutes person_patience{5};

    /// What a waiter is given: a session, or the reason why there will be none.
    struct Grant {
        SessionId id{};
        SessionPtr session;
        bool needs_switch = false;
        bool shared = false;
        std::optional<base::Error> error;
    };
    struct Asker {
        async::Worker* worker;
        base::PrincipalPtr principal;
        async::WaiterPtr waiter;
    };
    struct Record {
        SessionPtr session;
        async::Worker* worker;  // that logged it in
    };
    struct Login {
        LoginId id;
        Identity identity;
        async::Worker* worker;
        base::PrincipalPtr principal;
    };
    struct Errand {
        SessionId id;
        SessionPtr session;
        async::Worker* worker;
    };
    /// Done after unlocking.
    struct Afterwards {
        std::vector<async::WaiterPtr> wakes;
        std::vector<Login> logins;
        std::vector<Errand> checks;
        std::vector<Errand> closes;
        bool start_housekeeper = false;
    };
    /// A caller's first step.
    struct Arrival {
        Ticket ticket{};
        std::optional<Grant> grant;
        Asker asker;
    };
    /// Until when the housekeeper may sleep, and who wakes it earlier.
    struct Nap {
        std::chrono::milliseconds length;
        async::WaiterPtr alarm;
    };

    State(Backend& served, Settings given, std::function<base::TimePoint()> clock);

    // Events
    Arrival arrive(async::Call& call, Wanted wanted);
    /// After its wait: what the waiter was given; nothing when it has left in time.
    std::optional<Grant> leave(const Arrival& arrival);
    void give_back(SessionId id, SessionPtr session);
    void logged_in(const Login& login, SessionPtr session);
    void login_failed(LoginId id, const base::Error& error);
    void checked(SessionId id, bool alive, const Session& session);
    void closed(SessionId id);
    void prepare(async::Worker& worker, base::PrincipalPtr principal);
    void stop(async::StopReason reason);
    void operate(void (*act)(PoolCore&, base::TimePoint, PoolCore::Steps&));
    base::Error timed_out(base::TimePoint since);

    /// Whom a login now would ask. The backend is asked before the lock is taken: it may look into files.
    enum class Asks : std::uint8_t { nobody, a_person };
    Asks login_asks() const { return backend.interactive() ? Asks::a_person : Asks::nobody; }

    // Under the lock
    base::TimePoint begin(Asks asks) BASE_REQUIRES(mutex);
    void apply(PoolCore::Steps& steps, Arrival* arrival, Afterwards& after) BASE_REQUIRES(mutex);
    void hand_over(Ticket ticket, Grant grant, Arrival* arrival, Afterwards& after) BASE_REQUIRES(mutex);
    Login login_of(const PoolCore::Step& step, const Arrival* arrival) BASE_REQUIRES(mutex);
    void set_alarm(Afterwards& after) BASE_REQUIRES(mutex);
    PoolCore::Seen seen(const Session& session, bool alone) const BASE_REQUIRES(mutex);

    // Without it
    void finish(Afterwards after);
    void start_login(Login login);
    void start_check(Errand errand);
    void start_close(Errand errand);
    void start_housekeeper();
    std::optional<Nap> lie_down(async::Worker& worker);
    void get_up(const async::WaiterPtr& alarm);
    static async::Task<void> log_in(async::Call& call, State* state, Login login);
    static async::Task<void> check(async::Call& call, State* state, Errand errand);
    static async::Task<void> close(async::Call& call, State* state, Errand errand);
    static async::Task<void> keep_house(async::Call& call, State* state);

    Backend& backend;
    const Settings settings;
    std::function<void(std::chrono::nanoseconds)> stepped;  // for benchmarks
    const std::function<base::TimePoint()> now;
    mutable base::Mutex mutex;
    PoolCore core BASE_GUARDED_BY(mutex);
    std::unordered_map<SessionId, Record> sessions BASE_GUARDED_BY(mutex);  // until they are closed
    std::unordered_map<Ticket, Asker> askers BASE_GUARDED_BY(mutex);        // who waits
    async::WaitQueue queue BASE_GUARDED_BY(mutex);
    async::Worker* home_worker BASE_GUARDED_BY(mutex) = nullptr;  // of what nobody waits for
    base::PrincipalPtr home_principal BASE_GUARDED_BY(mutex);
    std::optional<async::StopReason> stopping BASE_GUARDED_BY(mutex);
    bool housekeeper_runs BASE_GUARDED_BY(mutex) = false;
    std::optional<base::TimePoint> alarm_at BASE_GUARDED_BY(mutex);
    async::WaitQueue alarm BASE_GUARDED_BY(mutex);
    std::minstd_rand random BASE_GUARDED_BY(mutex){std::random_device{}()};
    async::TaskGroup tasks;     // logins, checks, the housekeeper: stopped with the pool
    async::TaskGroup closings;  // log-outs: they end by themselves
};

}  // namespace backend
