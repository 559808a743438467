/// Which entries stay in a bounded cache: S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP
/// 2023).
///
/// New entries go through a small queue; only what was asked for again there reaches the main one, so that a scan
/// passes by without driving anything out. Keys that fell out of the small queue are remembered for a while: who comes
/// back goes to the main queue at once. `bench/cache_trace_bench` shows the hit ratio against plain LRU.
///
/// Place: one a shard, under its lock. Thread safety: none. `Value` says what it weighs; the weight counted here is the
/// weight given to `insert` plus this structure's own bytes for an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

namespace query::cache {

template <class Key, class Hash, class Value>
class S3Fifo {
public:
    /// `capacity`: bytes, everything included.
    explicit S3Fifo(std::size_t capacity) : capacity_{capacity}, small_capacity_{capacity / 10} {}

    /// Null: not there. The pointer is good until the next change.
    Value* find(const Key& key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        auto& entry = *found->second;
        if (entry.asked < most_asked) ++entry.asked;
        return &entry.value;
    }

    /// Replaces what is there. False: larger than the whole, and nothing was kept. `dropped(key, value)` is told of
    /// each entry that had to go.
    template <class Dropped>
    bool insert(const Key& key, Value value, std::size_t weight, Dropped&& dropped) {
        weight += own_bytes;
        if (weight > capacity_) return false;
        if (const auto found = index_.find(key); found != index_.end()) {
            auto& entry = *found->second;
            auto& bytes = entry.in_main ? main_bytes_ : small_bytes_;
            bytes = bytes - entry.weight + weight;
            entry.weight = weight;
            entry.value = std::move(value);
        } else {
            const bool seen_before = forget_ghost(key);
            auto& queue = seen_before ? main_ : small_;
            (seen_before ? main_bytes_ : small_bytes_) += weight;
            queue.push_front(Entry{key, std::move(value), weight, 0, seen_before});
            index_.emplace(key, queue.begin());
        }
        shrink_to(capacity_, dropped);
        return true;
    }

    bool erase(const Key& key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return false;
        const auto entry = found->second;
        index_.erase(found);
        (entry->in_main ? main_bytes_ : small_bytes_) -= entry->weight;
        (entry->in_main ? main_ : small_).erase(entry);
        return true;
    }

    /// Lets entries go until no more than `bytes` are held.
    template <class Dropped>
    void shrink_to(std::size_t bytes, Dropped&& dropped) {
        while (this->bytes() > bytes && !index_.empty()) {
            if (small_bytes_ > small_capacity_ || main_.empty()) {
                evict_small(dropped);
            } else {
                evict_main(dropped);
            }
        }
        while (ghosts_.size() > index_.size() + few) drop_oldest_ghost();
    }

    void clear() {
        index_.clear();
        small_.clear();
        main_.clear();
        ghosts_.clear();
        ghost_index_.clear();
        small_bytes_ = main_bytes_ = 0;
    }

    std::size_t size() const { return index_.size(); }
    std::size_t bytes() const { return small_bytes_ + main_bytes_ + ghosts_.size() * ghost_bytes; }
    std::size_t capacity() const { return capacity_; }

private:
    struct Entry {
        Key key;
        Value value;
        std::size_t weight;
        std::uint8_t asked;
        bool in_main;
    };
    using Queue = std::list<Entry>;

    static constexpr std::uint8_t most_asked = 3;
    static constexpr std::uint8_t worth_keeping = 2;  ///< times asked for while in the small queue
    static constexpr std::size_t few = 64;
    // Nodes of list and index, buckets, and the allocator's heads.
    static constexpr std::size_t own_bytes = sizeof(Entry) + sizeof(Key) + 12 * sizeof(void*);
    static constexpr std::size_t ghost_bytes = 2 * sizeof(Key) + 12 * sizeof(void*);

    template <class Dropped>
    void evict_small(Dropped& dropped) {
        const auto last = std::prev(small_.end());
        small_bytes_ -= last->weight;
        if (last->asked >= worth_keeping) {
            last->asked = 0;
            last->in_main = true;
            main_bytes_ += last->weight;
            main_.splice(main_.begin(), small_, last);
            return;
        }
        ghosts_.push_front(last->key);
        ghost_index_.emplace(last->key, ghosts_.begin());
        index_.erase(last->key);
        dropped(last->key, last->value);
        small_.erase(last);
        while (ghosts_.size() > index_.size() + few) drop_oldest_ghost();
    }

    template <class Dropped>
    void evict_main(Dropped& dropped) {
        const auto last = std::prev(main_.end());
        if (last->asked > 0) {
            --last->asked;
            main_.splice(main_.begin(), main_, last);
            return;
        }
        main_bytes_ -= last->weight;
        index_.erase(last->key);
        dropped(last->key, last->value);
        main_.erase(last);
    }

    bool forget_ghost(const Key& key) {
        const auto found = ghost_index_.find(key);
        if (found == ghost_index_.end()) return false;
        ghosts_.erase(found->second);
        ghost_index_.erase(found);
        return true;
    }

    void drop_oldest_ghost() {
        ghost_index_.erase(ghosts_.back());
        ghosts_.pop_back();
    }

    std::size_t capacity_;
    std::size_t small_capacity_;
    Queue small_;  // newest first
    Queue main_;
    std::unordered_map<Key, typename Queue::iterator, Hash> index_;
    std::list<Key> ghosts_;  // newest first
    std::unordered_map<Key, typename std::list<Key>::iterator, Hash> ghost_index_;
    std::size_t small_bytes_ = 0;
    std::size_t main_bytes_ = 0;
};

}  // namespace query::cache
