// What a request and its answer look like on the wire, and which connection carries them.
#include "net/client/http_client.hpp"

#include <gtest/gtest.h>

#include "async/yield.hpp"
#include "net/client/client_driver.hpp"
#include "net/client/compressed.hpp"
#include "net/client/scripted_server.hpp"

namespace client_test {
namespace {

using net::client::Cause;
using net::client::Sent;

TEST(HttpClient, sends_a_request_as_http_1_1_wants_it) {
    std::string seen;
    std::string answer;
    {
        ScriptedServer server{[&](Socket& socket, int) {
            seen = socket.request();
            socket.send(reply("hello", "X-One: 1\r\nx-two:  2 \r\n"));
        }};
        Driver driver;
        auto request = post(server.url("/a?b=c"), "the body");
        request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Snowflake Token=\"x\""}};
        const auto got = driver.fetch(request);
        ASSERT_TRUE(got) << got.error().message();
        answer = got->body;
        EXPECT_EQ(seen, "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                            "\r\nContent-Type: application/json\r\nAuthorization: Snowflake Token=\"x\"\r\n"
                            "Accept-Encoding: gzip, deflate, zstd\r\nContent-Length: 8\r\n\r\nthe body");
    }
    EXPECT_EQ(answer, "hello");
}

async::Task<Outcome<std::vector<std::string>>> describe(net::client::HttpClient& client, async::Call& call,
                                                        Request request) {
    auto response = co_await client.send(call, std::move(request));
    if (!response) co_return std::unexpected{std::move(response.error())};
    std::vector<std::string> found{std::to_string(response->status()), std::string{response->reason()}};
    for (const auto& field : response->headers())
        found.push_back(std::string{field.name} + "=" + std::string{field.value});
    found.emplace_back(response->header("X-ONE"));
    found.emplace_back(response->has_header("nothing") ? "?" : "none");
    const Response moved = std::move(*response);  // its views stay
    found.emplace_back(moved.header("x-one"));
    co_return found;
}

TEST(HttpClient, gives_status_reason_and_headers_in_any_case) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        socket.send("HTTP/1.1 418 I am a teapot\r\nx-one: 1\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n");
    }};
    Driver driver;
    const auto found = driver.run<Outcome<std::vector<std::string>>>(
        [&](async::Call& call) { return describe(driver.client(), call, get(server.url())); });
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(*found, (std::vector<std::string>{"418", "I am a teapot", "x-one=1", "X-Empty=", "Content-Length=0", "1",
                                                "none", "1"}));
}

TEST(HttpClient, keeps_a_connection_for_the_next_request) {
    ScriptedServer server{answer_all};
    Driver driver;
    for (int i = 0; i < 3; ++i) {
        const auto got = driver.fetch(get(server.url("/" + std::to_string(i))));
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_EQ(got->body, "GET /" + std::to_string(i) + " HTTP/1.1");
        EXPECT_EQ(got->connection_note, "0");
    }
    EXPECT_EQ(driver.client().idle_connections(), 1U);
    driver.drop_client();
}

TEST(HttpClient, opens_no_second_connection_for_another_lane_s_share) {
    ScriptedServer server{answer_all};
    Driver driver;
    auto control = get(server.url());
    control.lane = net::client::Lane::control;
    auto data = get(server.url());
    data.lane = net::client::Lane::data;
    EXPECT_EQ(driver.fetch(get(server.url()))->connection_note, "0");
    EXPECT_EQ(driver.fetch(control)->connection_note, "1") << "control has connections of its own";
    EXPECT_EQ(driver.fetch(data)->connection_note, "0");
    EXPECT_EQ(driver.fetch(control)->connection_note, "1");
    driver.drop_client();
}

