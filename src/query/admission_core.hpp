/// Who may run, and who is next: a bounded number at once, the rest in a bounded queue, round-robin by principal.
///
/// Place: under `Admission`, whose lock guards it. Pure: no clock, no I/O. Each principal that waits has a lane; lanes
/// take turns, so that one busy client waits for itself and not the others for it. Quick questions (SHOW, DESCRIBE) go
/// before the rest, but no more than `quick_in_a_row` of them while others wait. Who by the pace so far would not be
/// served before its deadline is told so at once.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace query {

class AdmissionCore {
public:
    using Ticket = std::uint64_t;
    using Time = std::chrono::nanoseconds;

    struct Limits {
        std::size_t running = 50;
        std::size_t waiting = 200;
    };
    enum class Verdict {
        go,        // runs now; `done` when it has ended
        wait,      // in the queue under its ticket
        full,      // neither
        too_late,  // neither: its deadline would come first
    };
    enum class Urgency : std::uint8_t { normal, quick };

    struct Asking {
        std::string_view principal;
        Ticket ticket = 0;  ///< the caller's own, unique among those that wait
        Urgency urgency = Urgency::normal;
        Time left = Time::max();  ///< until its deadline
        bool again = false;       ///< it had its turn, and needs another one: it always waits, whoever else does
    };
    struct Answer {
        Verdict verdict = Verdict::go;
        Time expected{0};  ///< until it may run, or until asking again makes sense; zero where nothing is known
    };

    static constexpr int quick_in_a_row = 3;

    explicit AdmissionCore(Limits limits) : limits_{limits} {}

    Answer ask(const Asking& asking);
    /// One that ran has ended, after `took`: its place goes to the ticket that is answered, or to nobody.
    std::optional<Ticket> done(std::optional<Time> took = {});
    /// Where more may run than do: who begins now. Until it answers nobody.
    std::optional<Ticket> next();
    /// A ticket that waits leaves the queue. False when it does not wait (any more).
    bool leave(Ticket ticket);
    /// At least 1. Where fewer may run than do, the next that end are followed by nobody; where more, ask `next`.
    void limit_running(std::size_t limit) { limits_.running = limit; }

    std::size_t running() const { return running_; }
    std::size_t waiting() const { return normal_.waiting + quick_.waiting; }
    const Limits& limits() const { return limits_; }
    /// How long one runs, on average of late.
    Time pace() const { return pace_; }

private:
    struct Lane {
        std::string principal;
        std::deque<Ticket> tickets;  // never empty
    };
    /// Lanes that take turns.
    struct Ring {
        std::list<Lane> lanes;  // the front is served next
        std::size_t waiting = 0;

        void push(std::string_view principal, Ticket ticket);
        Ticket pop();
        bool leave(Ticket ticket);
        /// How many are served before one more of this principal.
        std::size_t ahead_of(std::string_view principal) const;
    };

    Time expected_wait(const Asking& asking) const;

    Limits limits_;
    std::size_t running_ = 0;
    Ring normal_;
    Ring quick_;
    int quick_streak_ = 0;
    Time pace_{0};
};

}  // namespace query
