#include "query/cache/result_cache.hpp"

#include <algorithm>

namespace query::cache {

ResultCache::ResultCache(Settings settings, base::Metrics& metrics, std::function<base::WallTime()> wall_now)
    : settings_{std::move(settings)},
      wall_now_{std::move(wall_now)},
      store_{settings_.max_size_mb << 20},
      hits_{metrics.counter("mcp_cache_hits_total", "Answers given from the cache")},
      misses_{metrics.counter("mcp_cache_misses_total", "Cacheable statements that were not in the cache")},
      bypassed_{metrics.counter("mcp_cache_bypassed_total", "Cacheable statements that were asked for afresh")} {
    const auto gauge = [&](std::string name, std::string help, auto figure) {
        metrics.gauge_function(std::move(name), std::move(help), {},
                               [this, figure] { return static_cast<double>(figure(store_.figures())); });
    };
    gauge("mcp_cache_entries", "Answers in the cache", [](const auto& f) { return f.entries; });
    gauge("mcp_cache_size_bytes", "Memory of the cache, everything counted", [](const auto& f) { return f.bytes; });
    gauge("mcp_cache_max_size_bytes", "Bound of the cache (CACHE_MAX_SIZE_MB)",
          [](const auto& f) { return f.capacity; });
    metrics.counter_function("mcp_cache_evictions_total", "Answers that had to make room", {},
                             [this] { return static_cast<double>(store_.figures().evicted); });
    metrics.counter_function("mcp_cache_expirations_total", "Answers found past their time", {},
                             [this] { return static_cast<double>(store_.figures().expired); });
}

std::optional<ResultCache::Hit> ResultCache::find(const Key& key, base::TimePoint now) {
    auto entry = store_.find(key.digest, now);
    if (!entry) {
        misses_.add();
        return std::nullopt;
    }
    hits_.add();
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(wall_now_() - entry->stored);
    return Hit{std::move(entry->rendered), std::max(age, std::chrono::milliseconds{0})};
}

void ResultCache::keep(const Key& key, const Rendered& rendered, base::TimePoint now, std::chrono::seconds ttl) {
    store_.insert(key.digest, Entry{rendered, wall_now_()}, now, ttl);
}

base::Probe ResultCache::probe() {
    return {.name = "cache",
            .status =
                [this](base::JsonWriter& json) {
                    const auto now = store_.figures();
                    json.begin_object()
                        .field("type", settings_.type)
                        .field("entries", std::uint64_t{now.entries})
                        .field("bytes", std::uint64_t{now.bytes})
                        .field("max_bytes", std::uint64_t{now.capacity})
                        .field("hits", hits_.value())
                        .field("misses", misses_.value())
                        .field("bypassed", bypassed_.value())
                        .field("evicted", now.evicted)
                        .field("expired", now.expired)
                        .end_object();
                },
            .actions = {{.name = "clear", .run = [this]() -> base::Result<void> {
                             clear();
                             return {};
                         }}}};
}

}  // namespace query::cache
