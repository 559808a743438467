/// Tokens that this process took ahead from buckets that it shares with others, so that most requests need not ask.
///
/// The core of `Limits` where there is Redis; told the time and what Redis said. A slice is a twentieth of the burst,
/// 64 tokens at most: one, so no slice at all, for a burst below 40. What it costs in exactness: tokens of a process
/// that is not asked any more are missing elsewhere for as long as the bucket needs to make up for them (a slice a
/// process), then they are thrown away; so in any span of time at most one slice more than the limit is let in, by all
/// together. Threads: any; one lock, held for a step.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/rate_limiter.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace access_control {

class TokenSlices {
public:
    using Bound = RateLimiter::Bound;
    using Verdict = RateLimiter::Verdict;

    /// What is wanted of one shared bucket. `id` empty: of all callers' bucket.
    struct Part {
        std::string id;
        Rate rate;
        int want = 1;
        Bound bound = Bound::principal;
        bool fills = false;  ///< the slice; else one token while somebody else gets the slice
    };
    struct Asked {
        std::vector<Part> parts;  ///< one or two; all of them give, or none
        std::vector<Part> held;   ///< of which a token was here
    };
    /// What the shared buckets gave, by part; or which one was empty, and how long until it is not.
    struct Given {
        std::optional<std::size_t> empty;
        std::chrono::nanoseconds wait{};
        std::array<int, 2> tokens{};
    };
    struct Outcome {
        std::optional<Verdict> verdict;  ///< absent: ask, then `answered` or `unanswered`
        Asked ask;
    };
    enum class MayAsk { no, yes };

    explicit TokenSlices(std::size_t most_principals = 64 * 1024) : most_{most_principals} {}

    static int slice_of(const Rate& rate);

    /// `each`, `all`: what holds for this caller and for all; absent: no bound. Without a verdict and with `MayAsk::no`
    /// nothing has changed.
    Outcome admit(std::string_view id, const std::optional<Rate>& each, const std::optional<Rate>& all,
                  base::TimePoint now, MayAsk may_ask);
    Verdict answered(const Asked& asked, const Given& given, base::TimePoint now);
    /// Nobody answered: what was held is given back.
    void unanswered(const Asked& asked);

private:
    struct Slice {
        int tokens = 0;
        bool filling = false;
        base::TimePoint good_until{};   // of the tokens
        base::TimePoint empty_until{};  // of the shared bucket, as it said

        bool has_token(base::TimePoint now) {
            if (now >= good_until) tokens = 0;
            return tokens > 0;
        }
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    Slice& slice(std::string_view id, base::TimePoint now) BASE_REQUIRES(mutex_);
    Slice* known(const Part& part) BASE_REQUIRES(mutex_);
    void give_back(const Asked& asked) BASE_REQUIRES(mutex_);

    const std::size_t most_;
    base::Mutex mutex_;
    std::unordered_map<std::string, Slice, Hash, std::equal_to<>> slices_ BASE_GUARDED_BY(mutex_);
    Slice all_ BASE_GUARDED_BY(mutex_);
};

}  // namespace access_control
