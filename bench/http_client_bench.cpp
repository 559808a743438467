// What an outbound request costs in CPU: 400 bytes out, 1 KB back on a kept connection, beside a bare blocking loop.
// links: net_client async base
//
// `cpu_us` is the calling thread's own CPU time for one request; the server runs on a thread of its own. The client's
// share of a Snowflake query is to be at most 20 us.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/task_group.hpp"
#include "net/client/http_client.hpp"

namespace {

constexpr std::size_t request_body = 400;

std::string answer() {
    const std::string body(1024, 'x');
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\n"
           "Cache-Control: no-cache, no-store\r\nX-Frame-Options: deny\r\nContent-Length: 1024\r\n\r\n" +
           body;
}

/// Answers each request at once; requests end with the letter 'z'.
class Server {
public:
    Server() {
        listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(listening_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listening_, 128);
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread{[this] {
            for (;;) {
                const int fd = ::accept(listening_, nullptr, nullptr);
                if (fd < 0) return;
                threads_.emplace_back([fd] { serve(fd); });
            }
        }};
    }
    ~Server() {
        ::shutdown(listening_, SHUT_RDWR);
        acceptor_.join();
        ::close(listening_);
        for (auto& thread : threads_) thread.join();
    }
    std::uint16_t port() const { return port_; }

private:
    static void serve(int fd) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const auto text = answer();
        std::vector<char> room(65536);
        for (;;) {
            const auto got = ::recv(fd, room.data(), room.size(), 0);
            if (got <= 0) break;
            if (room[static_cast<std::size_t>(got) - 1] == 'z') ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        }
        ::close(fd);
    }

    int listening_ = -1;
    std::uint16_t port_ = 0;
    std::thread acceptor_;
    std::vector<std::thread> threads_;
};

double thread_cpu_us() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

std::string body_text() { return std::string(request_body - 1, 'x') + "z"; }

void bare_loop(benchmark::State& state) {
    Server server;
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error{"connect"};
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto request =
        "POST /queries/v1/query-request HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 400\r\n\r\n" + body_text();
    std::vector<char> room(65536);
    const auto before = thread_cpu_us();
    for (auto _ : state) {
        ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
        std::size_t got = 0;
        while (got < answer().size()) got += static_cast<std::size_t>(::recv(fd, room.data(), room.size(), 0));
    }
    state.counters["cpu_us"] = (thread_cpu_us() - before) / static_cast<double>(state.iterations());
    ::close(fd);
}
BENCHMARK(bare_loop)->UseRealTime();

net::client::Request request_for(std::uint16_t port) {
    net::client::Request request{
        .method = "POST",
        .url = {.scheme = net::client::Scheme::http,
                .host = "127.0.0.1",
                .port = port,
                .target = "/queries/v1/query-request?requestId=01234567-89ab-cdef-0123-456789abcdef"},
        .headers = {{"Content-Type", "application/json"},
                    {"Accept", "application/snowflake"},
                    {"Authorization", "Snowflake Token=\"" + std::string(300, 't') + "\""},
                    {"User-Agent", "snowflake-mcp/0.1"}},
        .body = body_text()};
    return request;
}

/// `count` requests one after the other; the last of all tasks stops the loop.
async::Task<void> ask(async::Call& call, net::client::HttpClient& client, std::uint16_t port, std::int64_t& count,
                      int& running) {
    while (count > 0) {
        --count;
        auto response = co_await client.send(call, request_for(port));
        if (!response) throw std::runtime_error{response.error().message()};
        auto body = co_await response->body(call);
        if (!body || body->size() != 1024) throw std::runtime_error{"the answer is not whole"};
    }
    if (--running == 0) call.worker().stop();
}

void http_client(benchmark::State& state) {
    Server server;
    auto outbound = net::client::Outbound::create({}).value();
    async::Worker worker{0};
    auto client = std::make_unique<net::client::HttpClient>(worker, outbound);
    async::TaskGroup group;
    const auto run = [&](std::int64_t requests) {
        int running = static_cast<int>(state.range(0));
        for (int i = 0; i < state.range(0); ++i) {
            async::Call::Parts parts{.request_id = "1", .deadline = base::Clock::now() + std::chrono::hours{1}};
            group.spawn(worker, std::move(parts),
                        [&](async::Call& call) { return ask(call, *client, server.port(), requests, running); });
        }
        worker.run();
    };
    run(100);  // connections
    double spent = 0;
    std::int64_t done = 0;
    while (state.KeepRunningBatch(1000)) {
        const auto before = thread_cpu_us();
        run(1000);
        spent += thread_cpu_us() - before;
        done += 1000;
    }
    state.counters["cpu_us"] = spent / static_cast<double>(done);
    client.reset();
    worker.poll();
}
BENCHMARK(http_client)->Arg(1)->Arg(16)->UseRealTime()->ArgName("in_flight");

}  // namespace
