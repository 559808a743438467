#include "mcp/http/streams.hpp"

#include "mcp/http/post.hpp"

namespace mcp::http {

void Streams::add(const std::string& id, std::weak_ptr<Post> stream, async::Worker& worker) {
    const base::MutexLock lock{mutex_};
    entries_.emplace(id, Entry{std::move(stream), &worker});
}

void Streams::remove(const std::string& id) {
    const base::MutexLock lock{mutex_};
    entries_.erase(id);
}

bool Streams::post(const std::string& id, std::function<void(Post*)> act) {
    Entry entry{};
    {
        const base::MutexLock lock{mutex_};
        const auto found = entries_.find(id);
        if (found == entries_.end()) return false;
        entry = found->second;
    }
    entry.worker->post([stream = std::move(entry.stream), act = std::move(act)] { act(stream.lock().get()); });
    return true;
}

}  // namespace mcp::http
