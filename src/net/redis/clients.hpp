/// One `RedisClient` a worker, each made and used on its worker only.
///
/// Threads: `on` on the worker it is asked for; `stop` and `join` by main's. Lifetime: `stop` and `join` before
/// destruction, while the workers run.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "async/worker.hpp"
#include "net/redis/redis_client.hpp"
#include "net/redis/settings.hpp"

namespace net::redis {

class Clients {
public:
    /// What a worker's client tells of; asked once for each, on that worker.
    using Listeners = std::function<Line::Told(const async::Worker&)>;

    /// Connects once the workers run, before anybody asks.
    Clients(async::Workers& workers, Settings settings, Listeners listeners = {});
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;
    ~Clients();

    RedisClient& on(const async::Worker& worker);
    const Settings& settings() const { return settings_; }

    void stop();
    bool stopping() const { return stopping_; }
    /// Blocks (never a worker) until every connection has ended, or the time is over. True: all have.
    bool join(std::chrono::milliseconds at_most);

private:
    async::Workers& workers_;
    const Settings settings_;
    const Listeners listeners_;
    std::vector<std::unique_ptr<RedisClient>> clients_;  // by worker; each is its worker's
    std::atomic<bool> stopping_ = false;
};

}  // namespace net::redis
