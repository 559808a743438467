/// `CACHE_TYPE=redis`: sealed entries in Redis or a cluster of it.
///
/// Each worker has a connection of its own, by which it looks up. What changes Redis goes by the first worker's, which
/// also listens: other servers' changes are told (client-side caching in broadcast mode), our own are not. Threads: any
/// worker. Lifetime: `stop` and `join` before destruction, while the workers run.
#pragma once

#include "query/namespace.hpp"

#include <atomic>
#include <functional>
#include <string>

#include "async/task_group.hpp"
#include "async/worker.hpp"
#include "net/redis/clients.hpp"
#include "query/cache/shared_store.hpp"

namespace query::cache {

class RedisStore final : public SharedStore {
public:
    static constexpr std::size_t most_waiting = 1'024;  ///< changes that are not sent yet

    RedisStore(async::Workers& workers, net::redis::Settings settings, std::string key_prefix);
    ~RedisStore() override;

    async::Task<std::optional<std::string>> get(async::Call& call, const Key& key) override;
    void put(const Key& key, std::string bytes, std::chrono::milliseconds ttl) override;
    async::Task<bool> lead(async::Call& call, const Key& key, std::chrono::milliseconds at_most) override;
    void yield(const Key& key) override;
    void on_changed(std::function<void(std::optional<Digest>)> told) override { changed_ = std::move(told); }
    void clear(Cleared done) override;
    void write_status(base::JsonWriter& json) const override;
    void stop() override;
    bool join(std::chrono::milliseconds at_most) override;

private:
    net::redis::Line::Told listeners_of(const async::Worker& worker);
    std::string name_of(const Digest& digest) const;
    std::string lock_of(const Digest& digest) const;
    void track(net::redis::RedisClient& client);
    void told(const net::redis::Reply& push);
    /// A command that nobody waits for, by the first worker.
    void change(std::string key, net::redis::Line::Command command);

    async::Workers& workers_;
    const std::string prefix_;
    std::function<void(std::optional<Digest>)> changed_;
    std::atomic<std::size_t> waiting_ = 0;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<std::uint64_t> failures_ = 0;
    std::atomic<bool> stopping_ = false;
    async::TaskGroup tasks_;
    net::redis::Clients clients_;  // last: it begins to tell at once
};

}  // namespace query::cache