TEST(HttpClient, closes_what_was_idle_too_long) {
    ScriptedServer server{answer_all};
    Driver driver{{.keep_alive = std::chrono::seconds{60}}};
    EXPECT_EQ(driver.fetch(get(server.url()))->connection_note, "0");
    driver.skip(std::chrono::seconds{59});
    EXPECT_EQ(driver.fetch(get(server.url()))->connection_note, "0");
    driver.skip(std::chrono::seconds{61});
    EXPECT_TRUE(driver.until([&] { return driver.client().idle_connections() == 0; }));
    EXPECT_EQ(driver.fetch(get(server.url()))->connection_note, "1");
    driver.drop_client();
}

TEST(HttpClient, closes_before_the_server_said_it_would) {
    ScriptedServer server{[](Socket& socket, int number) {
        while (!socket.request().empty()) {
            socket.send(
                reply("", "Keep-Alive: timeout=5, max=100\r\nX-Connection: " + std::to_string(number) + "\r\n"));
        }
    }};
    Driver driver;
    EXPECT_EQ(driver.fetch(get(server.url()))->connection_note, "0");
    driver.skip(std::chrono::milliseconds{4100});
    EXPECT_TRUE(driver.until([&] { return driver.client().idle_connections() == 0; }));
    driver.drop_client();
}

TEST(HttpClient, notices_at_once_that_the_server_closed_an_idle_connection) {
    ScriptedServer server{[](Socket& socket, int number) {
        socket.request();
        socket.send(reply("", "X-Connection: " + std::to_string(number) + "\r\n"));
    }};
    Driver driver;
    EXPECT_TRUE(driver.fetch(get(server.url())));
    EXPECT_TRUE(driver.until([&] { return driver.client().idle_connections() == 0; }));
    EXPECT_EQ(driver.fetch(post(server.url(), "x"))->connection_note, "1");
}

TEST(HttpClient, closes_when_either_side_says_so) {
    for (const std::string head : {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
                                   "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\n\r\nok"}) {
        ScriptedServer server{[&](Socket& socket, int) {
            socket.request();
            socket.send(head);
        }};
        Driver driver;
        const auto got = driver.fetch(get(server.url()));
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_EQ(got->body, "ok");
        EXPECT_EQ(driver.client().idle_connections(), 0U) << head;
    }
}

TEST(HttpClient, skips_interim_answers) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        socket.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
        socket.send(reply("real"));
    }};
    Driver driver;
    const auto got = driver.fetch(post(server.url(), "x"));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->body, "real");
}

TEST(HttpClient, answers_without_a_body_leave_the_connection_in_order) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        socket.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Encoding: gzip\r\n\r\n");  // to HEAD
        socket.request();
        socket.send("HTTP/1.1 204 No Content\r\n\r\n");
        socket.request();
        socket.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n");
        socket.request();
        socket.send(reply("the fourth"));
    }};
    Driver driver;
    auto head = get(server.url());
    head.method = "HEAD";
    EXPECT_EQ(driver.fetch(head)->body, "");
    EXPECT_EQ(driver.fetch(get(server.url()))->status, 204);
    EXPECT_EQ(driver.fetch(get(server.url()))->status, 304);
    EXPECT_EQ(driver.fetch(get(server.url()))->body, "the fourth");
    EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, sends_and_reads_large_bodies) {
    const std::string large(3'000'000, 'x');
    ScriptedServer server{[&](Socket& socket, int) {
        const auto request = socket.request();
        socket.send(reply(request.ends_with(large) ? large + "!" : "no"));
        socket.closed_by_client();
    }};
    Driver driver;
    const auto got = driver.fetch(post(server.url(), large));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->body.size(), large.size() + 1);
    EXPECT_EQ(driver.client().idle_connections(), 1U);
    driver.drop_client();
}

TEST(HttpClient, takes_an_early_answer_to_a_body_that_the_server_does_not_want) {
    ScriptedServer server{[](Socket& socket, int) {
        char some[100];
        socket.receive(some, sizeof some);
        socket.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!");
        socket.closed_by_client();
    }};
    Driver driver;
    const auto got = driver.fetch(post(server.url(), std::string(20'000'000, 'x')));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->status, 413);
    EXPECT_EQ(got->body, "no!");
    EXPECT_EQ(driver.client().idle_connections(), 0U) << "the rest of the body was never sent";
}

