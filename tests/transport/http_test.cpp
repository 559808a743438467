#include "transport/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>

#include "access/shared_budget.hpp"
#include "net/redis/redis_process.hpp"
#include "net/server/live_server.hpp"
#include "transport/small_server.hpp"

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpTransport : public testing::Test {
protected:
    void open(const access_control::Settings& access_settings = {}, const transport::Settings& settings = {}) {
        access = access_control::Access::open(access_settings, metrics).value();
        http = std::make_unique<transport::HttpTransport>(endpoint, *access, transport::Door{settings},
                                                          transport::HttpTransport::Options{});
        http->mount(routes);
        server =
            std::make_unique<LiveServer>([this](net::ExchangePtr exchange) { routes.dispatch(std::move(exchange)); });
    }
    void TearDown() override {
        if (!server) return;
        server->server().drain();
        server->server().end();
        world.server.stop(async::StopReason::drain);
        EXPECT_TRUE(world.server.join(10s));
        server.reset();
    }

    static std::string post(const std::string& body, const std::string& headers = "", const std::string& path = "/mcp",
                            const std::string& host = "localhost") {
        return "POST " + path + " HTTP/1.1\r\nHost: " + host +
               "\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
               "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n" +
               headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    static std::string call(const std::string& tool, const std::string& headers = "", const std::string& path = "/mcp",
                            const std::string& host = "localhost") {
        return post(small::call(tool), "Mcp-Name: " + tool + "\r\n" + headers, path, host);
    }
    std::string ask(const std::string& request) {
        RawClient client{server->port()};
        client.send(request);
        return client.read_answer();
    }

    small::World world;
    base::Metrics metrics;
    mcp::http::Endpoint endpoint{world.server};
    std::unique_ptr<access_control::Access> access;
    std::unique_ptr<transport::HttpTransport> http;
    net::RouteTable routes;
    std::unique_ptr<LiveServer> server;
};

TEST_F(HttpTransport, answers_a_call_on_both_paths) {
    open();
    for (const auto* path : {"/mcp", "/"}) {
        const auto answer = ask(call("hello", "", path));
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
        EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
        EXPECT_THAT(answer, HasSubstr(R"("text":"hello")"));
    }
}

TEST_F(HttpTransport, of_two_content_types_the_last_one_counts_as_apache_bench_sends_them) {
    open();
    const std::string body =
        R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},)"
        R"("clientInfo":{"name":"ab","version":"1"}}})";
    const auto request = [&](const std::string& first, const std::string& second) {
        return "POST / HTTP/1.0\r\nContent-length: " + std::to_string(body.size()) + "\r\nContent-type: " + first +
               "\r\nContent-Type: " + second + "\r\nHost: localhost\r\nAccept: */*\r\n\r\n" + body;
    };
    EXPECT_THAT(ask(request("text/plain", "application/json")), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(request("application/json", "text/plain")), StartsWith("HTTP/1.1 415 "));
}

TEST_F(HttpTransport, answers_a_call_that_takes_its_time) {
    open();
    EXPECT_THAT(ask(call("slow")), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("slow answer")));
}

TEST_F(HttpTransport, other_methods_are_told_which_there_are) {
    open();
    EXPECT_THAT(ask("PUT /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, POST, DELETE, OPTIONS")));
}

TEST_F(HttpTransport, a_call_ends_when_its_client_leaves) {
    open();
    RawClient client{server->port()};
    client.send(call("wait"));
    world.seen.waiting.wait(0);
    client.close();
    world.seen.stopped.wait(0);
    EXPECT_EQ(world.seen.reason, async::StopReason::client);
}

TEST_F(HttpTransport, foreign_hosts_and_pages_are_refused) {
    open();
    const auto host = ask(call("hello", "", "/mcp", "evil.example"));
    EXPECT_THAT(host, AllOf(StartsWith("HTTP/1.1 403 "), HasSubstr(R"("error")"), HasSubstr("ALLOWED_HOSTS")));
    const auto page = ask(call("hello", "Origin: http://evil.example\r\n"));
    EXPECT_THAT(page, AllOf(StartsWith("HTTP/1.1 403 "), HasSubstr("ALLOWED_ORIGINS"),
                            Not(HasSubstr("Access-Control-Allow-Origin"))));
    EXPECT_THAT(ask(call("hello", "Origin: http://localhost\r\nOrigin: http://localhost\r\n")),
                StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(ask("OPTIONS /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
                    "Access-Control-Request-Method: POST\r\n\r\n"),
                StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(ask("POST /mcp HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}"), StartsWith("HTTP/1.1 403 "));
}

TEST_F(HttpTransport, an_absolute_target_does_not_get_round_the_host_check) {
    open();
    EXPECT_THAT(ask(call("hello", "", "http://evil.example/mcp", "localhost")), StartsWith("HTTP/1.1 403 "));
}

TEST_F(HttpTransport, allowed_pages_see_the_answer) {
    open({}, {.allowed_origins = {"https://app.example.com"}});
    const auto answer = ask(call("hello", "Origin: https://app.example.com\r\n"));
    EXPECT_THAT(
        answer,
        AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Access-Control-Allow-Origin: https://app.example.com\r\n"),
              HasSubstr("Access-Control-Expose-Headers: Mcp-Session-Id"), HasSubstr("Vary: Origin\r\n")));
}

TEST_F(HttpTransport, a_preflight_names_methods_and_the_headers_that_were_asked_for) {
    open({.enable_api_key_auth = true, .valid_api_keys = {base::Secret{"a-key-that-is-long-enough"}}},
         {.allowed_origins = {"https://app.example.com"}});
    const auto answer =
        ask("OPTIONS /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example.com\r\n"
            "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,mcp-protocol-version, "
            "Mcp-Param-Region, x-api-key, x-evil\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 "));
    EXPECT_THAT(answer, HasSubstr("Access-Control-Allow-Methods: GET, POST, DELETE, OPTIONS\r\n"));
    EXPECT_THAT(
        answer,
        HasSubstr("Access-Control-Allow-Headers: content-type, mcp-protocol-version, Mcp-Param-Region, x-api-key\r\n"));
}

