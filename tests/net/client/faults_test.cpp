// A server that does everything badly: one clear error each, and the client serves the next request.
#include <gtest/gtest.h>

#include <ostream>

#include "net/client/client_driver.hpp"
#include "net/client/compressed.hpp"
#include "net/client/scripted_server.hpp"

namespace client_test {
namespace {

using net::client::Cause;
using net::client::Repeat;
using net::client::Sent;

struct Fault {
    const char* name;
    std::string bytes;  // sent after the request, then the connection ends
    Cause cause;
    Sent sent;
    const char* message;  // a part of it

    friend void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }
};

class Faults : public testing::TestWithParam<Fault> {};

TEST_P(Faults, give_one_clear_error_and_the_next_request_is_served) {
    const auto& fault = GetParam();
    ScriptedServer server{[&](Socket& socket, int number) {
        if (number > 0) return answer_all(socket, number);
        socket.request();
        socket.send(fault.bytes);
    }};
    Driver driver;
    const auto got = driver.fetch(post(server.url(), "x"));
    ASSERT_FALSE(got) << got->body;
    EXPECT_EQ(got.error().cause, fault.cause) << got.error().message();
    EXPECT_EQ(got.error().sent, fault.sent);
    EXPECT_EQ(got.error().kind(), base::Kind::unavailable);
    EXPECT_NE(got.error().message().find(fault.message), std::string::npos) << got.error().message();
    EXPECT_NE(got.error().message().find("127.0.0.1:" + std::to_string(server.port())), std::string::npos)
        << "names the host: " << got.error().message();
    EXPECT_EQ(driver.client().idle_connections(), 0U);
    EXPECT_EQ(driver.fetch(post(server.url(), "x"))->connection_note, "1") << "service came back";
    driver.drop_client();
}

INSTANTIATE_TEST_SUITE_P(
    Server, Faults,
    testing::Values(
        Fault{"closes_before_headers", "", Cause::closed, Sent::maybe, "closed without an answer"},
        Fault{"closes_in_headers", "HTTP/1.1 200 OK\r\nContent-", Cause::closed, Sent::answered,
              "broke off in its headers"},
        Fault{"closes_after_headers", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", Cause::closed, Sent::answered,
              "after 0 of 10 bytes"},
        Fault{"closes_in_the_body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Cause::closed, Sent::answered,
              "after 5 of 10 bytes"},
        Fault{"closes_in_a_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Cause::closed,
              Sent::answered, "after 3 bytes"},
        Fault{"closes_between_chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
              Cause::closed, Sent::answered, "after 5 bytes"},
        Fault{"breaks_a_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Cause::malformed,
              Sent::answered, "chunk"},
        Fault{"truncates_gzip",
              "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" +
                  gzip(std::string(1000, 'x')).substr(0, 20),
              Cause::decoding, Sent::answered, "breaks off"},
        Fault{"corrupts_gzip",
              "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + std::string(20, 'x'),
              Cause::decoding, Sent::answered, "broken"},
        Fault{"speaks_another_protocol", "SSH-2.0-OpenSSH_9.2p1\r\n", Cause::malformed, Sent::answered, "HTTP"},
        Fault{"sends_garbage", std::string(2000, '\x01'), Cause::malformed, Sent::answered, "HTTP"},
        Fault{"sends_huge_headers", "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), Cause::too_large,
              Sent::answered, "head is too long"},
        Fault{"contradicts_itself", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
              Cause::malformed, Sent::answered, "Transfer-Encoding"},
        Fault{"switches_protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", Cause::malformed,
              Sent::answered, "101"}),
    [](const auto& info) { return info.param.name; });

TEST(ClientFaults, a_reset_is_an_error_with_its_reason) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        socket.reset();
    }};
    Driver driver;
    const auto got = driver.fetch(post(server.url(), "x"));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::closed);
    EXPECT_EQ(got.error().sent, Sent::maybe);
    EXPECT_NE(got.error().message().find("reset"), std::string::npos) << got.error().message();
}

