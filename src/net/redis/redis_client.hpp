/// Redis, or a cluster of it, as one worker sees it: single-key commands, each with one bounded wait.
///
/// A dead, slow or lying Redis costs that wait, then nothing for a while (breaker). A cluster is found out by its first
/// redirect; slots are learnt from CLUSTER SLOTS and corrected by MOVED, ASK is followed for one command. Threads: its
/// worker's only. Lifetime: `stop` on its worker, then `stopped` before destruction.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/redis/line.hpp"

namespace net::redis {

class RedisClient {
public:
    struct Figures {
        std::uint64_t commands = 0;
        std::uint64_t failures = 0;  ///< no answer, or none in time
        std::uint64_t refused = 0;   ///< by the breaker
        std::size_t nodes = 0;
        bool up = false;
    };

    RedisClient(async::Worker& worker, Settings settings, Line::Told told = {});
    RedisClient(const RedisClient&) = delete;
    RedisClient& operator=(const RedisClient&) = delete;
    ~RedisClient();

    /// `command` is about `key`. Errors: `unavailable` (also while the breaker is open), `timeout`, the call's stop. An
    /// error of Redis itself is an element of the answer.
    async::Task<base::Result<Reply>> run(async::Call& call, std::string key, Line::Command command);
    /// To each node that has keys: of a cluster every master that the cluster names. A node that cannot be reached in
    /// time is left out; false: at least one was.
    async::Task<bool> run_everywhere(async::Call& call, std::function<async::Task<bool>(async::Call&, Line&)> task);

    /// To each node that is known, without an answer.
    void send_everywhere(const Line::Command& command);

    Figures figures() const;
    void stop();
    bool stopped() const;

private:
    Line& line_to(const Node& node);
    Line& line_for(int slot);
    async::Task<void> learn(async::Call& call, Line& line);
    bool may_try(base::TimePoint now);
    void note(bool good, base::TimePoint now);

    async::Worker& worker_;
    Settings settings_;
    Line::Told told_;
    Node seed_;
    std::list<Line> lines_;
    SlotMap slots_;
    bool is_cluster_ = false;
    Figures figures_;
    int failures_in_a_row_ = 0;
    base::TimePoint closed_until_{};
};

}  // namespace net::redis
