/// A store of kept answers outside the process: a file, Redis. It holds sealed bytes and knows nothing of answers.
///
/// A store that fails is a miss, never an error: it says so in its metrics and asks its breaker before the next try.
/// Threads: any worker. Lifetime: `stop` and `join` before destruction.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/json_writer.hpp"
#include "query/cache/key.hpp"

namespace query::cache {

class SharedStore {
public:
    virtual ~SharedStore() = default;

    /// The bytes that were put, or nothing. One bounded wait.
    virtual async::Task<std::optional<std::string>> get(async::Call& call, const Key& key) = 0;
    /// Some time soon; dropped where too much is waiting to be written.
    virtual void put(const Key& key, std::string bytes, std::chrono::milliseconds ttl) = 0;
    /// Where several servers miss the same at once: true for the one that is to ask the warehouse, until `yield` or for
    /// `at_most`; the others look again.
    virtual async::Task<bool> lead(async::Call& call, const Key& key, std::chrono::milliseconds at_most);
    /// The leader came to no answer.
    virtual void yield(const Key&) {}
    /// Told of entries that somebody else has changed or taken away; absent: maybe any. Set once, before anybody asks.
    virtual void on_changed(std::function<void(std::optional<Digest>)>) {}
    /// Everything that this server and its like have put. `done` (may be empty) is told, on any thread, when it is
    /// gone; false: maybe not all of it.
    using Cleared = std::function<void(bool whole)>;
    virtual void clear(Cleared done) = 0;

    virtual void write_status(base::JsonWriter& json) const = 0;
    virtual void stop() = 0;
    virtual bool join(std::chrono::milliseconds at_most) = 0;
};

}  // namespace query::cache
