/// What the pool decides, without sessions, clocks or waits: who is lent, who retires, when to log in.
///
/// Place: under the pool's mutex; `Pool` does what this says. Sessions are opaque keys. Thread safety: none (the pool's
/// lock). Told the time by its owner.
///
/// Rules (DESIGN.md section 7, "Pool"): idle sessions are lent most recently used first, one of the same context before
/// others; idle ones above `min_size` retire after `max_inactive`; every session is replaced when older than `refresh`;
/// logins are limited in number and backed off when they fail.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "backend/pool.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace backend {

class PoolCore {
public:
    using Key = const void*;

    static constexpr int max_logins_at_once = 4;
    static constexpr std::chrono::milliseconds first_delay{200};
    static constexpr std::chrono::milliseconds longest_delay{10'000};

    /// Where a session that became free goes.
    enum class Home {
        waiter,  // to the longest waiter; it counts as lent
        idle,    // kept
        closed,  // thrown away: unusable, too old
    };

    /// What follows a login that failed.
    struct AfterFailure {
        std::optional<std::chrono::milliseconds> retry_in;  ///< absent: give up
        bool hopeless = false;  ///< there is no session and no login: whoever waits gets the error
    };

    explicit PoolCore(const Pool::Settings& settings) : settings_{settings} {}

    /// An idle session for `context`, now lent; null when there is none.
    Key lend(const Context& context);
    /// A lent session comes home; `context` is what it is in now.
    Home give_back(base::TimePoint now, Key key, Context context, bool usable, bool someone_waits);

    /// How many logins to start for `waiting` callers; they count as running from now on. None while logins cool down.
    int start_logins(base::TimePoint now, std::size_t waiting);
    /// Up to `min_size` sessions in all.
    int start_logins_to_minimum(base::TimePoint now);
    Home login_succeeded(base::TimePoint now, Key key, Context context, bool someone_waits);
    /// `attempt` counts from 1. `jitter` in [0, 1). Credentials, arguments and stops are not tried again.
    /// After the last attempt no login starts for a while, longer each time in a row.
    AfterFailure login_failed(base::TimePoint now, const base::Error& error, int attempt, double jitter);
    /// A login that ended unfinished because the pool closes.
    void login_abandoned() { --logins_running_; }
    /// How long until a login may start; zero: at once.
    std::chrono::milliseconds cooling_down(base::TimePoint now) const;

    /// Idle sessions to close now, no longer known here.
    std::vector<Key> sweep(base::TimePoint now);
    /// When `sweep` is next worth a call; absent when no idle session can fall due.
    std::optional<base::TimePoint> next_sweep() const;
    /// All idle sessions; for the end.
    std::vector<Key> take_all_idle();

    int active() const { return active_; }
    int idle() const { return static_cast<int>(idle_.size()); }
    int logins_running() const { return logins_running_; }
    int total() const { return active_ + idle() + logins_running_; }
    std::uint64_t logins() const { return logins_; }
    std::uint64_t failures() const { return failures_; }

private:
    struct Entry {
        Key key;
        Context context;
        base::TimePoint born;
        base::TimePoint last_used;
    };

    Home place(base::TimePoint now, Entry entry, bool someone_waits);
    bool too_old(const Entry& entry, base::TimePoint now) const { return now - entry.born >= settings_.refresh; }

    Pool::Settings settings_;
    std::list<Entry> idle_;                          // most recently used first
    std::unordered_map<Key, base::TimePoint> born_;  // of those lent
    int active_ = 0;
    int logins_running_ = 0;
    int failures_in_a_row_ = 0;  // given up, not single attempts
    base::TimePoint no_login_before_{};
    std::uint64_t logins_ = 0;
    std::uint64_t failures_ = 0;
};

}  // namespace backend
