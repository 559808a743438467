#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "async/neighbour.hpp"
#include "net/server/held_exchanges.hpp"
#include "net/server/live_server.hpp"

namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string get(std::string_view path, std::string_view more = "") {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\n" + std::string{more} + "\r\n";
}

void echo_path(net::ExchangePtr exchange) {
    exchange->reply({.status = 200, .content_type = "text/plain"}, base::Payload::own(std::string{exchange->path()}));
}

TEST(Connection, answers_and_persists) {
    LiveServer server{echo_path};
    RawClient client{server.port()};
    for (int i = 0; i < 3; ++i) {
        client.send(get("/x"));
        const auto answer = client.read_answer();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
        EXPECT_THAT(answer, EndsWith("\r\n\r\n/x"));
    }
}

TEST(Connection, answers_pipelined_requests_in_order_wherever_the_bytes_are_split) {
    LiveServer server{echo_path};
    const auto bytes = get("/1") + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/3");
    for (std::size_t at = 1; at < bytes.size(); ++at) {
        RawClient client{server.port()};
        client.send(std::string_view{bytes}.substr(0, at));
        client.send(std::string_view{bytes}.substr(at));
        for (const auto* path : {"/1", "/2", "/3"}) ASSERT_THAT(client.read_answer(), EndsWith(path)) << at;
    }
}

TEST(Connection, a_thousand_pipelined_requests_are_all_answered) {
    LiveServer server{echo_path};
    RawClient client{server.port()};
    std::string bytes;
    for (int i = 0; i < 900; ++i) bytes += get("/" + std::to_string(i));
    client.send(bytes);
    for (int i = 0; i < 900; ++i) ASSERT_THAT(client.read_answer(), EndsWith("/" + std::to_string(i)));
}

TEST(Connection, late_answers_keep_the_order_of_pipelined_requests) {
    Held held;
    LiveServer server{std::ref(held)};
    RawClient client{server.port()};
    client.send(get("/1") + get("/2"));
    for (std::size_t i = 0; i < 2; ++i) {
        auto* const exchange = held.wait(i);
        ASSERT_TRUE(exchange);
        server.on_worker([&] { echo_path(exchange->shared_from_this()); });
    }
    EXPECT_THAT(client.read_answer(), EndsWith("/1"));
    EXPECT_THAT(client.read_answer(), EndsWith("/2"));
    server.on_worker([&] { held.forget(); });
}

TEST(Connection, a_client_that_ends_stops_its_exchange) {
    Held held;
    LiveServer server{std::ref(held)};
    RawClient client{server.port()};
    client.send(get("/slow"));
    ASSERT_TRUE(held.wait());
    client.close();
    held.wait_for_stop();
    EXPECT_EQ(held.reason, async::StopReason::client);
    server.on_worker([&] { held.forget(); });
}

TEST(Connection, a_client_that_resets_stops_its_exchange) {
    Held held;
    LiveServer server{std::ref(held)};
    RawClient client{server.port()};
    client.send(get("/slow"));
    ASSERT_TRUE(held.wait());
    client.reset();
    held.wait_for_stop();
    EXPECT_EQ(held.reason, async::StopReason::client);
    server.on_worker([&] {
        held.exchanges[0]->reply({.status = 200}, {});  // answering nobody does nothing
        held.forget();
    });
    EXPECT_TRUE(server.server().join(10s));
}

TEST(Connection, a_half_closed_client_still_gets_an_answer_that_comes) {
    LiveServer server{echo_path};
    RawClient client{server.port()};
    client.send(get("/x"));
    client.end_sending();
    EXPECT_THAT(client.read_to_end(), EndsWith("/x"));
    EXPECT_TRUE(client.ended());
}

TEST(Connection, a_handler_that_drops_its_exchange_answers_500) {
    LiveServer server{[](net::ExchangePtr) {}};
    RawClient client{server.port()};
    client.send(get("/x"));
    EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 500 "));
    client.send(get("/x"));
    EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 500 ")) << "the connection goes on";
}

TEST(Connection, who_reads_a_large_answer_fast_does_not_hold_the_worker) {
    constexpr std::size_t size = 100'000'000;
    base::Payload body;
    for (std::size_t i = 0; i < 100; ++i) body.append(std::string(size / 100, 'L'));
    LiveServer server{[&](net::ExchangePtr exchange) { exchange->reply({.status = 200}, base::Payload{body}); }};
    async_test::Neighbour neighbour{server.workers()[0]};
    RawClient client{server.port()};
    client.send(get("/x", "Connection: close\r\n"));
    EXPECT_GT(client.read_to_end().size(), size);
    neighbour.leave();
    EXPECT_GE(neighbour.turns(), 190) << "one after each half mebibyte";
    EXPECT_LT(neighbour.longest_wait(), 20ms);
}

