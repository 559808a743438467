// mcp-conformance-server --port N [--host H] [--workers N]: the fixture at http://H:N/mcp. Port 0: the kernel chooses;
// the port is printed on the first line. Ends on SIGTERM and SIGINT.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "access/access.hpp"
#include "fixture.hpp"
#include "mcp/http/endpoint.hpp"
#include "net/server/route_table.hpp"
#include "net/server/server.hpp"
#include "transport/http.hpp"

namespace {

using namespace std::chrono_literals;

int complain(std::string_view what) {
    fmt::print(stderr, "mcp-conformance-server: {}\n", what);
    return 2;
}

/// Signals are taken by `wait_for_signal`, whatever threads there are.
sigset_t blocked_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

int serve(const std::string& host, std::uint16_t port, std::size_t count) {
    const auto signals = blocked_signals();
    async::Workers workers{count};
    std::vector<async::Worker*> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(&workers[i]);

    base::Metrics metrics;
    auto access = access_control::Access::open({}, metrics);
    if (!access) return complain(access.error().message());
    const auto sealer = base::TokenSealer::with_random_key();
    const auto later = std::make_shared<fixture::Later>();
    mcp::Server server{fixture::registry(later), sealer, fixture::options(count), &metrics};
    later->changes = &server.changes();
    mcp::http::Endpoint endpoint{server};
    transport::HttpTransport transport{endpoint, **access, transport::Door{{}}, {}};
    net::RouteTable routes;
    transport.mount(routes);
    net::Server http{all, [&routes](net::ExchangePtr exchange) { routes.dispatch(std::move(exchange)); }, {}};
    const auto chosen = http.listen(host, port);
    if (!chosen) return complain(chosen.error().message());
    fmt::print("{}\n", *chosen);
    std::fflush(stdout);
    workers.start();
    http.start();

    int signal = 0;
    sigwait(&signals, &signal);
    http.drain();
    server.drain();
    server.stop(async::StopReason::drain);
    http.end();
    const bool ended = server.join(5s) && http.join(5s);
    workers.stop_and_join();
    return ended ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::map<std::string, std::string> options{{"--port", ""}, {"--host", "127.0.0.1"}, {"--workers", "2"}};
    for (int i = 1; i < argc; i += 2) {
        const auto option = options.find(argv[i]);
        if (option == options.end() || i + 1 == argc) {
            return complain("usage: mcp-conformance-server --port N [--host H] [--workers N]");
        }
        option->second = argv[i + 1];
    }
    const auto number = [&](const char* name, auto& into) {
        const auto& text = options[name];
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
        return error == std::errc{} && end == text.data() + text.size();
    };
    std::uint16_t port = 0;
    std::size_t workers = 0;
    if (!number("--port", port)) return complain("--port: a number from 0 to 65535");
    if (!number("--workers", workers) || workers < 1 || workers > 64) return complain("--workers: 1 to 64");
    return serve(options["--host"], port, workers);
}