TEST_F(HttpTransport, without_a_key_401_with_a_challenge) {
    open({.enable_api_key_auth = true, .valid_api_keys = {base::Secret{"a-key-that-is-long-enough"}}});
    EXPECT_THAT(ask(call("hello")), AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer")));
    EXPECT_THAT(ask(call("hello", "Authorization: Bearer wrong\r\n")), StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(ask(call("hello", "Authorization: Bearer a-key-that-is-long-enough\r\n")), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(call("hello", "X-API-Key: a-key-that-is-long-enough\r\n")), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpTransport, above_the_rate_429_with_a_time) {
    open({.enable_rate_limiting = true, .requests_per_minute = 1, .burst_size = 2});
    EXPECT_THAT(ask(call("hello")), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(call("hello")), StartsWith("HTTP/1.1 200 "));
    const auto answer = ask(call("hello"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
    EXPECT_THAT(answer, testing::ContainsRegex("Retry-After: [1-9][0-9]?\r\n"));
}

/// With the limits in a Redis of the test's own; `open_shared` returns when it answers.
class SharedLimits : public HttpTransport {
protected:
    void open_shared(const access_control::Settings& access_settings) {
        server =
            std::make_unique<LiveServer>([this](net::ExchangePtr exchange) { routes.dispatch(std::move(exchange)); });
        net::redis::Settings settings;
        settings.port = redis.port();
        settings.timeout_ms = 1'000;
        shared = std::make_unique<access_control::SharedBudget>(server->workers(), settings, "test");
        server->on_worker([&] {
            access = access_control::Access::open(access_settings, metrics, shared.get()).value();
            http = std::make_unique<transport::HttpTransport>(endpoint, *access, transport::Door{transport::Settings{}},
                                                              transport::HttpTransport::Options{});
            http->mount(routes);
        });
        for (int i = 0; i < 1'000 && !answers(); ++i) std::this_thread::sleep_for(5ms);
    }
    void TearDown() override {
        EXPECT_TRUE(http->stop(10s));
        shared->stop();
        EXPECT_TRUE(shared->join(10s));
        HttpTransport::TearDown();
    }
    bool answers() {
        std::promise<bool> answered;
        shared->spawn(server->workers()[0],
                      [&](async::Call& call) { return ask_redis(call, shared.get(), &answered); });
        return answered.get_future().get();
    }
    static async::Task<void> ask_redis(async::Call& call, access_control::SharedBudget* budget,
                                       std::promise<bool>* answered) {
        answered->set_value((co_await budget->count(call, "nobody", 1, {}, {})).has_value());
    }

    net_redis_test::RedisProcess redis;
    std::unique_ptr<access_control::SharedBudget> shared;
};

TEST_F(SharedLimits, are_asked_before_a_request_is_served) {
    open_shared({.enable_rate_limiting = true, .requests_per_minute = 1, .burst_size = 2});
    EXPECT_THAT(ask(call("hello")), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(R"("text":"hello")")));
    EXPECT_THAT(ask(call("slow")), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("slow answer")));
    const auto refused = ask(call("hello"));
    EXPECT_THAT(refused, AllOf(StartsWith("HTTP/1.1 429 "), testing::ContainsRegex("Retry-After: [1-9][0-9]?\r\n"),
                               HasSubstr("RATE_LIMIT_REQUESTS_PER_MINUTE")));
    EXPECT_THAT(metrics.scrape(base::Metrics::Format::prometheus), HasSubstr("mcp_rate_limit_unshared_total 0\n"));
}

TEST_F(SharedLimits, that_do_not_answer_cost_one_wait) {
    open_shared({.enable_rate_limiting = true, .requests_per_minute = 1, .burst_size = 3});
    redis.pause();
    const auto before = base::Clock::now();
    for (int i = 0; i < 3; ++i) EXPECT_THAT(ask(call("hello")), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(call("hello")), StartsWith("HTTP/1.1 429 ")) << "this process' own limit";
    EXPECT_LT(base::Clock::now() - before, 4s) << "not a second each";
    redis.resume();
}

TEST_F(SharedLimits, may_be_left_while_they_are_asked) {
    open_shared({.enable_rate_limiting = true, .requests_per_minute = 1, .burst_size = 3});
    redis.pause();
    {
        RawClient client{server->port()};
        client.send(call("hello"));
    }
    EXPECT_THAT(ask(call("hello")), StartsWith("HTTP/1.1 200 ")) << "the next one is served";
    redis.resume();
}

TEST_F(HttpTransport, a_stream_carries_what_proxies_need) {
    open();
    RawClient client{server->port()};
    const std::string body =
        R"({"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},)"
        R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
        R"("io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},)"
        R"("io.modelcontextprotocol/clientCapabilities":{}}}})";
    auto request = post(body);
    request.replace(request.find("tools/call"), 10, "subscriptions/listen");
    client.send(request);
    const auto head = client.read_until("\r\n\r\n");
    EXPECT_THAT(head, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Type: text/event-stream\r\n"),
                            HasSubstr("X-Accel-Buffering: no\r\n"), HasSubstr("Cache-Control: no-cache\r\n")));
    server->server().drain();
    EXPECT_THAT(client.read_to_end(), HasSubstr("0\r\n\r\n")) << "a drain ends it gracefully";
}

}  // namespace
