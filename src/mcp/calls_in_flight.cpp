#include "mcp/calls_in_flight.hpp"

#include <vector>

#include "mcp/running_call.hpp"

namespace mcp {

bool CallsInFlight::add(const std::string& scope, const std::string& id, const RunningCallPtr& call, Counted counted) {
    if (counted == Counted::yes && size_.fetch_add(1, std::memory_order_relaxed) >= max_) {
        size_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    auto key = key_of(scope, id);
    auto& shard = shard_of(key);
    const base::MutexLock lock{shard.mutex};
    shard.entries.emplace(std::move(key), Entry{call.get(), call, &call->call().worker(), counted});
    return true;
}

void CallsInFlight::remove(const std::string& scope, const std::string& id, const RunningCall& call) {
    const auto key = key_of(scope, id);
    auto& shard = shard_of(key);
    const base::MutexLock lock{shard.mutex};
    const auto [begin, end] = shard.entries.equal_range(key);
    for (auto entry = begin; entry != end; ++entry) {
        if (entry->second.call != &call) continue;
        const bool counted = entry->second.counted == Counted::yes;
        shard.entries.erase(entry);
        if (counted) size_.fetch_sub(1, std::memory_order_relaxed);
        return;
    }
}

void CallsInFlight::post_to(const Entry& entry, const std::function<void(RunningCall&)>& act) {
    entry.worker->post([weak = entry.weak, act] {
        if (const auto call = weak.lock()) act(*call);
    });
}

bool CallsInFlight::post(const std::string& scope, const std::string& id, std::function<void(RunningCall&)> act) {
    const auto key = key_of(scope, id);
    std::vector<Entry> found;
    auto& shard = shard_of(key);
    {
        const base::MutexLock lock{shard.mutex};
        const auto [begin, end] = shard.entries.equal_range(key);
        for (auto entry = begin; entry != end; ++entry) found.push_back(entry->second);
    }
    for (const auto& entry : found) post_to(entry, act);
    return !found.empty();
}

void CallsInFlight::post_all(const std::function<void(RunningCall&)>& act) {
    for (auto& shard : shards_) {
        std::vector<Entry> found;
        {
            const base::MutexLock lock{shard.mutex};
            for (const auto& [key, entry] : shard.entries) found.push_back(entry);
        }
        for (const auto& entry : found) post_to(entry, act);
    }
}

}  // namespace mcp
