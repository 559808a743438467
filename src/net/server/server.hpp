/// An HTTP server: listening sockets whose connections are spread over the workers.
///
/// Place: `app` makes one for each set of routes (MCP, metrics, admin socket), before the workers start. Worker 0
/// accepts onto the worker with the fewest connections. Threads: `listen` before `start`; `start`, `drain`, `end`,
/// `join` from the main thread. Lifetime: destroyed after the workers were joined, or after `join` said that all is
/// closed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/worker.hpp"
#include "base/error.hpp"
#include "net/server/exchange.hpp"
#include "net/server/http_settings.hpp"
#include "net/server/probe.hpp"

namespace net {

class Server {
public:
    struct Options {
        /// Limits and time spans; host and ports are given to `listen`.
        HttpSettings settings;
        base::MemoryBudget* budget = nullptr;  ///< leases for large request bodies
        HttpProbe* probe = nullptr;
        std::chrono::milliseconds event_comment{15'000};  ///< silence on an event stream before a comment
    };

    /// `workers` (at least one) and `handler`'s parts outlive the server.
    Server(std::vector<async::Worker*> workers, Handler handler, Options options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// Opens at once, accepts from `start` on. Returns the port (chosen by the kernel for 0). Errors: `bad_argument`
    /// naming host and port, and the remedy.
    base::Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
    base::Result<void> listen_unix(const std::string& path, mode_t mode = 0600);
    std::vector<std::string> addresses() const;  ///< "127.0.0.1:8000", …

    void start();
    /// Stops accepting (who waits in the kernel's queue is still taken), closes idle connections, lets answers end with
    /// `Connection: close`.
    void drain();
    /// Grace is over: exchanges are stopped (`drain`), connections closed. After `drain`.
    void end();
    /// Blocks (never a worker) until no connection is open, or the time is over. True: all closed.
    bool join(std::chrono::milliseconds at_most) const;

    std::size_t open_connections() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace net
