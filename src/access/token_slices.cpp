#include "access/token_slices.hpp"

#include <algorithm>
#include <utility>

namespace access_control {

namespace {

constexpr int largest_slice = 64;
constexpr int parts_of_a_burst = 20;

}  // namespace

int TokenSlices::slice_of(const Rate& rate) { return std::clamp(rate.burst / parts_of_a_burst, 1, largest_slice); }

TokenSlices::Slice& TokenSlices::slice(std::string_view id, base::TimePoint now) {
    if (const auto found = slices_.find(id); found != slices_.end()) return found->second;
    if (slices_.size() >= most_) {
        std::erase_if(slices_, [&](const auto& entry) {
            const Slice& idle = entry.second;
            return !idle.filling && now >= idle.good_until && now >= idle.empty_until;
        });
        if (slices_.size() >= most_) slices_.erase(slices_.begin());
    }
    return slices_[std::string{id}];
}

/// Null: it was forgotten meanwhile.
TokenSlices::Slice* TokenSlices::known(const Part& part) {
    if (part.bound == Bound::total) return &all_;
    const auto found = slices_.find(part.id);
    return found == slices_.end() ? nullptr : &found->second;
}

TokenSlices::Outcome TokenSlices::admit(std::string_view id, const std::optional<Rate>& each,
                                        const std::optional<Rate>& all, base::TimePoint now, MayAsk may_ask) {
    const base::MutexLock lock{mutex_};
    struct Needed {
        Slice* slice;
        Part part;
    };
    std::vector<Needed> needed;
    if (each) needed.push_back({&slice(id, now), {.id = std::string{id}, .rate = *each}});
    if (all) needed.push_back({&all_, {.id = {}, .rate = *all, .bound = Bound::total}});
    bool here = true;
    for (const auto& [slice, part] : needed) {
        if (slice->has_token(now)) continue;
        if (slice->empty_until > now) {
            return {.verdict = Verdict{.refused_by = part.bound, .retry_after = slice->empty_until - now}, .ask = {}};
        }
        here = false;
    }
    if (!here && may_ask == MayAsk::no) return {};
    Asked asked;
    for (auto& [slice, part] : needed) {
        if (slice->has_token(now)) {
            --slice->tokens;
            asked.held.push_back(std::move(part));
            continue;
        }
        // While one request gets the slice, others get one token each: no more than a slice lies here unused.
        part.fills = !std::exchange(slice->filling, true);
        part.want = part.fills ? slice_of(part.rate) : 1;
        asked.parts.push_back(std::move(part));
    }
    if (here) return {.verdict = Verdict{}, .ask = {}};
    return {.verdict = {}, .ask = std::move(asked)};
}

void TokenSlices::give_back(const Asked& asked) {
    for (const auto& part : asked.held) {
        if (auto* slice = known(part)) ++slice->tokens;
    }
    for (const auto& part : asked.parts) {
        if (auto* slice = known(part); slice && part.fills) slice->filling = false;
    }
}

TokenSlices::Verdict TokenSlices::answered(const Asked& asked, const Given& given, base::TimePoint now) {
    const base::MutexLock lock{mutex_};
    if (given.empty) {
        give_back(asked);
        const auto& part = asked.parts[std::min(*given.empty, asked.parts.size() - 1)];
        if (auto* slice = known(part)) slice->empty_until = now + given.wait;
        return {.refused_by = part.bound, .retry_after = given.wait};
    }
    for (std::size_t i = 0; i < asked.parts.size(); ++i) {
        const auto& part = asked.parts[i];
        auto* slice = known(part);
        if (!slice) continue;
        if (part.fills) slice->filling = false;
        const int got = std::clamp(given.tokens[i], 1, part.want);
        if (got == 1) continue;
        if (!slice->has_token(now)) slice->tokens = 0;
        slice->tokens += got - 1;
        slice->good_until = now + std::chrono::nanoseconds{std::chrono::minutes{1}} / part.rate.per_minute * got;
    }
    return {};
}

void TokenSlices::unanswered(const Asked& asked) {
    const base::MutexLock lock{mutex_};
    give_back(asked);
}

}  // namespace access_control
