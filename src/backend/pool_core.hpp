/// What the pool decides, without sessions, clocks, threads or waits: who is lent what, when to log in, whom to close.
///
/// Place: under the pool's mutex. Each event tells the time and what happened and appends what to do next to `Steps`;
/// `Pool` does just that. Sessions, logins and waiters are numbers here. Thread safety: none (the pool's lock).
///
/// The rules (DESIGN.md section 7, "Pool" and "Multiplexing"):
/// - A free session goes to the longest waiter of its identity. One of the same context may go first where that saves a
///   switch, but nobody is overtaken by more than `max_overtakes` later ones. Newcomers queue like everybody.
/// - The maximum is over all identities, log-outs under way included. Where the longest waiter needs room for a login,
///   an idle session of another identity is closed.
/// - Logins are bounded in number and backed off; a breaker an identity stops them when they keep failing. Then waiters
///   that no session can come to are refused with the last cause. What is begun without a waiter (minimum, successors)
///   needs a closed breaker and a login that asks no person, and is the connection's own identity's.
/// - Idle sessions: closed when too old, retired above the minimum when unused, checked when idle for the interval.
///   A session in use is followed by a successor that logs in before it ends.
/// - A session whose statements are all reads of its present context takes more of them, up to `statements_at_once`; at
///   most `max_shared` sessions do so at a time. A session that carries statements is never switched.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/breaker.hpp"
#include "backend/context.hpp"
#include "backend/pool_limits.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace backend {

class PoolCore {
public:
    enum class SessionId : std::uint64_t {};
    enum class LoginId : std::uint64_t {};
    enum class Ticket : std::uint64_t {};  ///< of a caller; grows with time

