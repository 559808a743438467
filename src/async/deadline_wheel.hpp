/// Deadlines of one worker: a hashed wheel of 10 ms ticks, told the time by its owner.
///
/// Pure: no clock, no I/O. Adding and removing are O(1) and synchronous: after `remove` (or an entry's destruction) the
/// entry is never fired. Entries fire at their tick or up to one tick later, never earlier. Threads: its worker's only.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.hpp"

namespace async {

class DeadlineWheel {
public:
    static constexpr std::chrono::milliseconds tick{10};

    /// Lives in its owner (a call, a connection). Not movable. Its destructor removes it.
    class Entry {
    public:
        explicit Entry(std::function<void()> on_deadline) : on_deadline_{std::move(on_deadline)} {}
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        ~Entry() { cancel(); }

        bool armed() const { return wheel_ != nullptr; }
        base::TimePoint at() const { return at_; }
        void cancel();

    private:
        friend class DeadlineWheel;
        std::function<void()> on_deadline_;
        DeadlineWheel* wheel_ = nullptr;
        Entry* next_ = nullptr;
        Entry* previous_ = nullptr;
        std::size_t slot_ = 0;
        std::uint64_t tick_ = 0;
        base::TimePoint at_;
    };

    explicit DeadlineWheel(base::TimePoint start);
    DeadlineWheel(const DeadlineWheel&) = delete;
    DeadlineWheel& operator=(const DeadlineWheel&) = delete;
    ~DeadlineWheel();

    /// Arms (or re-arms) an entry. A time in the past fires at the next `advance`, never inside the present one.
    void arm(Entry& entry, base::TimePoint at);
    /// Fires what is due. Entries may arm, cancel and destroy others (and arm themselves) from their handler; an entry
    /// that destroys itself there must not touch its captures afterwards.
    void advance(base::TimePoint now);
    /// When `advance` is next worth a call; absent when nothing is armed.
    std::optional<base::TimePoint> next() const;
    std::size_t size() const { return size_; }
    /// When tick 0 was.
    base::TimePoint start() const { return start_; }

    /// Told when an arming made `next()` earlier, so that the owner can set its timer.
    void on_earlier(std::function<void()> handler) { on_earlier_ = std::move(handler); }

private:
    friend class Entry;
    static constexpr std::size_t slots = 512;  // one turn is 5.12 s; later entries stay for more turns

    // Two lists besides the slots: what was armed for a time that has passed, and what `advance` is about to fire.
    static constexpr std::size_t overdue = slots;
    static constexpr std::size_t firing = slots + 1;

    std::uint64_t tick_of(base::TimePoint at) const;
    base::TimePoint time_of(std::uint64_t tick) const;
    void link(Entry& entry, std::size_t slot);
    void unlink(Entry& entry);
    void collect(std::size_t slot);
    std::uint64_t earliest() const;

    base::TimePoint start_;
    std::uint64_t current_ = 0;  // the last tick that was fired
    std::array<Entry*, slots + 2> heads_{};
    std::size_t size_ = 0;
    mutable std::uint64_t next_tick_ = 0;  // the earliest tick armed, or earlier; exact after `next`
    mutable bool next_known_ = false;
    std::function<void()> on_earlier_;
};

}  // namespace async
