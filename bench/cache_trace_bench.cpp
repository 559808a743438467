// Which entries the memory cache keeps: the hit ratio of S3-FIFO against plain LRU, on questions asked by a Zipf law
// and on the same with scans (a report that asks for each of many tables once). Same trace, same bytes. links: query
// base
#include <benchmark/benchmark.h>

#include <cmath>
#include <list>
#include <random>
#include <unordered_map>
#include <vector>

#include "query/cache/s3_fifo.hpp"

namespace {

constexpr int distinct = 20'000;
constexpr int questions = 400'000;
constexpr std::size_t entry_bytes = 4'000;

/// The peer.
class Lru {
public:
    explicit Lru(std::size_t capacity) : capacity_{capacity} {}
    bool find(int key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return false;
        order_.splice(order_.begin(), order_, found->second);
        return true;
    }
    void insert(int key) {
        order_.push_front(key);
        index_[key] = order_.begin();
        while (order_.size() * (entry_bytes + overhead) > capacity_) {
            index_.erase(order_.back());
            order_.pop_back();
        }
    }

private:
    static constexpr std::size_t overhead = 120;
    std::size_t capacity_;
    std::list<int> order_;
    std::unordered_map<int, std::list<int>::iterator> index_;
};

class Ours {
public:
    explicit Ours(std::size_t capacity) : queue_{capacity} {}
    bool find(int key) { return queue_.find(key) != nullptr; }
    void insert(int key) {
        queue_.insert(key, key, entry_bytes, [](int, int) {});
    }

private:
    query::cache::S3Fifo<int, std::hash<int>, int> queue_;
};

/// Popularity 1/rank^0.9; one question in 400 begins a scan of 200 keys that nobody asks for again, where there are
/// scans.
std::vector<int> trace(bool scans) {
    std::vector<double> weights;
    for (int rank = 1; rank <= distinct; ++rank) weights.push_back(1.0 / std::pow(rank, 0.9));
    std::discrete_distribution<int> zipf{weights.begin(), weights.end()};
    std::mt19937 random{42};
    std::vector<int> keys;
    int fresh = distinct;
    while (keys.size() < questions) {
        if (scans && random() % 400 == 0) {
            for (int i = 0; i < 200; ++i) keys.push_back(fresh++);
        } else {
            keys.push_back(zipf(random));
        }
    }
    return keys;
}

template <class Cache>
void hit_ratio(benchmark::State& state) {
    const auto keys = trace(state.range(0) != 0);
    const auto capacity =
        static_cast<std::size_t>(distinct) * entry_bytes * static_cast<std::size_t>(state.range(1)) / 100;
    double hits = 0;
    for (auto _ : state) {
        Cache cache{capacity};
        hits = 0;
        for (const int key : keys) {
            if (cache.find(key)) {
                ++hits;
            } else {
                cache.insert(key);
            }
        }
    }
    state.counters["hit_ratio"] = hits / static_cast<double>(keys.size());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(keys.size()));
}

void scans_and_sizes(benchmark::internal::Benchmark* bench) {
    bench->ArgNames({"scans", "percent_of_all"});
    for (const int scans : {0, 1}) {
        for (const int percent : {1, 5, 20}) bench->Args({scans, percent});
    }
}

BENCHMARK(hit_ratio<Ours>)->Apply(scans_and_sizes)->Unit(benchmark::kMillisecond);
BENCHMARK(hit_ratio<Lru>)->Apply(scans_and_sizes)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
