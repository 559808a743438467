#include "query/adaptive_limit.hpp"

#include <algorithm>
#include <cmath>

namespace query {

std::size_t AdaptiveLimit::limit() const { return static_cast<std::size_t>(std::floor(limit_)); }

void AdaptiveLimit::bound(Bounds bounds) {
    bounds_ = bounds;
    limit_ = std::clamp(limit_, static_cast<double>(bounds.least), static_cast<double>(bounds.most));
}

std::size_t AdaptiveLimit::ended(base::TimePoint now, std::chrono::nanoseconds took, Outcome outcome,
                                 std::size_t running) {
    if (took_.empty() && unmeasured_ == 0 && !overloaded_) round_began_ = now;
    switch (outcome) {
        case Outcome::good: took_.push_back(took); break;
        case Outcome::overloaded: overloaded_ = true; break;
        case Outcome::several: ++unmeasured_; break;
    }
    was_full_ = was_full_ || running + 1 >= limit();
    // A round: as many as run at once, so that each cut is seen to work before the next.
    if (took_.size() + unmeasured_ >= std::max<std::size_t>(8, limit()) || now - round_began_ >= longest_round)
        end_round();
    return limit();
}

void AdaptiveLimit::end_round() {
    bool longer = false;
    if (!took_.empty()) {
        const auto middle = took_.begin() + static_cast<std::ptrdiff_t>(took_.size() / 2);
        std::nth_element(took_.begin(), middle, took_.end());
        const auto best_of_late =
            rounds_ == 0
                ? *middle
                : *std::min_element(medians_.begin(),
                                    medians_.begin() + static_cast<std::ptrdiff_t>(std::min(rounds_, rounds_kept)));
        longer =
            was_full_ && static_cast<double>(middle->count()) > much_longer * static_cast<double>(best_of_late.count());
        medians_[rounds_++ % rounds_kept] = *middle;
    }
    if (overloaded_ || longer) {
        limit_ = std::max(static_cast<double>(bounds_.least), limit_ * cut);
    } else if (was_full_) {
        limit_ = std::min(static_cast<double>(bounds_.most), limit_ + 1);
    }
    took_.clear();
    unmeasured_ = 0;
    overloaded_ = false;
    was_full_ = false;
}

}  // namespace query
