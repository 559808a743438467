/// How many statements the warehouse takes at once, found by trying: one more after each round that went well, a tenth
/// fewer when it says it is overloaded or takes much longer than it did (additive increase, multiplicative decrease).
///
/// Place: under `Admission`, whose lock guards it (ADAPTIVE_CONCURRENCY). Pure: told the time. Between `least` and the
/// configured limit.
#pragma once

#include "query/namespace.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include "base/clock.hpp"

namespace query {

class AdaptiveLimit {
public:
    enum class Outcome : std::uint8_t {
        good,        // an answer, or a refusal of the statement itself
        overloaded,  // the backend said 429 or the like, or did not answer in time
        several,     // an answer to several statements in one: how long it took compares with nothing
    };
    struct Bounds {
        std::size_t least = 1;
        std::size_t most = 50;
    };

    static constexpr std::chrono::seconds longest_round{1};
    static constexpr double cut = 0.9;              ///< what is left after a bad round
    static constexpr double much_longer = 2.0;      ///< a round's median against the best of late
    static constexpr std::size_t rounds_kept = 30;  ///< for "of late"

    /// Begins at the upper bound: where all is well the switch changes nothing.
    explicit AdaptiveLimit(Bounds bounds) : bounds_{bounds}, limit_{static_cast<double>(bounds.most)} {}

    /// `running`: how many ran beside it; a round that never came near the limit says nothing about it.
    /// Answers the limit from now on.
    std::size_t ended(base::TimePoint now, std::chrono::nanoseconds took, Outcome outcome, std::size_t running);
    void bound(Bounds bounds);
    std::size_t limit() const;

private:
    void end_round();

    Bounds bounds_;
    double limit_;
    base::TimePoint round_began_{};
    std::vector<std::chrono::nanoseconds> took_;  // of this round
    std::size_t unmeasured_ = 0;                  // of this round
    bool overloaded_ = false;
    bool was_full_ = false;
    std::array<std::chrono::nanoseconds, rounds_kept> medians_{};
    std::size_t rounds_ = 0;
};

}  // namespace query
