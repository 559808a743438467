/// The cache stage: answers of reads, kept for a while (DESIGN.md section 7, "Cache").
///
/// Place: one a process, before coalescing and admission; a hit comes back without suspension. Threads: any worker.
/// What may be kept is the guard's to say; errors are never kept.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/probe.hpp"
#include "query/cache/entry.hpp"
#include "query/cache/key.hpp"
#include "query/cache/memory_store.hpp"
#include "query/cache/settings.hpp"

namespace query::cache {

class ResultCache {
public:
    struct Hit {
        Rendered rendered;
        std::chrono::milliseconds age{0};  ///< since the warehouse answered
    };

    ResultCache(Settings settings, base::Metrics& metrics, std::function<base::WallTime()> wall_now);
    ResultCache(const ResultCache&) = delete;
    ResultCache& operator=(const ResultCache&) = delete;

    /// Counts a hit or a miss.
    std::optional<Hit> find(const Key& key, base::TimePoint now);
    void keep(const Key& key, const Rendered& rendered, base::TimePoint now, std::chrono::seconds ttl);
    /// A caller that wanted a fresh answer.
    void passed_by() { bypassed_.add(); }
    /// Everything goes. How many entries there were.
    std::size_t clear() { return store_.clear(); }
    /// The process is short of memory.
    void shrink_by(std::size_t bytes) { store_.shrink_by(bytes); }

    const Settings& settings() const { return settings_; }
    MemoryStore::Figures figures() const { return store_.figures(); }
    /// Action: `clear`.
    base::Probe probe();

private:
    const Settings settings_;
    std::function<base::WallTime()> wall_now_;
    MemoryStore store_;
    base::Counter hits_;
    base::Counter misses_;
    base::Counter bypassed_;
};

}  // namespace query::cache
