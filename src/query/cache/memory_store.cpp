#include "query/cache/memory_store.hpp"

#include <algorithm>
#include <bit>

#include "base/mutex.hpp"
#include "query/cache/s3_fifo.hpp"

namespace query::cache {
namespace {

constexpr std::size_t most_shards = 16;
constexpr std::size_t least_shard_bytes = std::size_t{8} << 20;

struct Kept {
    Entry entry;
    base::TimePoint until;
};

}  // namespace

struct MemoryStore::Shard {
    explicit Shard(std::size_t capacity) : entries{capacity} {}
    mutable base::Mutex mutex;
    S3Fifo<Digest, DigestHash, Kept> entries BASE_GUARDED_BY(mutex);
    std::uint64_t evicted BASE_GUARDED_BY(mutex) = 0;
    std::uint64_t expired BASE_GUARDED_BY(mutex) = 0;
};

MemoryStore::MemoryStore(std::size_t capacity) {
    const auto wanted = std::clamp<std::size_t>(capacity / least_shard_bytes, 1, most_shards);
    const auto count = std::bit_floor(wanted);
    for (std::size_t i = 0; i < count; ++i) shards_.push_back(std::make_unique<Shard>(capacity / count));
}

MemoryStore::~MemoryStore() = default;

/// By the digest's last byte: the index inside a shard goes by the first ones.
MemoryStore::Shard& MemoryStore::shard_of(const Digest& key) { return *shards_[key.bytes.back() % shards_.size()]; }

std::optional<Entry> MemoryStore::find(const Digest& key, base::TimePoint now) {
    auto& shard = shard_of(key);
    std::optional<Entry> gone;  // destroyed behind the lock
    const base::MutexLock lock{shard.mutex};
    auto* kept = shard.entries.find(key);
    if (kept == nullptr) return std::nullopt;
    if (now < kept->until) return kept->entry;
    gone = std::move(kept->entry);
    shard.entries.erase(key);
    ++shard.expired;
    return std::nullopt;
}

bool MemoryStore::insert(const Digest& key, Entry entry, base::TimePoint now, std::chrono::nanoseconds ttl) {
    if (ttl <= std::chrono::nanoseconds::zero()) return false;
    const auto weight = entry.rendered.bytes() + sizeof(Entry);
    auto& shard = shard_of(key);
    std::vector<Kept> gone;  // destroyed behind the lock
    const base::MutexLock lock{shard.mutex};
    const bool kept =
        shard.entries.insert(key, Kept{std::move(entry), now + ttl}, weight,
                             [&gone](const Digest&, Kept& dropped) { gone.push_back(std::move(dropped)); });
    shard.evicted += gone.size();
    return kept;
}

bool MemoryStore::erase(const Digest& key) {
    auto& shard = shard_of(key);
    const base::MutexLock lock{shard.mutex};
    return shard.entries.erase(key);
}

std::size_t MemoryStore::clear() {
    std::size_t count = 0;
    for (const auto& shard : shards_) {
        const base::MutexLock lock{shard->mutex};
        count += shard->entries.size();
        shard->entries.clear();
    }
    return count;
}

void MemoryStore::shrink_by(std::size_t bytes) {
    const auto each = bytes / shards_.size() + 1;
    for (const auto& shard : shards_) {
        std::vector<Kept> gone;
        const base::MutexLock lock{shard->mutex};
        const auto held = shard->entries.bytes();
        shard->entries.shrink_to(held - std::min(held, each),
                                 [&gone](const Digest&, Kept& dropped) { gone.push_back(std::move(dropped)); });
        shard->evicted += gone.size();
    }
}

MemoryStore::Figures MemoryStore::figures() const {
    Figures sum;
    for (const auto& shard : shards_) {
        const base::MutexLock lock{shard->mutex};
        sum.entries += shard->entries.size();
        sum.bytes += shard->entries.bytes();
        sum.capacity += shard->entries.capacity();
        sum.evicted += shard->evicted;
        sum.expired += shard->expired;
    }
    return sum;
}

}  // namespace query::cache
