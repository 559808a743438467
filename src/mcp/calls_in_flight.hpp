/// Calls that wait, findable from any worker: to cancel one (`notifications/cancelled` comes on another connection), to
/// bring a client's answer to the call that asked for it, to stop all at the end.
///
/// Entries live as long as the call; their number is bounded. Threads: any; a call is touched only on its own worker
/// (posted).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "async/call.hpp"
#include "base/mutex.hpp"

namespace mcp {

class RunningCall;
using RunningCallPtr = std::shared_ptr<RunningCall>;

class CallsInFlight {
public:
    explicit CallsInFlight(std::size_t max) : max_{max} {}

    enum class Counted { yes, no };
    /// False: there are too many. `scope`: who may name it (a session's key), `id`: JSON text. Subscriptions and second
    /// names of a call are not counted: connections bound them.
    bool add(const std::string& scope, const std::string& id, const RunningCallPtr& call, Counted counted);
    void remove(const std::string& scope, const std::string& id, const RunningCall& call);
    std::size_t size() const { return size_.load(std::memory_order_relaxed); }

    /// Runs `act` on the worker of each call of this name. False: there is none.
    bool post(const std::string& scope, const std::string& id, std::function<void(RunningCall&)> act);
    void post_all(const std::function<void(RunningCall&)>& act);

private:
    struct Entry {
        const RunningCall* call;
        std::weak_ptr<RunningCall> weak;
        async::Worker* worker;
        Counted counted;
    };
    struct Shard {
        base::Mutex mutex;
        std::unordered_multimap<std::string, Entry> entries BASE_GUARDED_BY(mutex);
    };
    static std::string key_of(const std::string& scope, const std::string& id) { return scope + '\n' + id; }
    Shard& shard_of(const std::string& key) { return shards_[std::hash<std::string>{}(key) % shards_.size()]; }
    static void post_to(const Entry& entry, const std::function<void(RunningCall&)>& act);

    const std::size_t max_;
    std::atomic<std::size_t> size_ = 0;
    std::array<Shard, 16> shards_;
};

}  // namespace mcp
