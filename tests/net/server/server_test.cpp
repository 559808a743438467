#include "net/server/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "net/server/live_server.hpp"

namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

void say_hello(net::ExchangePtr exchange) { exchange->reply({.status = 200}, base::Payload::literal("hello")); }

TEST(Server, a_port_in_use_is_an_error_that_names_it) {
    LiveServer server{say_hello};
    async::Workers workers{1};
    net::Server second{{&workers[0]}, say_hello, {}};
    const auto opened = second.listen("127.0.0.1", server.port());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), base::Kind::bad_argument);
    EXPECT_THAT(opened.error().message(), HasSubstr("127.0.0.1:" + std::to_string(server.port())));
    EXPECT_THAT(opened.error().message(), HasSubstr("in use"));
}

TEST(Server, an_address_of_another_machine_is_an_error) {
    async::Workers workers{1};
    net::Server server{{&workers[0]}, say_hello, {}};
    const auto opened = server.listen("192.0.2.1", 0);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message(), HasSubstr("192.0.2.1"));
}

TEST(Server, localhost_is_every_loopback_address_with_one_port) {
    async::Workers workers{1};
    net::Server server{{&workers[0]}, say_hello, {}};
    const auto port = server.listen("localhost", 0);
    ASSERT_TRUE(port);
    for (const auto& name : server.addresses()) EXPECT_THAT(name, EndsWith(":" + std::to_string(*port)));
}

TEST(Server, drain_closes_idle_connections_and_lets_answers_end) {
    std::atomic<net::Exchange*> open = nullptr;
    net::ExchangePtr kept;
    LiveServer server{[&](net::ExchangePtr exchange) {
        if (exchange->path() != "/slow") return say_hello(std::move(exchange));
        kept = std::move(exchange);
        open = kept.get();
        open.notify_all();
    }};
    RawClient idle{server.port()};
    idle.send(get);
    idle.read_answer();
    RawClient busy{server.port()};
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    open.wait(nullptr);

    server.server().drain();
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_TRUE(idle.ended());
    EXPECT_FALSE(server.server().join(0ms));
    server.on_worker([&] { say_hello(std::exchange(kept, nullptr)); });
    const auto answer = busy.read_to_end();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("hello"));
    EXPECT_TRUE(server.server().join(10s));
    EXPECT_FALSE(RawClient{server.port()}.connected()) << "nothing listens any more";
}

TEST(Server, the_end_of_grace_stops_what_is_still_open) {
    std::atomic<async::StopReason> reason = async::StopReason::none;
    std::atomic<bool> drained = false, open = false;
    net::ExchangePtr kept;
    LiveServer server{[&](net::ExchangePtr exchange) {
        exchange->on_stop([&](async::StopReason why) { reason = why; });
        exchange->on_drain([&] {
            drained = true;
            drained.notify_all();
        });
        kept = std::move(exchange);
        open = true;
        open.notify_all();
    }};
    RawClient client{server.port()};
    client.send(get);
    open.wait(false);
    server.server().drain();
    drained.wait(false);
    EXPECT_EQ(reason, async::StopReason::none) << "calls go on while there is grace";
    server.server().end();
    EXPECT_TRUE(server.server().join(10s));
    EXPECT_EQ(reason, async::StopReason::drain);
    server.on_worker([&] { kept.reset(); });
    client.read_to_end();
    EXPECT_TRUE(client.ended());
}

class UnixServer : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "netXXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
        path = name + "/admin.sock";
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string folder, path;
};

TEST_F(UnixServer, serves_on_a_socket_of_its_owner_only) {
    LiveServer other{say_hello};  // its workers run; a second server shares them
    net::Server server{{&other.workers()[0]},
                       [](net::ExchangePtr exchange) {
                           exchange->reply({.status = 200},
                                           base::Payload::literal(exchange->peer().unix_socket ? "unix" : "tcp"));
                       },
                       {}};
    ASSERT_TRUE(server.listen_unix(path));
    struct stat file{};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
    server.start();
    RawClient client{path};
    client.send(get);
    EXPECT_THAT(client.read_answer(), EndsWith("unix"));
    server.drain();
    EXPECT_TRUE(server.join(10s));
    other.workers().stop_and_join();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(UnixServer, a_stale_socket_is_replaced_a_live_one_and_a_file_are_not) {
    async::Workers workers{1};
    {
        net::Server live{{&workers[0]}, say_hello, {}};
        ASSERT_TRUE(live.listen_unix(path));
        net::Server second{{&workers[0]}, say_hello, {}};
        const auto taken = second.listen_unix(path);
        ASSERT_FALSE(taken);
        EXPECT_THAT(taken.error().message(), HasSubstr("another program answers there"));
        std::filesystem::copy_file("/etc/hostname", folder + "/file");
        EXPECT_FALSE(second.listen_unix(folder + "/file"));
    }
    const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(stale);
    net::Server server{{&workers[0]}, say_hello, {}};
    EXPECT_TRUE(server.listen_unix(path));
}

TEST(Server, counts_what_it_does) {
    base::Metrics metrics;
    net::HttpProbe probe{metrics, "test"};
    net::Server::Options options;
    options.probe = &probe;
    LiveServer server{say_hello, options};
    RawClient client{server.port()};
    client.send(get);
    client.read_answer();
    RawClient bad{server.port()};
    bad.send("nonsense\r\n\r\n");
    bad.read_to_end();
    const auto text = metrics.scrape(base::Metrics::Format::prometheus);
    EXPECT_THAT(text, HasSubstr("http_responses_total{listener=\"test\",class=\"2xx\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("http_responses_total{listener=\"test\",class=\"4xx\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("http_requests_refused_total{listener=\"test\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("http_connections_accepted_total{listener=\"test\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("http_received_bytes_total{listener=\"test\"} 39\n"));
}

TEST(RouteTable, answers_unknown_paths_and_methods_itself) {
    net::RouteTable routes;
    routes.add("GET", "/data", say_hello)
        .add("POST", "/data", say_hello)
        .add("GET", "/health", say_hello, net::HostRule::any);
    LiveServer server{[&](net::ExchangePtr exchange) { routes.dispatch(std::move(exchange)); }};
    const auto ask = [&](const std::string& request) {
        RawClient client{server.port()};
        client.send(request);
        client.end_sending();
        return client.read_to_end();
    };
    const auto one = [&](const std::string& line) { return ask(line + " HTTP/1.1\r\nHost: a\r\n\r\n"); };
    EXPECT_THAT(one("GET /data"), EndsWith("hello"));
    EXPECT_THAT(one("GET /data?x=1"), EndsWith("hello"));
    EXPECT_THAT(one("GET /nothing"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(one("PUT /data"),
                testing::AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, POST, HEAD, OPTIONS\r\n")));
    EXPECT_THAT(one("OPTIONS /data"),
                testing::AllOf(StartsWith("HTTP/1.1 204 "), HasSubstr("Allow: GET, POST, HEAD, OPTIONS\r\n")));
    EXPECT_THAT(one("OPTIONS *"), StartsWith("HTTP/1.1 204 "));
    EXPECT_THAT(one("HEAD /data"),
                testing::AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 5\r\n"), EndsWith("\r\n\r\n")));
    EXPECT_THAT(ask("GET /data HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask("GET /data HTTP/1.0\r\n\r\n"), EndsWith("hello"));
    EXPECT_THAT(ask("GET /health HTTP/1.1\r\n\r\n"), EndsWith("hello"));
}

}  // namespace