TEST(HttpClient, refuses_headers_that_would_forge_lines) {
    ScriptedServer server{answer_all};
    Driver driver;
    const auto refused = [&](const Request& request) {
        const auto got = driver.fetch(request);
        return !got && got.error().cause == Cause::argument && got.error().sent == Sent::no &&
               got.error().kind() == base::Kind::bad_argument;
    };
    for (const auto& [name, value] : net::client::HeaderList{{"X", "a\r\nEvil: 1"},
                                                             {"X", "a\nb"},
                                                             {"X", std::string{"a\0b", 3}},
                                                             {"X\r\nEvil", "1"},
                                                             {"X Y", "1"},
                                                             {"", "1"},
                                                             {"Host", "other"},
                                                             {"content-length", "5"},
                                                             {"Transfer-Encoding", "chunked"},
                                                             {"Connection", "close"},
                                                             {"Proxy-Authorization", "Basic x"}}) {
        auto request = get(server.url());
        request.headers = {{name, value}};
        EXPECT_TRUE(refused(request)) << name << ": " << value;
    }
    auto request = get(server.url());
    request.url.target = "/x HTTP/1.1\r\nEvil: 1";
    EXPECT_TRUE(refused(request));
    request = get(server.url());
    request.url.host = "a\r\nb";
    EXPECT_TRUE(refused(request));
    request = get(server.url());
    request.method = "GET /x";
    EXPECT_TRUE(refused(request));
    EXPECT_EQ(server.connections(), 0);
}

async::Task<Outcome<std::string>> read_in_pieces(net::client::HttpClient& client, async::Call& call, Request request) {
    auto response = co_await client.send(call, std::move(request));
    if (!response) co_return std::unexpected{std::move(response.error())};
    std::string all;
    for (;;) {
        const auto piece = co_await response->read(call);
        if (!piece) co_return std::unexpected{piece.error()};
        if (piece->empty()) co_return all;
        all.append(*piece).append("|");
    }
}

TEST(HttpClient, gives_pieces_of_a_body_as_they_come) {
    ScriptedServer server{[&](Socket& socket, int) {
        socket.request();
        socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        socket.send("5;ext=\"1\"\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\n");
        socket.request();
        socket.send(reply("next"));
    }};
    Driver driver;
    const auto got = driver.run<Outcome<std::string>>(
        [&](async::Call& call) { return read_in_pieces(driver.client(), call, get(server.url())); });
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(*got, "abc|defgh|");
    EXPECT_EQ(driver.fetch(get(server.url()))->body, "next");
    EXPECT_EQ(server.connections(), 1);
}

async::Task<Outcome<int>> look_only(net::client::HttpClient& client, async::Call& call, Request request) {
    auto response = co_await client.send(call, std::move(request));
    if (!response) co_return std::unexpected{std::move(response.error())};
    co_return response->status();
}

TEST(HttpClient, closes_the_connection_of_an_answer_that_nobody_reads) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        socket.send(reply(std::string(1'000'000, 'x')));
        socket.closed_by_client();
    }};
    Driver driver;
    const auto got = driver.run<Outcome<int>>(
        [&](async::Call& call) { return look_only(driver.client(), call, get(server.url())); });
    EXPECT_EQ(got.value(), 200);
    EXPECT_EQ(driver.client().idle_connections(), 0U);
}

TEST(HttpClient, a_body_that_is_not_to_be_decoded_is_not_asked_for_in_a_coding) {
    std::string seen;
    {
        ScriptedServer server{[&](Socket& socket, int) {
            seen = socket.request();
            socket.send(reply(gzip("hello"), "Content-Encoding: gzip\r\n"));
        }};
        Driver driver;
        auto request = get(server.url());
        request.decode = false;
        EXPECT_EQ(driver.fetch(request)->body, gzip("hello"));
        request.decode = true;
    }
    EXPECT_EQ(seen.find("Accept-Encoding"), std::string::npos) << seen;
}

