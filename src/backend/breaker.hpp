/// Circuit breaker: after too many failures in a row, refuse at once instead of trying.
///
/// Place: one an identity of a connection; the pool asks it before every login. Pure: told the time.
/// Thread safety: none; the owner's lock guards it.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace backend {

class Breaker {
public:
    /// How long it stays open: doubled with every opening in a row.
    struct CoolDown {
        std::chrono::milliseconds first;
        std::chrono::milliseconds longest;
    };
    struct Limits {
        int failures_to_open = 5;  ///< in a row
        CoolDown passing{.first = std::chrono::seconds{5}, .longest = std::chrono::seconds{30}};
        CoolDown lasting{.first = std::chrono::minutes{1}, .longest = std::chrono::minutes{15}};
    };
    enum class State : std::uint8_t {
        closed,     // calls pass
        open,       // calls are refused until `probe_at`
        half_open,  // one probe is out, everyone else is refused
    };
    /// The refusal.
    struct Open {
        std::chrono::milliseconds retry_in{};  ///< zero: a probe is out
    };

    explicit Breaker(Limits limits) : limits_{limits} {}

    /// May a call go ahead at `now`? After the cool-down exactly one caller gets a yes: the probe.
    std::expected<void, Open> admit(base::TimePoint now);
    /// What `admit` would answer.
    bool would_admit(base::TimePoint now) const;

    void succeeded();
    /// For a reason that may pass by itself. A failed probe opens it again at once.
    void failed(base::TimePoint now);
    /// For a reason that lasts until somebody mends it (wrong or locked login): opens at once, for longer.
    void failed_for_good(base::TimePoint now);
    /// The probe came to no end; the next caller may be one.
    void abandoned();

    State state() const { return state_; }
    /// When the next probe may go; absent unless open.
    std::optional<base::TimePoint> probe_at() const;

private:
    void open(base::TimePoint now, CoolDown cool_down);

    Limits limits_;
    State state_ = State::closed;
    int failures_ = 0;
    int openings_ = 0;  // in a row
    base::TimePoint probe_at_{};
};

std::string_view to_string(Breaker::State state);

}  // namespace backend