TEST(ClientFaults, a_server_that_sends_byte_by_byte_is_waited_for) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        const auto bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        for (const char* at = bytes; *at != '\0'; ++at) socket.send({at, 1});
        socket.closed_by_client();
    }};
    Driver driver;
    const auto got = driver.fetch(get(server.url()));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->body, "hello");
    driver.drop_client();
}

TEST(ClientFaults, more_bytes_than_announced_are_not_the_next_answer) {
    ScriptedServer server{[](Socket& socket, int number) {
        if (number > 0) return answer_all(socket, number);
        socket.request();
        socket.send(reply("hello") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        socket.closed_by_client();
    }};
    Driver driver;
    EXPECT_EQ(driver.fetch(get(server.url()))->body, "hello");
    EXPECT_EQ(driver.fetch(get(server.url()))->connection_note, "1");
    driver.drop_client();
}

/// Serves one request, takes a second one and closes without an answer; the later connections are in order.
void serves_once(Socket& socket, int number) {
    if (number > 0) return answer_all(socket, number);
    socket.request();
    socket.send(reply("first"));
    socket.request();
}

TEST(ClientFaults, a_kept_connection_that_was_closed_is_replaced_when_the_request_may_be_repeated) {
    for (const auto repeat : {Repeat::allowed, Repeat::by_method}) {
        ScriptedServer server{serves_once};
        Driver driver;
        EXPECT_EQ(driver.fetch(get(server.url()))->body, "first");
        auto request = repeat == Repeat::allowed ? post(server.url(), "x") : get(server.url());
        request.repeat = repeat;
        const auto got = driver.fetch(request);
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_EQ(got->connection_note, "1");
        driver.drop_client();
    }
}

TEST(ClientFaults, what_may_not_be_repeated_is_not_sent_twice) {
    ScriptedServer server{serves_once};
    Driver driver;
    EXPECT_EQ(driver.fetch(get(server.url()))->body, "first");
    const auto got = driver.fetch(post(server.url(), "x"));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::closed);
    EXPECT_EQ(got.error().sent, Sent::maybe);
    EXPECT_EQ(server.connections(), 1);
}

TEST(ClientFaults, once_an_answer_has_begun_nothing_is_repeated) {
    ScriptedServer server{[](Socket& socket, int) {
        socket.request();
        socket.send(reply("first"));
        socket.request();
        socket.send("HTTP/1.1 2");
    }};
    Driver driver;
    EXPECT_EQ(driver.fetch(get(server.url()))->body, "first");
    const auto got = driver.fetch(get(server.url()));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().sent, Sent::answered);
    EXPECT_EQ(server.connections(), 1);
}

TEST(ClientFaults, a_fresh_connection_is_never_repeated) {
    ScriptedServer server{[](Socket& socket, int) { socket.request(); }};
    Driver driver;
    const auto got = driver.fetch(get(server.url()));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().sent, Sent::maybe);
    EXPECT_EQ(server.connections(), 1);
}

TEST(ClientFaults, silence_has_a_bound_of_its_own) {
    for (const std::string bytes : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"}) {
        ScriptedServer server{[&](Socket& socket, int) {
            socket.request();
            socket.send(bytes);
            socket.closed_by_client();
        }};
        Driver driver;
        auto request = get(server.url());
        request.limits.silence = std::chrono::seconds{10};
        const auto running = driver.start_fetch(request);
        base::Metrics metrics;
        driver.outbound().register_metrics(metrics);
        const auto received = "client_received_bytes_total " + std::to_string(bytes.size());
        const auto sent = [&] {
            const auto text = metrics.scrape(base::Metrics::Format::prometheus);
            return text.find(received) != std::string::npos &&
                   text.find("client_sent_bytes_total 0") == std::string::npos;
        };
        EXPECT_TRUE(driver.until(sent));
        driver.skip(std::chrono::seconds{11});
        EXPECT_TRUE(driver.until([&] { return running->done(); }));
        ASSERT_FALSE(*running->result);
        EXPECT_EQ(running->result->error().cause, Cause::silent);
        EXPECT_NE(running->result->error().message().find("10 s"), std::string::npos);
    }
}

}  // namespace
}  // namespace client_test
