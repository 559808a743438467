/// When a request is sent again, and after how long.
///
/// Place: one a statement, poll or control request; the shell asks it after every failed attempt. Pure: it is told the
/// time and the randomness. Threads: none.
///
/// As the best of Snowflake's drivers does it (snowflake-wire.md section 8): connection errors, 408, 429 and 5xx are
/// tried again, other statuses are not; waits grow with decorrelated jitter up to 16 s; `Retry-After` is honoured; the
/// call's deadline bounds the whole. What may write is sent again only where the server cannot have begun it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace backend::snowflake {

/// May a request reach the server twice?
enum class Repeat : std::uint8_t {
    freely,          // reads, polls, and what is harmless twice (renewal, heartbeat, abort)
    only_if_unseen,  // may write: only where the server cannot have begun the first one
};

/// How an attempt failed.
struct FailedAttempt {
    enum class How : std::uint8_t {
        unsent,       // no byte reached the server: DNS, connect, TLS
        lost,         // sent, or partly; no whole reply came
        broken_body,  // a reply whose body broke off, or is not what was asked for
        status,       // an HTTP status that is no answer
    };
    How how = How::lost;
    int status = 0;                                        ///< with `How::status`
    std::optional<std::chrono::milliseconds> retry_after;  ///< what the server asked for
};

class RetryPolicy {
public:
    struct Limits {
        int attempts = 8;  ///< in all, the first included
        std::chrono::milliseconds base{250};
        std::chrono::milliseconds cap{16'000};
    };

    RetryPolicy(Repeat repeat, Limits limits) : repeat_{repeat}, limits_{limits} {}
    explicit RetryPolicy(Repeat repeat) : RetryPolicy{repeat, Limits{}} {}

    /// After a failure: how long to wait before the next attempt; absent: give up. `jitter` in [0, 1). A wait that
    /// would pass the deadline is not begun.
    std::optional<std::chrono::milliseconds> next(const FailedAttempt& failed, base::TimePoint now,
                                                  base::TimePoint deadline, double jitter);

    /// The next request starts anew (the statement was taken, now it is polled).
    void succeeded();
    /// From now on `repeat` holds.
    void becomes(Repeat repeat) { repeat_ = repeat; }
    int failures() const { return failures_; }

    /// Is it a status that says "try again"?
    static bool is_passing(int status);
    /// Can the server have begun what such a failure answers?
    static bool may_have_begun(const FailedAttempt& failed);

private:
    Repeat repeat_;
    Limits limits_;
    int failures_ = 0;
    std::chrono::milliseconds last_{0};
};

/// Seconds in a `Retry-After` header (RFC 9110 section 10.2.3; the date form is ignored, an hour is the most).
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text);

}  // namespace backend::snowflake