TEST(HttpClient, reads_compressed_answers) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        socket.send(reply(gzip("zipped"), "Content-Encoding: gzip\r\n"));
        socket.request();
        socket.send(reply(zstd("standard"), "Content-Encoding: zstd\r\n"));
        socket.closed_by_client();
    }};
    Driver driver;
    EXPECT_EQ(driver.fetch(get(server.url()))->body, "zipped");
    EXPECT_EQ(driver.fetch(get(server.url()))->body, "standard");
    EXPECT_EQ(server.connections(), 1);
    driver.drop_client();
}

/// Runs again and again until the body is there: how often does its worker let it?
void count_turns(async::Worker& worker, const bool& done, int& turns) {
    if (done) return;
    ++turns;
    worker.post([&] { count_turns(worker, done, turns); });
}

async::Task<Outcome<int>> read_among_others(net::client::HttpClient& client, async::Call& call, Request request,
                                            int& turns) {
    auto response = co_await client.send(call, std::move(request));
    if (!response) co_return std::unexpected{std::move(response.error())};
    bool done = false;
    count_turns(call.worker(), done, turns);
    const auto body = co_await response->body(call);
    done = true;
    const int seen = turns;
    co_await async::yield(call.worker());  // the counter's last turn sees `done`
    if (!body) co_return std::unexpected{body.error()};
    co_return seen;
}

TEST(HttpClient, lets_others_go_while_it_decodes_a_large_body) {
    const auto bytes = gzip(std::string(20'000'000, 'x'));
    ScriptedServer server{[&](Socket& socket, int) {
        socket.request();
        socket.send(reply(bytes, "Content-Encoding: gzip\r\n"));
        socket.closed_by_client();
    }};
    Driver driver;
    int turns = 0;
    const auto got = driver.run<Outcome<int>>(
        [&](async::Call& call) { return read_among_others(driver.client(), call, get(server.url()), turns); });
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_GE(*got, 60) << "once for each 256 KB or so";
    driver.drop_client();
}

async::Task<Outcome<std::string>> read_without_client(Driver& driver, async::Call& call, Request request) {
    auto response = co_await driver.client().send(call, std::move(request));
    if (!response) co_return std::unexpected{std::move(response.error())};
    driver.drop_client();
    co_return co_await response->body(call);
}

TEST(HttpClient, an_answer_may_outlive_its_client) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        socket.send(reply(std::string(1'000'000, 'x')));
        socket.closed_by_client();
    }};
    Driver driver;
    const auto got = driver.run<Outcome<std::string>>(
        [&](async::Call& call) { return read_without_client(driver, call, get(server.url())); });
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->size(), 1'000'000U);
}

TEST(HttpClient, counts_what_it_does) {
    ScriptedServer server{answer_all};
    Driver driver;
    base::Metrics metrics;
    driver.outbound().register_metrics(metrics);
    EXPECT_TRUE(driver.fetch(get(server.url())));
    EXPECT_TRUE(driver.fetch(get(server.url())));
    EXPECT_FALSE(driver.fetch(get("http://127.0.0.1:1/")));
    const auto text = metrics.scrape(base::Metrics::Format::prometheus);
    for (const auto* line :
         {"client_requests_total 3", "client_connections_reused_total 1", "client_connects_total 1",
          "client_request_failures_total 1", "client_connections_idle 1", "client_connections_open{lane=\"work\"} 1"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
    }
    std::string status;
    base::JsonWriter json{status};
    driver.outbound().probe().status(json);
    EXPECT_NE(status.find("\"requests\":3"), std::string::npos) << status;
    driver.drop_client();
}

}  // namespace
}  // namespace client_test
