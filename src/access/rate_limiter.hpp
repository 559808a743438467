/// Token buckets: how much each principal, and all together, may ask.
///
/// The core is told the time. A bucket is one number (the generic cell rate algorithm: when it will be full again).
/// Threads: any; the table is split into shards with a lock each. Bounded: the buckets that are full again go first.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "base/principal.hpp"

namespace access_control {

/// So many in a minute, so many at once.
struct Rate {
    int per_minute = 0;
    int burst = 1;
};

class TokenBucket {
public:
    using Wait = std::chrono::nanoseconds;

    /// Takes one token. Zero: it was there; else how long until it is.
    Wait take(const Rate& rate, base::TimePoint now);
    void give_back(const Rate& rate);
    bool full(base::TimePoint now) const { return empty_until_ <= now; }

private:
    base::TimePoint empty_until_{};  // when all tokens are back
};

class RateLimiter {
public:
    struct Limits {
        std::optional<Rate> each;                 ///< of a principal that has none of its own
        std::optional<Rate> all;                  ///< of all together
        std::size_t most_principals = 64 * 1024;  ///< buckets that are remembered
    };
    enum class Bound { none, principal, total };
    struct Verdict {
        Bound refused_by = Bound::none;
        TokenBucket::Wait retry_after{};
        bool allowed() const { return refused_by == Bound::none; }
    };

    explicit RateLimiter(Limits limits) : limits_{limits} {}

    Verdict admit(const base::Principal& who, base::TimePoint now);
    /// What holds for this principal; absent: no bound.
    std::optional<Rate> rate_of(const base::Principal& who) const;
    std::optional<Rate> rate_of_all() const { return limits_.all; }
    std::size_t remembered() const;

private:
    static constexpr std::size_t shard_count = 16;
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    struct Shard {
        mutable base::Mutex mutex;
        std::unordered_map<std::string, TokenBucket, Hash, std::equal_to<>> buckets BASE_GUARDED_BY(mutex);

        TokenBucket& bucket(std::string_view id, std::size_t most, base::TimePoint now) BASE_REQUIRES(mutex);
    };

    Limits limits_;
    std::array<Shard, shard_count> shards_;
    base::Mutex all_mutex_;
    TokenBucket all_ BASE_GUARDED_BY(all_mutex_);
};

}  // namespace access_control