TEST(Connection, a_large_answer_arrives_whole) {
    const std::string large(8'000'000, 'L');
    LiveServer server{[&](net::ExchangePtr exchange) { exchange->reply({.status = 200}, base::Payload::own(large)); }};
    RawClient client{server.port()};
    client.send(get("/x") + get("/y"));
    for (int i = 0; i < 2; ++i) {
        const auto answer = client.read_answer();
        EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), large);
    }
}

TEST(Connection, a_large_body_arrives_whole) {
    LiveServer server{[](net::ExchangePtr exchange) {
        exchange->reply({.status = 200},
                        base::Payload::own(std::to_string(std::hash<std::string_view>{}(exchange->body()))));
    }};
    std::string body(3'000'000, ' ');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 % 251);
    RawClient client{server.port()};
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\n" + std::to_string(std::hash<std::string_view>{}(body))));
}

TEST(Connection, a_refusal_reaches_a_client_that_is_still_sending) {
    net::Server::Options options;
    options.settings.max_request_body_kb = 1;
    LiveServer server{echo_path, options};
    RawClient client{server.port()};
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" + std::string(300'000, 'x'));
    const auto all = client.read_to_end();
    EXPECT_THAT(all, StartsWith("HTTP/1.1 413 "));
    EXPECT_TRUE(client.ended());
}

TEST(Connection, half_sent_requests_time_out_with_408) {
    net::Server::Options options;
    options.settings.head_timeout = 1s;
    options.settings.body_timeout = 1s;
    LiveServer server{echo_path, options};
    RawClient head{server.port()};
    RawClient body{server.port()};
    head.send("GET / HTTP/1.1\r\nHos");
    body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal");
    EXPECT_THAT(head.read_to_end(), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(body.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST(Connection, an_idle_connection_is_closed_after_its_time) {
    net::Server::Options options;
    options.settings.keep_alive_timeout = 1s;
    LiveServer server{echo_path, options};
    RawClient client{server.port()};
    client.send(get("/x"));
    client.read_answer();
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_TRUE(client.ended());
}

TEST(Connection, one_more_than_the_limit_is_told_so) {
    net::Server::Options options;
    options.settings.max_connections = 2;
    LiveServer server{echo_path, options};
    RawClient first{server.port()}, second{server.port()};
    first.send(get("/1"));
    second.send(get("/2"));
    EXPECT_THAT(first.read_answer(), EndsWith("/1"));
    EXPECT_THAT(second.read_answer(), EndsWith("/2"));
    RawClient third{server.port()};
    const auto answer = third.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_THAT(answer, HasSubstr("MAX_CONNECTIONS"));
    first.send(get("/1"));
    EXPECT_THAT(first.read_answer(), EndsWith("/1"));
}

TEST(Connection, http_1_0_without_keep_alive_is_closed_and_with_it_is_not) {
    LiveServer server{echo_path};
    RawClient once{server.port()};
    once.send("GET /x HTTP/1.0\r\n\r\n");
    EXPECT_THAT(once.read_to_end(), EndsWith("/x"));
    RawClient more{server.port()};
    for (int i = 0; i < 2; ++i) {
        more.send("GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        EXPECT_THAT(more.read_answer(), HasSubstr("Connection: keep-alive\r\n"));
    }
}

TEST(Connection, peer_is_known) {
    LiveServer server{[](net::ExchangePtr exchange) {
        exchange->reply({.status = 200},
                        base::Payload::own(exchange->peer().address + (exchange->peer().loopback ? " loopback" : "") +
                                           (exchange->forwarded() ? " forwarded" : "")));
    }};
    RawClient client{server.port()};
    client.send(get("/"));
    EXPECT_THAT(client.read_answer(), EndsWith("127.0.0.1 loopback"));
    client.send(get("/", "X-Forwarded-For: 1.2.3.4\r\n"));
    EXPECT_THAT(client.read_answer(), EndsWith("127.0.0.1 loopback forwarded"));
}

TEST(Connection, connections_are_spread_over_the_workers) {
    LiveServer server{[](net::ExchangePtr exchange) {
                          exchange->reply({.status = 200},
                                          base::Payload::own(std::to_string(exchange->worker().index())));
                      },
                      {},
                      4};
    std::vector<RawClient> clients;
    std::array<int, 4> seen{};
    for (int i = 0; i < 40; ++i) {
        clients.emplace_back(server.port());
        clients.back().send(get("/"));
        ++seen.at(static_cast<std::size_t>(clients.back().read_answer().back() - '0'));
    }
    EXPECT_THAT(seen, testing::Each(10));
}

}  // namespace
