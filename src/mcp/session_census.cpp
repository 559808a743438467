#include "mcp/session_census.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace mcp {

std::uint32_t SessionCensus::mark_of(base::TimePoint now) {
    return static_cast<std::uint32_t>(
               std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count()) +
           1;
}

SessionCensus::Mark& SessionCensus::place_of(std::string_view key) {
    return seen_[std::hash<std::string_view>{}(key) % places];
}

void SessionCensus::seen(std::string_view key, base::TimePoint now) {
    auto& place = place_of(key);
    const auto mark = mark_of(now);
    // Workers share the places: one that is fresh is left alone.
    if (place.load(std::memory_order_relaxed) != mark) place.store(mark, std::memory_order_relaxed);
}

void SessionCensus::ended(std::string_view key) { place_of(key).store(0, std::memory_order_relaxed); }

std::uint64_t SessionCensus::estimate(base::TimePoint now) const {
    const auto mark = mark_of(now);
    const auto idle = static_cast<std::uint32_t>(idle_.count());
    const auto fresh = static_cast<std::size_t>(std::ranges::count_if(seen_, [&](const Mark& place) {
        const auto at = place.load(std::memory_order_relaxed);
        return at != 0 && (at >= mark || mark - at <= idle);
    }));
    const auto empty = static_cast<double>(std::max<std::size_t>(1, places - fresh));
    const auto count = -static_cast<double>(places) * std::log(empty / static_cast<double>(places));
    return static_cast<std::uint64_t>(std::llround(count)) + lines_.load(std::memory_order_relaxed);
}

}  // namespace mcp
