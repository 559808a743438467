// mcp-trivial-server --port N: one tool, `fixed_text`, that answers 700 letters; what http_rate.py measures beside its
// peers. Protocol, transport and HTTP server are the product's; metrics are on. Prints its port. Ends on SIGTERM.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "mcp/http/endpoint.hpp"
#include "net/server/route_table.hpp"
#include "net/server/server.hpp"
#include "transport/http.hpp"

namespace {

mcp::Registry registry() {
    mcp::Tool tool;
    tool.name = "fixed_text";
    tool.description = "Answers a fixed text.";
    tool.handler = [text = std::string(700, 'x')](mcp::ToolContext&) -> mcp::ToolOutcome {
        return mcp::ToolResult::text(text);
    };
    mcp::Registry all;
    all.add(std::move(tool));
    return all;
}

int serve(std::uint16_t port) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    async::Workers workers{async::Workers::default_count()};
    std::vector<async::Worker*> all;
    for (std::size_t i = 0; i < workers.size(); ++i) all.push_back(&workers[i]);
    base::Metrics metrics;
    auto access = access_control::Access::open({}, metrics);
    const auto sealer = base::TokenSealer::with_random_key();
    mcp::ServerOptions options;
    options.version = "1";
    options.workers = workers.size();
    mcp::Server server{registry(), sealer, std::move(options), &metrics};
    mcp::http::Endpoint endpoint{server};
    transport::HttpTransport transport{endpoint, **access, transport::Door{{}}, {}};
    net::RouteTable routes;
    transport.mount(routes);
    net::HttpProbe probe{metrics, "mcp"};
    net::Server::Options http_options;
    http_options.settings.max_keep_alive_requests = 1'000'000'000;
    http_options.probe = &probe;
    net::Server http{all, [&routes](net::ExchangePtr exchange) { routes.dispatch(std::move(exchange)); }, http_options};
    const auto chosen = http.listen("127.0.0.1", port);
    if (!chosen) {
        fmt::print(stderr, "mcp-trivial-server: {}\n", chosen.error().message());
        return 2;
    }
    fmt::print("{}\n", *chosen);
    std::fflush(stdout);
    workers.start();
    http.start();

    int signal = 0;
    sigwait(&signals, &signal);
    http.drain();
    server.stop(async::StopReason::drain);
    http.end();
    const bool ended = server.join(std::chrono::seconds{5}) && http.join(std::chrono::seconds{5});
    workers.stop_and_join();
    return ended ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint16_t port = 0;
    const std::string_view text = argc == 3 && std::string_view{argv[1]} == "--port" ? argv[2] : "";
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        fmt::print(stderr, "usage: mcp-trivial-server --port N (0: the kernel chooses)\n");
        return 2;
    }
    return serve(port);
}
