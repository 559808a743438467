/// stdio: JSON-RPC messages on stdin and stdout, one a line (specification, "Transports", stdio).
///
/// Place: `app` makes one for `snowflake-mcp stdio`. Two threads of its own read and write (a terminal, pipe or file
/// may block; a worker may not); the session runs on one worker. Bounds: a message's length; input that is not served
/// yet and output that is not taken yet (either stops the reading). stdout carries protocol only: `claim` gives the
/// process another stdout, which is its stderr.
///
/// The end: stdin ends (calls may still run for `end_grace` while somebody reads the answers), the reader of stdout is
/// gone (calls stop at once), or `drain` and `end` of the process. Then `ended` is called, once, from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "async/call.hpp"
#include "async/worker.hpp"
#include "base/error.hpp"
#include "base/principal.hpp"
#include "mcp/server.hpp"

namespace transport {

/// Two descriptors, owned.
struct StdioStreams {
    int in = -1;
    int out = -1;

    /// stdin and stdout of the process, moved out of the way of everybody else: 0 becomes /dev/null, 1 becomes stderr.
    static base::Result<StdioStreams> claim();
};

class StdioTransport {
public:
    struct Options {
        std::size_t max_line = std::size_t{4} << 20;    ///< bytes of a message
        std::size_t read_ahead = std::size_t{1} << 20;  ///< bytes read and not served yet
        std::size_t output = std::size_t{1} << 20;      ///< unsent bytes above which nothing is read
        std::chrono::milliseconds end_grace{3000};
        /// Asked for each message, on the worker; the requests of one that is refused are answered with the error.
        /// Empty: all are let in.
        std::function<base::Result<void>()> admit = {};
    };

    /// `server` and `worker` outlive it. Takes over the streams.
    StdioTransport(mcp::Server& server, async::Worker& worker, base::PrincipalPtr who, StdioStreams streams,
                   Options options, std::function<void()> ended);
    StdioTransport(const StdioTransport&) = delete;
    StdioTransport& operator=(const StdioTransport&) = delete;
    ~StdioTransport();  ///< ends, joins

    void start();
    /// Reads no more; ends when the calls in flight have ended. (`mcp::Server::drain` ends subscriptions.)
    void drain();
    /// Grace is over: calls stop, answers that are ready are still written.
    void end(async::StopReason reason);
    /// Blocks (never a worker) until all is written and both threads have ended, or the time is over.
    bool join(std::chrono::milliseconds at_most);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace transport