    static constexpr int max_logins_at_once = 4;
    static constexpr int max_overtakes = 10;
    static constexpr int statements_at_once = 8;   ///< on one session: what a warehouse runs at once by default
    static constexpr std::size_t look_ahead = 64;  ///< waiters that affinity looks at
    static constexpr std::chrono::milliseconds first_delay{200};
    static constexpr std::chrono::milliseconds longest_delay{10'000};
    static constexpr std::chrono::minutes longest_lead{5};  ///< how long before its end a session's successor logs in

    enum class Use : std::uint8_t {
        exclusive,    // nobody else on the session
        shared_read,  // a read that may run beside others
    };
    struct Wanted {
        Context context = {};
        Identity identity = {};
        Use use = Use::exclusive;
    };
    /// What the owner saw of a session.
    struct Seen {
        bool usable = true;
        std::optional<Context> context = Context{};  ///< absent: unknown
        bool carries_several = false;
        std::optional<base::TimePoint> ends_at = {};
    };

    struct Step {
        enum class Kind : std::uint8_t {
            grant,   // lend `session` to `ticket`
            refuse,  // tell `ticket` the `error`
            log_in,  // begin `login` for `identity`, where `ticket` (if any) waits
            check,   // ask `session` for a sign of life, then tell `checked`
            close,   // log `session` out, then tell `closed`
        };
        Kind kind;
        Ticket ticket{};  ///< zero: none
        SessionId session{};
        LoginId login{};
        Identity identity = {};
        bool needs_switch = false;  ///< the session is in another context, or in an unknown one
        bool shared = false;        ///< others run on the session
        std::optional<base::Error> error = {};
    };
    using Steps = std::vector<Step>;

    explicit PoolCore(const PoolSettings& settings);
    PoolCore(const PoolCore&) = delete;
    PoolCore& operator=(const PoolCore&) = delete;
    ~PoolCore();

    // ---- Events. `steps` may name the ticket or session of the very event.
    Ticket arrive(base::TimePoint now, Wanted wanted, Steps& steps);
    /// A waiter that has not been granted anything goes.
    void leave(base::TimePoint now, Ticket ticket, Steps& steps);
    /// One lending ends. `seen.context` counts only when it was the last.
    void give_back(base::TimePoint now, SessionId id, const Seen& seen, Steps& steps);
    SessionId logged_in(base::TimePoint now, LoginId login, const Seen& seen, Steps& steps);
    /// `jitter` in [0, 1).
    void login_failed(base::TimePoint now, LoginId login, const base::Error& error, double jitter, Steps& steps);
    /// It came to no end (the pool stops).
    void login_abandoned(base::TimePoint now, LoginId login, Steps& steps);
    void checked(base::TimePoint now, SessionId id, bool alive, const Seen& seen, Steps& steps);
    void closed(base::TimePoint now, SessionId id, Steps& steps);
    /// What falls due with time; to be told at `next_due`, or later.
    void tick(base::TimePoint now, Steps& steps);

    /// From now on the minimum is kept without being asked.
    void keep_minimum(base::TimePoint now, Steps& steps);
    /// Would a login ask a person? Tell before other events.
    void set_interactive(bool interactive) { interactive_ = interactive; }
    void pause() { paused_ = true; }
    /// Lends again, and forgets why logins were not tried.
    void resume(base::TimePoint now, Steps& steps);
    /// Every session that there is now is closed, at once or when it comes home; callers get new ones.
    void drain(base::TimePoint now, Steps& steps);
    /// For the end: waiters are refused with `error`, and all that comes.
    void stop(base::TimePoint now, const base::Error& error, Steps& steps);

    // ---- Questions.
    /// Absent: time alone changes nothing. May be early.
    std::optional<base::TimePoint> next_due() const { return due_; }
    /// Is this the session's only lending? Then its context may be looked at.
    bool is_last_lending(SessionId id) const;

    struct Figures {
        int active = 0;    ///< lent sessions
        int lendings = 0;  ///< statements on them
        int idle = 0;      ///< being checked included
        int checking = 0;  ///< of them: a sign of life is awaited
        int waiting = 0;
        int logging_in = 0;
        int closing = 0;
        int shared = 0;      ///< sessions that carry several statements, or did lately
        int identities = 0;  ///< with sessions, logins or waiters
        std::chrono::milliseconds longest_wait{};
        std::chrono::milliseconds oldest{};  ///< age of the oldest session
        std::uint64_t logins = 0;
        std::uint64_t failures = 0;  ///< of logins
        std::uint64_t context_switches = 0;
        std::uint64_t overtakes = 0;  ///< waiters served before an earlier one, for affinity
        int most_overtaken = 0;       ///< how often that happened to one waiter, at most
        std::uint64_t failed_checks = 0;
        Breaker::State breaker = Breaker::State::closed;  ///< of the connection's own identity
        bool paused = false;
        bool refused_several = false;  ///< a session turned out to carry one statement only
        std::string last_failure;      ///< of the own identity's logins; empty after a success
    };
    Figures figures(base::TimePoint now) const;

private:
    struct Partition;
    struct Session;
    struct Waiter;
    struct Pick;
    struct Login {
        Partition* partition;
        base::TimePoint began;
        std::optional<SessionId> follows;  ///< it logs in to succeed that one
    };
    using Waiters = std::list<Waiter>;

    // Lending (pool_core_lend.cpp)
    void serve(base::TimePoint now, Steps& steps);
    std::vector<Partition*> by_longest_waiter();
    std::optional<Pick> pick(Partition& partition, base::TimePoint now);
    std::optional<Pick> pick_for_affinity(Partition& partition);
    std::optional<Pick> pick_shared_for_later(Partition& partition, base::TimePoint now);
    Session* fitting_idle(const Partition& partition, const Waiter& waiter) const;
    Session* session_to_share(const Partition& partition, const Waiter& waiter, base::TimePoint now) const;
    bool may_overtake(const Partition& partition, Waiters::const_iterator later) const;
    bool may_prolong(const Waiter& waiter) const;
    void grant(base::TimePoint now, Partition& partition, const Pick& pick, Steps& steps);
    void start_logins(base::TimePoint now, Partition& partition, Steps& steps);
    bool make_room(base::TimePoint now, const Partition& partition, Steps& steps);
    LoginId begin_login(base::TimePoint now, Partition& partition, Ticket ticket, Steps& steps);
    bool is_hopeless(const Partition& partition, base::TimePoint now) const;
    void refuse_all(Partition& partition, const base::Error& error, Steps& steps);
    base::Error refusal(const Partition& partition, base::TimePoint now) const;
    int login_slots(const Partition& partition) const;

    // Upkeep (pool_core_upkeep.cpp)
    void look_after(base::TimePoint now, Session& session, Steps& steps);
    bool is_retired(base::TimePoint now, const Session& session) const;
    void prepare_successor(base::TimePoint now, Session& session, Steps& steps);
    void fill_minimum(base::TimePoint now, Steps& steps);
    bool may_log_in_unasked(base::TimePoint now, const Partition& partition) const;
    void forget_partitions(base::TimePoint now);
    void note_dues_of(base::TimePoint now, const Session& session);
    void note_due(base::TimePoint now, base::TimePoint at);

    Partition& partition_of(const Identity& identity);
    Session& session_of(SessionId id) const;
    base::TimePoint end_of(const Session& session) const;
    base::TimePoint successor_due(const Session& session) const;
    void come_home(base::TimePoint now, Session& session, Steps& steps);
    void become_idle(base::TimePoint now, Session& session);
    void leave_idle(Session& session);
    void unshare(Session& session);
    void close(Session& session, Steps& steps);
    void after_event(base::TimePoint now, Steps& steps);
    Login take_login(LoginId id);
    int total() const { return static_cast<int>(sessions_.size() + logins_.size()); }

    const PoolSettings settings_;
    std::map<Identity, std::unique_ptr<Partition>> partitions_;
    std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;  // those being closed included
    std::unordered_map<LoginId, Login> logins_;
    std::unordered_map<Ticket, Waiters::iterator> waiters_;
    Waiter* short_of_room_ = nullptr;  // while serving: the longest waiter that a login has no room for
    std::optional<base::Error> stopped_;
    std::optional<base::TimePoint> due_;
    bool paused_ = false;
    bool refused_several_ = false;
    bool interactive_ = false;
    bool keeps_minimum_ = false;
    bool owes_successor_ = false;  // an old session made room for it
    int closing_ = 0;
    int shared_ = 0;
    std::uint64_t last_ticket_ = 0;
    std::uint64_t last_login_ = 0;
    std::uint64_t last_session_ = 0;
    std::uint64_t logged_in_ = 0;
    std::uint64_t failures_ = 0;
    std::uint64_t switches_ = 0;
    std::uint64_t overtakes_ = 0;
    int most_overtaken_ = 0;
    std::uint64_t failed_checks_ = 0;
};

/// As a failing test should show it: "lend session 3 to caller 5 (switch)".
std::string to_string(const PoolCore::Step& step);

}  // namespace backend
