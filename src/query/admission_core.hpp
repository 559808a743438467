/// Who may run, and who is next: a bounded number at once, the rest in a bounded queue, round-robin by principal.
///
/// Place: under `Admission`, whose lock guards it. Pure: no clock, no I/O. Each principal that waits has a lane; lanes
/// take turns, so that one busy client waits for itself and not the others for it.
#pragma once

#include "query/namespace.hpp"

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

    struct Limits {
        std::size_t running = 50;
        std::size_t waiting = 200;
    };
    enum class Verdict {
        go,    // runs now; `done` when it has ended
        wait,  // in the queue under its ticket
        full,  // neither
    };

    explicit AdmissionCore(Limits limits) : limits_{limits} {}

    /// `ticket` is the caller's own, unique among those that wait.
    Verdict ask(std::string_view principal, Ticket ticket);
    /// One that ran has ended: its place goes to the ticket that is answered, or to nobody.
    std::optional<Ticket> done();
    /// A ticket that waits leaves the queue. False when it does not wait (any more).
    bool leave(Ticket ticket);
    /// At least 1. Where fewer may run than do, the next that end are followed by nobody.
    void limit_running(std::size_t limit) { limits_.running = limit; }

    std::size_t running() const { return running_; }
    std::size_t waiting() const { return waiting_; }
    const Limits& limits() const { return limits_; }

private:
    struct Lane {
        std::string principal;
        std::deque<Ticket> tickets;  // never empty
    };

    Limits limits_;
    std::size_t running_ = 0;
    std::size_t waiting_ = 0;
    std::list<Lane> lanes_;  // the front is served next
};

}  // namespace query
