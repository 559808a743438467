/// The cache stage: answers of reads, kept for a while (DESIGN.md section 7, "Cache").
///
/// Place: one a process, before coalescing and admission; a hit comes back without suspension. Threads: any worker.
/// What may be kept is the guard's to say; errors are never kept.
///
/// In memory an answer ends by the steady clock. In a shared store it ends by the wall clock, of which servers may
/// differ by `most_apart`: by so much an answer may outlive its time, and no more, whatever is done to this server's
/// clock while it runs.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/mutex.hpp"
#include "base/probe.hpp"
#include "base/sealed_token.hpp"
#include "query/cache/entry.hpp"
#include "query/cache/key.hpp"
#include "query/cache/memory_store.hpp"
#include "query/cache/settings.hpp"
#include "query/cache/shared_store.hpp"

namespace query::cache {

struct Decoded;

class ResultCache {
public:
    struct Hit {
        Rendered rendered;
        std::chrono::milliseconds age{0};  ///< since the warehouse answered
    };

    /// What is from further in the future than this is not believed; and a clock set back by more was not slewed.
    static constexpr std::chrono::seconds most_apart{5};
    /// Larger answers stay in memory: to compress and seal one keeps its worker, and takes three copies.
    static constexpr std::size_t largest_shared = std::size_t{16} << 20;

    /// What a look into the shared store came to.
    struct Looked {
        std::optional<Hit> hit;
        bool leads = false;  ///< no hit: others wait for us until `keep` or `gave_up`
    };

    struct Parts {
        base::Metrics& metrics;
        const base::TokenSealer& sealer;      ///< for what leaves the process
        std::unique_ptr<SharedStore> shared;  ///< null: `CACHE_TYPE=memory`
        std::function<base::WallTime()> wall_now = base::WallClock::now;
    };
    ResultCache(Settings settings, Parts parts);
    ~ResultCache();
    ResultCache(const ResultCache&) = delete;
    ResultCache& operator=(const ResultCache&) = delete;

    /// In the process's own memory, without waiting. Counts a hit; a miss only where there is no other store.
    std::optional<Hit> find(const Key& key, base::TimePoint now);
    /// In the shared store, with one bounded wait; what is found is kept in memory too. Counts a hit or a miss.
    async::Task<Looked> find_shared(async::Call& call, Key key);
    bool has_shared() const { return shared_ != nullptr; }
    /// What `find_shared` sent us to the warehouse for has come to nothing: others need not wait for us.
    void gave_up(const Key& key) {
        if (shared_) shared_->yield(key);
    }
    void keep(const Key& key, const Rendered& rendered, base::TimePoint now, std::chrono::seconds ttl);
    /// A caller that wanted a fresh answer.
    void passed_by() { bypassed_.add(); }
    /// Everything goes. How many entries there were.
    std::size_t clear();
    /// The same, and `done` is told, on any thread, when the shared store has nothing of ours any more either; false:
    /// maybe not all of it is gone.
    void clear(SharedStore::Cleared done);
    /// The process is short of memory.
    void shrink_by(std::size_t bytes) { store_.shrink_by(bytes); }

    void stop();
    /// Blocks (never a worker) until what was put last is in the shared store, or the time is over.
    bool join(std::chrono::milliseconds at_most);

    const Settings& settings() const { return settings_; }
    MemoryStore::Figures figures() const { return store_.figures(); }
    /// Action: `clear`.
    base::Probe probe();

private:
    std::optional<Decoded> good(const std::optional<std::string>& bytes, const Key& key, base::TimePoint now);
    base::WallTime look_at_clock(base::TimePoint now) BASE_EXCLUDES(clock_mutex_);

    const Settings settings_;
    const base::TokenSealer& sealer_;
    std::function<base::WallTime()> wall_now_;
    MemoryStore store_;
    std::unique_ptr<SharedStore> shared_;
    base::Counter hits_;
    base::Counter shared_hits_;
    base::Counter misses_;
    base::Counter bypassed_;

    /// A wall clock that was set back would give kept answers a second life: see `look_at_clock`.
    base::Mutex clock_mutex_;
    std::optional<base::WallTime::duration> most_ahead_ BASE_GUARDED_BY(clock_mutex_);  // of the steady clock
    base::WallTime trusted_from_ BASE_GUARDED_BY(clock_mutex_) = base::WallTime::min();
};

}  // namespace query::cache
