#include "app/stdio_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <utility>

#include "access/access.hpp"
#include "app/house.hpp"
#include "base/log.hpp"
#include "transport/stdio.hpp"

namespace app {

int serve_stdio(const Settings& settings, Signals& signals) {
    const auto fail = [](const base::Error& error) {
        fmt::print(stderr, "snowflake-mcp: {}\n", error.message());
        return 2;
    };
    // Before anything can print: from here on nobody but the protocol reaches the client.
    auto streams = transport::StdioStreams::claim();
    if (!streams) {
        return fail(streams.error());
    }
    auto house = House::build(settings);
    if (!house) {
        return fail(house.error());
    }
    transport::StdioTransport::Options options;
    options.max_line = settings.transport.stdio_max_line_kb * 1024;
    options.end_grace = settings.transport.stdio_end_grace;
    // One client's process shares its limits with nobody.
    const auto who = access_control::Access::os_user();
    access_control::Limits limits{settings.access, (*house)->metrics()};
    options.admit = [&limits, who] { return limits.admit_here(*who, base::Clock::now()); };
    std::atomic<bool> input_ended = false;
    bool clean = true;
    {
        transport::StdioTransport channel{
            (*house)->mcp(), (*house)->workers()[0], who, *streams, options, [&input_ended] {
                input_ended = true;
                Signals::raise();
            }};
        (*house)->start();
        channel.start();
        signals.wait();
        if (!input_ended) {
            (*house)->health().draining();
            (*house)->mcp().drain();
            channel.drain();
            const auto until = base::Clock::now() + settings.process.shutdown_grace;
            while (!channel.join(std::chrono::milliseconds{20}) && base::Clock::now() < until) {
                // Our own signal, raised when the channel has ended, is not a person's second one.
                if (signals.wait_for(std::chrono::milliseconds{0}) && !input_ended) {
                    base::log::warn("second signal: ending at once");
                    _exit(1);
                }
            }
        }
        channel.end(async::StopReason::drain);
        clean = channel.join(std::chrono::seconds{5});
        (*house)->cancel_calls();
    }
    clean = (*house)->shut_down() && clean;
    return clean ? 0 : 1;
}

}  // namespace app
