#include "access/rate_limiter.hpp"

#include <algorithm>

namespace access_control {

namespace {

std::chrono::nanoseconds interval_of(const Rate& rate) {
    return std::chrono::nanoseconds{std::chrono::minutes{1}} / std::max(1, rate.per_minute);
}

}  // namespace

TokenBucket::Wait TokenBucket::take(const Rate& rate, base::TimePoint now) {
    const auto interval = interval_of(rate);
    const base::TimePoint then = std::max(empty_until_, now) + interval;
    const base::TimePoint latest = now + interval * std::max(1, rate.burst);
    if (then > latest) {
        return then - latest;
    }
    empty_until_ = then;
    return Wait::zero();
}

void TokenBucket::give_back(const Rate& rate) { empty_until_ -= interval_of(rate); }

std::optional<Rate> RateLimiter::rate_of(const base::Principal& who) const {
    const auto& own = who.limits;
    if (!own.requests_per_minute && !own.burst) {
        return limits_.each;
    }
    const int per_minute = own.requests_per_minute.value_or(limits_.each ? limits_.each->per_minute : 0);
    if (per_minute == 0) {
        return std::nullopt;  // a burst of its own says nothing where there is no rate
    }
    const int burst = own.burst.value_or(limits_.each ? limits_.each->burst : std::max(1, per_minute / 6));
    return Rate{.per_minute = per_minute, .burst = burst};
}

/// The principal's bucket. In a full shard those go that are full again: forgetting them changes nothing; when there is
/// none, an arbitrary one goes.
TokenBucket& RateLimiter::Shard::bucket(std::string_view id, std::size_t most, base::TimePoint now) {
    if (const auto found = buckets.find(id); found != buckets.end()) {
        return found->second;
    }
    if (buckets.size() >= std::max<std::size_t>(1, most)) {
        std::erase_if(buckets, [&](const auto& entry) { return entry.second.full(now); });
        if (buckets.size() >= std::max<std::size_t>(1, most)) {
            buckets.erase(buckets.begin());
        }
    }
    return buckets[std::string{id}];
}

RateLimiter::Verdict RateLimiter::admit(const base::Principal& who, base::TimePoint now) {
    const auto rate = rate_of(who);
    Shard& shard = shards_[std::hash<std::string_view>{}(who.id) % shard_count];
    if (rate) {
        const base::MutexLock lock{shard.mutex};
        const auto wait = shard.bucket(who.id, limits_.most_principals / shard_count, now).take(*rate, now);
        if (wait > TokenBucket::Wait::zero()) {
            return {.refused_by = Bound::principal, .retry_after = wait};
        }
    }
    if (!limits_.all) {
        return {};
    }
    TokenBucket::Wait wait{};
    {
        const base::MutexLock lock{all_mutex_};
        wait = all_.take(*limits_.all, now);
    }
    if (wait == TokenBucket::Wait::zero()) {
        return {};
    }
    if (rate) {  // what was not served does not count
        const base::MutexLock lock{shard.mutex};
        shard.bucket(who.id, limits_.most_principals / shard_count, now).give_back(*rate);
    }
    return {.refused_by = Bound::total, .retry_after = wait};
}

std::size_t RateLimiter::remembered() const {
    std::size_t count = 0;
    for (const Shard& shard : shards_) {
        const base::MutexLock lock{shard.mutex};
        count += shard.buckets.size();
    }
    return count;
}

}  // namespace access_control
