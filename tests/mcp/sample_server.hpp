/// A small server for tests: tools of every form, resources, prompts, on one worker with a clock that the test moves.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/worker.hpp"
#include "base/sealed_token.hpp"
#include "mcp/server.hpp"

namespace sample {

/// The clocks of a test; `advance` moves both.
class Time {
public:
    base::TimePoint now() const { return now_; }
    base::WallTime wall() const { return wall_; }
    void advance(std::chrono::milliseconds by) {
        now_ += by;
        wall_ += by;
    }

private:
    base::TimePoint now_{std::chrono::hours{1}};
    base::WallTime wall_{std::chrono::hours{24 * 365 * 56}};
};

/// Tools: echo (typed arguments), later (a task), either (now or a task), wait (until it is stopped), noisy (progress
/// and log, then an answer), ask (a form, two rounds), sampler (needs sampling), fails (by `kind`), throws, big.
mcp::Registry registry();
mcp::ServerOptions options(Time& time);

struct World {
    explicit World(mcp::Registry registry = sample::registry());
    World(mcp::Registry registry, mcp::ServerOptions options);
    ~World();

    /// Runs what is ready until nothing is.
    void run();
    void advance(std::chrono::milliseconds by);
    mcp::Caller caller(std::string principal = "anonymous");

    Time time;
    async::Worker worker{0, [this] { return time.now(); }};
    base::TokenSealer sealer = base::TokenSealer::with_random_key();
    mcp::Server server;
};

}  // namespace sample
