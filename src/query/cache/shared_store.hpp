/// A store of kept answers outside the process: a file, Redis. It holds sealed bytes and knows nothing of answers.
///
/// A store that fails is a miss, never an error: it says so in its metrics and asks its breaker before the next try.
/// Threads: any worker. Lifetime: `stop` and `join` before destruction.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
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
    /// Everything that this server and its like have put.
    virtual void clear() = 0;

    virtual void write_status(base::JsonWriter& json) const = 0;
    virtual void stop() = 0;
    virtual bool join(std::chrono::milliseconds at_most) = 0;
};

}  // namespace query::cache
