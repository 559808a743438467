/// What `PoolCore` is made of; for its own source files only.
#pragma once

#include "backend/pool_core.hpp"

namespace backend {

struct PoolCore::Waiter {
    Ticket ticket;
    Wanted wanted;
    base::TimePoint since;
    int overtaken = 0;  // never less than that of a later one of the same partition
};

struct PoolCore::Session {
    enum class State : std::uint8_t {
        idle,      // may be lent
        lent,      // carries `lendings` statements
        checking,  // a sign of life is awaited
        closing,   // logs out; counts towards the maximum until it is gone
    };
    SessionId id;
    Partition* partition;  // not to be used once it is closing
    Context own;           // as the login named it
    std::optional<Context> context;
    base::TimePoint born;
    base::TimePoint last_used;
    base::TimePoint last_checked;
    std::optional<base::TimePoint> ends_at;
    State state = State::idle;
    int lendings = 0;
    bool carries_several = false;
    bool takes_reads = false;  // lent: only reads of its present context run on it
    bool shared = false;       // one of `max_shared`
    bool leaving = false;      // is closed when it comes home
    bool followed = false;     // its successor logs in, or has
};

/// The sessions and waiters of one identity.
struct PoolCore::Partition {
    Partition(Identity whose, Breaker::Limits limits) : identity{std::move(whose)}, breaker{limits} {}

    Identity identity;
    Breaker breaker;
    Waiters waiters;                 // longest first
    std::vector<Session*> sessions;  // but for those being closed
    std::vector<Session*> idle;      // most recently used last
    int logins = 0;
    int checking = 0;
    int failures_in_a_row = 0;
    base::TimePoint no_login_before{};
    base::TimePoint counted_failure{};  // logins that began before it failed for the same reason
    std::optional<base::Error> last_failure;

    int standing() const { return static_cast<int>(sessions.size()) + logins; }
};

/// Who gets which session.
struct PoolCore::Pick {
    Waiters::iterator waiter;
    Session* session;
    bool needs_switch = false;
    bool shared = false;
};

}  // namespace backend
