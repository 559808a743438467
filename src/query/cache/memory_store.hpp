/// The cache in the process's own memory: sharded, bounded in bytes, scan-resistant.
///
/// Place: `CACHE_TYPE=memory`, and the near cache before Redis. Threads: any; a shard's mutex is held for a look-up or
/// a change, never across a wait. What leaves is destroyed after the lock is gone.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "query/cache/entry.hpp"
#include "query/cache/key.hpp"

namespace query::cache {

class MemoryStore {
public:
    struct Figures {
        std::size_t entries = 0;
        std::size_t bytes = 0;  ///< everything: answers, keys, the structure itself
        std::size_t capacity = 0;
        std::uint64_t evicted = 0;  ///< to make room
        std::uint64_t expired = 0;
    };

    /// `capacity`: bytes (CACHE_MAX_SIZE_MB). An entry larger than a shard (at least 8 MB, where the capacity has as
    /// much) is not kept.
    explicit MemoryStore(std::size_t capacity);
    MemoryStore(const MemoryStore&) = delete;
    MemoryStore& operator=(const MemoryStore&) = delete;
    ~MemoryStore();

    /// Absent: not there, or past its time.
    std::optional<Entry> find(const Digest& key, base::TimePoint now);
    /// False: too large. `ttl` of zero keeps nothing.
    bool insert(const Digest& key, Entry entry, base::TimePoint now, std::chrono::nanoseconds ttl);
    bool erase(const Digest& key);
    std::size_t clear();  ///< how many there were
    /// Gives back about `bytes`, shard by shard: the memory budget is short.
    void shrink_by(std::size_t bytes);
    Figures figures() const;

private:
    struct Shard;
    Shard& shard_of(const Digest& key);
    std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace query::cache
