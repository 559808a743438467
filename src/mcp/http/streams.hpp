/// SSE streams of 2025-11-25 whose client may come back for the rest (`Last-Event-ID`), findable from any worker.
///
/// Threads: any; a stream is touched only on its own worker (posted). Entries live as long as the stream.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "async/worker.hpp"
#include "base/mutex.hpp"

namespace mcp::http {

class Post;

class Streams {
public:
    void add(const std::string& id, std::weak_ptr<Post> stream, async::Worker& worker);
    void remove(const std::string& id);
    /// Runs `act` on the stream's worker, with null when it has gone in between. False: there is none.
    bool post(const std::string& id, std::function<void(Post*)> act);

    /// Streams without a connection that are kept for their client; bounded by the endpoint.
    std::atomic<std::size_t> detached = 0;

private:
    struct Entry {
        std::weak_ptr<Post> stream;
        async::Worker* worker;
    };
    base::Mutex mutex_;
    std::unordered_map<std::string, Entry> entries_ BASE_GUARDED_BY(mutex_);
};

}  // namespace mcp::http
