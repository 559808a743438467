/// One connection to one Redis server, on one worker: commands are pipelined, a lost connection comes back with
/// backoff.
///
/// By Boost.Redis, whose headers stay in the .cpp. Threads: its worker's only. Lifetime: `stop` on its worker, then
/// `stopped()` before destruction.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "net/redis/reply.hpp"
#include "net/redis/settings.hpp"
#include "net/redis/slot_map.hpp"

namespace net::redis {

class Line {
public:
    static constexpr std::size_t most_in_flight = 1'024;

    /// `on_push`: what the server says unasked (client-side caching), called on the worker; may be empty. `on_up`:
    /// after each time the connection stands.
    struct Told {
        std::function<void(const Reply&)> on_push;
        std::function<void()> on_up;
    };
    Line(async::Worker& worker, const Settings& settings, Node node, Told told = {});
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line();

    using Command = std::vector<std::string>;
    /// The answers of commands that go together, in order. Errors: `unavailable` (no connection, too many in flight),
    /// `timeout` after REDIS_TIMEOUT_MS, the call's stop. An answer that is an error of Redis is an element, not an
    /// error.
    async::Task<base::Result<std::vector<Reply>>> run(async::Call& call, std::vector<Command> commands);
    /// Without an answer.
    void send(Command command);

    const Node& node() const { return node_; }
    bool is_up() const;

    void stop();
    bool stopped() const;

private:
    struct State;
    Node node_;
    std::chrono::milliseconds timeout_;
    std::shared_ptr<State> state_;
};

}  // namespace net::redis
