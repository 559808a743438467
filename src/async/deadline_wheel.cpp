#include "async/deadline_wheel.hpp"

#include <algorithm>
#include <limits>

namespace async {

void DeadlineWheel::Entry::cancel() {
    if (wheel_ != nullptr) {
        wheel_->unlink(*this);
    }
}

DeadlineWheel::DeadlineWheel(base::TimePoint start) : start_{start} {}

DeadlineWheel::~DeadlineWheel() {
    // Frames that are destroyed after their worker still own entries: those must find no wheel.
    for (Entry* head : heads_) {
        while (head != nullptr) {
            Entry* const after = head->next_;
            head->wheel_ = nullptr;
            head->next_ = nullptr;
            head->previous_ = nullptr;
            head = after;
        }
    }
}

/// The first tick that is not before `at`.
std::uint64_t DeadlineWheel::tick_of(base::TimePoint at) const {
    if (at <= start_) {
        return 0;
    }
    const auto since = at - start_;
    constexpr auto step = std::chrono::duration_cast<base::Clock::duration>(tick);
    return static_cast<std::uint64_t>(since / step) + (since % step == base::Clock::duration::zero() ? 0 : 1);
}

base::TimePoint DeadlineWheel::time_of(std::uint64_t tick_number) const {
    constexpr auto most = std::numeric_limits<std::int64_t>::max() / std::chrono::nanoseconds{tick}.count() / 2;
    return start_ + tick * static_cast<std::int64_t>(std::min<std::uint64_t>(tick_number, most));
}

void DeadlineWheel::link(Entry& entry, std::size_t slot) {
    entry.slot_ = slot;
    entry.previous_ = nullptr;
    entry.next_ = heads_[slot];
    if (entry.next_ != nullptr) {
        entry.next_->previous_ = &entry;
    }
    heads_[slot] = &entry;
}

void DeadlineWheel::unlink(Entry& entry) {
    (entry.previous_ != nullptr ? entry.previous_->next_ : heads_[entry.slot_]) = entry.next_;
    if (entry.next_ != nullptr) {
        entry.next_->previous_ = entry.previous_;
    }
    entry.next_ = nullptr;
    entry.previous_ = nullptr;
    entry.wheel_ = nullptr;
    --size_;
    if (entry.tick_ <= next_tick_) {
        next_known_ = false;
    }
}

void DeadlineWheel::arm(Entry& entry, base::TimePoint at) {
    entry.cancel();
    entry.at_ = at;
    entry.tick_ = tick_of(at);
    entry.wheel_ = this;
    const bool past = entry.tick_ <= current_;
    const bool first = size_ == 0;
    link(entry, past ? overdue : entry.tick_ % slots);
    ++size_;
    if (first || entry.tick_ < next_tick_) {
        next_tick_ = entry.tick_;
        next_known_ = true;
        if (on_earlier_) {
            on_earlier_();
        }
    }
}

/// Moves what is due in a slot to the list that fires; the slot's list is newest first, so this one is oldest first.
void DeadlineWheel::collect(std::size_t slot) {
    for (Entry* entry = heads_[slot]; entry != nullptr;) {
        Entry* const after = entry->next_;
        if (entry->tick_ <= current_) {
            (entry->previous_ != nullptr ? entry->previous_->next_ : heads_[slot]) = after;
            if (after != nullptr) {
                after->previous_ = entry->previous_;
            }
            link(*entry, firing);
        }
        entry = after;
    }
}

void DeadlineWheel::advance(base::TimePoint now) {
    constexpr auto step = std::chrono::duration_cast<base::Clock::duration>(tick);
    const std::uint64_t target = now <= start_ ? 0 : static_cast<std::uint64_t>((now - start_) / step);
    const std::uint64_t from = current_;
    current_ = std::max(current_, target);
    if (size_ == 0) {
        return;
    }
    // `link` puts in front, so the latest goes first and the list ends up in order of time.
    const std::uint64_t turns = std::min<std::uint64_t>(current_ - from, slots);
    for (std::uint64_t back = 0; back < turns; ++back) {
        collect((current_ - back) % slots);
    }
    collect(overdue);
    while (Entry* const entry = heads_[firing]) {
        unlink(*entry);
        entry->on_deadline_();
    }
}

/// Not called on an empty wheel.
std::uint64_t DeadlineWheel::earliest() const {
    if (heads_[overdue] != nullptr || heads_[firing] != nullptr) {
        return current_;
    }
    auto found = std::numeric_limits<std::uint64_t>::max();
    for (std::uint64_t ahead = 1; ahead <= slots; ++ahead) {
        const std::uint64_t here = current_ + ahead;
        for (const Entry* entry = heads_[here % slots]; entry != nullptr; entry = entry->next_) {
            found = std::min(found, entry->tick_);
        }
        if (found <= here) {  // of this turn: nothing later on can be earlier
            return found;
        }
    }
    return found;
}

std::optional<base::TimePoint> DeadlineWheel::next() const {
    if (size_ == 0) {
        return std::nullopt;
    }
    if (!next_known_) {
        next_tick_ = earliest();
        next_known_ = true;
    }
    return time_of(next_tick_);
}

}  // namespace async
