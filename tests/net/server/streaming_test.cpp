#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "async/task_group.hpp"
#include "net/server/held_exchanges.hpp"
#include "net/server/live_server.hpp"

namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

std::string get(std::string_view path, std::string_view more = "") {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\n" + std::string{more} + "\r\n";
}

void echo_path(net::ExchangePtr exchange) {
    exchange->reply({.status = 200, .content_type = "text/plain"}, base::Payload::own(std::string{exchange->path()}));
}

async::Task<void> write_parts(async::Call& call, net::ExchangePtr exchange, std::size_t parts, std::size_t part_size,
                              std::atomic<int>& outcome) {
    exchange->begin({.status = 200});
    for (std::size_t i = 0; i < parts; ++i) {
        const auto sent = co_await exchange->write(call, base::Payload::own(std::string(part_size, 'p')));
        if (!sent) {
            outcome = 1 + static_cast<int>(sent.error().kind());
            outcome.notify_all();
            co_return;
        }
    }
    exchange->finish();
    outcome = -1;
    outcome.notify_all();
}

/// Answers with `write_parts` in a task.
struct PartsWriter {
    std::size_t parts, part_size;
    std::chrono::milliseconds deadline = 60s;
    async::TaskGroup group;
    std::atomic<int> outcome = 0;

    void operator()(net::ExchangePtr exchange) {
        auto& worker = exchange->worker();
        group.spawn(
            worker, {.request_id = "r", .principal = {}, .deadline = worker.now() + deadline},
            [this, exchange](async::Call& call) { return write_parts(call, exchange, parts, part_size, outcome); });
    }
    int wait() {
        outcome.wait(0);
        return outcome;
    }
    ~PartsWriter() {
        group.stop(async::StopReason::drain);
        group.join(10s);
    }
};

net::Server::Options small_output() {
    net::Server::Options options;
    options.settings.output_buffer_kb = 16;
    return options;
}

TEST(Streaming, write_waits_for_a_slow_reader) {
    PartsWriter writer{.parts = 400, .part_size = 20'000};
    LiveServer server{std::ref(writer), small_output()};
    RawClient client{server.port()};
    client.send("GET /x HTTP/1.0\r\n\r\n");
    const auto all = client.read_to_end();
    EXPECT_EQ(writer.wait(), -1);
    EXPECT_EQ(all.size() - all.find("\r\n\r\n") - 4, 400u * 20'000u);
}

TEST(Streaming, write_ends_when_the_reader_leaves) {
    PartsWriter writer{.parts = 4000, .part_size = 20'000};
    LiveServer server{std::ref(writer), small_output()};
    RawClient client{server.port()};
    client.send(get("/x"));
    client.read_bytes(100'000);
    client.reset();
    EXPECT_EQ(writer.wait(), 1 + static_cast<int>(base::Kind::cancelled));
}

TEST(Streaming, write_ends_at_its_call_s_deadline) {
    PartsWriter writer{.parts = 4000, .part_size = 20'000, .deadline = 100ms};
    LiveServer server{std::ref(writer), small_output()};
    RawClient client{server.port()};
    client.send(get("/x"));
    EXPECT_EQ(writer.wait(), 1 + static_cast<int>(base::Kind::timeout));
}

TEST(Streaming, a_reader_that_takes_nothing_is_cut_off) {
    Held held;
    auto options = small_output();
    options.settings.send_timeout = 1s;
    LiveServer server{std::ref(held), options};
    RawClient client{server.port()};
    client.send(get("/x"));
    auto* const exchange = held.wait();
    ASSERT_TRUE(exchange);
    server.on_worker([&] {
        exchange->begin({.status = 200});
        for (int i = 0; i < 1000 && exchange->offer(base::Payload::own(std::string(100'000, 'x'))); ++i) {
        }
    });
    held.wait_for_stop();
    EXPECT_EQ(held.reason, async::StopReason::deadline);
    server.on_worker([&] { held.forget(); });
    EXPECT_TRUE(server.server().join(10s));
}

TEST(Streaming, what_piles_up_without_end_cuts_the_peer_off) {
    Held held;
    LiveServer server{std::ref(held), small_output()};
    RawClient client{server.port()};
    client.send(get("/x"));
    auto* const exchange = held.wait();
    ASSERT_TRUE(exchange);
    server.on_worker([&] {
        exchange->begin({.status = 200});
        for (int i = 0; i < 1500 && exchange->push(base::Payload::own(std::string(100'000, 'x'))); ++i) {
        }
    });
    held.wait_for_stop();
    EXPECT_EQ(held.reason, async::StopReason::deadline);
    server.on_worker([&] { held.forget(); });
}

TEST(Streaming, streams_parts_as_they_come) {
    Held held;
    LiveServer server{std::ref(held)};
    RawClient client{server.port()};
    client.send(get("/stream"));
    auto* const exchange = held.wait();
    ASSERT_TRUE(exchange);
    server.on_worker([&] { exchange->begin({.status = 200, .content_type = "text/plain"}); });
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked"));
    server.on_worker([&] { EXPECT_TRUE(exchange->offer(base::Payload::literal("one"))); });
    EXPECT_EQ(client.read_until("one\r\n"), "3\r\none\r\n");
    server.on_worker([&] { exchange->finish(); });
    EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
    client.send(get("/again"));
    ASSERT_TRUE(held.wait(1));
    server.on_worker([&] {
        echo_path(held.exchanges[1]);
        held.forget();
    });
    EXPECT_THAT(client.read_answer(), EndsWith("/again"));
}

TEST(Streaming, a_slow_reader_makes_the_writer_wait_and_gets_every_byte) {
    constexpr std::size_t parts = 400;
    constexpr std::size_t part_size = 20'000;
    net::Server::Options options;
    options.settings.output_buffer_kb = 16;
    std::atomic<std::size_t> refused = 0;
    std::atomic<bool> full = false;
    LiveServer server{[&](net::ExchangePtr exchange) {
                          exchange->begin({.status = 200});
                          struct Writer : std::enable_shared_from_this<Writer> {
                              net::ExchangePtr exchange;
                              std::size_t done = 0;
                              void go(std::atomic<std::size_t>& refused, std::atomic<bool>& full) {
                                  while (done < parts) {
                                      auto sent = exchange->offer(base::Payload::own(std::string(part_size, 'p')));
                                      if (!sent) {
                                          ++refused;
                                          full = true;
                                          full.notify_all();
                                          exchange->worker().post([self = this->shared_from_this(), &refused, &full] {
                                              self->go(refused, full);
                                          });
                                          return;
                                      }
                                      ++done;
                                  }
                                  exchange->finish();
                              }
                          };
                          auto writer = std::make_shared<Writer>();
                          writer->exchange = std::move(exchange);
                          writer->go(refused, full);
                      },
                      options};
    RawClient client{server.port()};
    client.send("GET /x HTTP/1.0\r\n\r\n");
    full.wait(false);
    const auto all = client.read_to_end();
    EXPECT_GT(refused, 0u) << "the buffer was full once";
    EXPECT_EQ(all.size() - all.find("\r\n\r\n") - 4, parts * part_size);
}

TEST(Streaming, a_quiet_event_stream_gets_comments) {
    Held held;
    net::Server::Options options;
    options.event_comment = 20ms;
    LiveServer server{std::ref(held), options};
    RawClient client{server.port()};
    client.send(get("/events"));
    auto* const exchange = held.wait();
    ASSERT_TRUE(exchange);
    server.on_worker([&] { exchange->begin({.status = 200, .body = net::ReplyHead::Body::events}); });
    const auto text = client.read_until(": keep-alive\n\n");
    EXPECT_THAT(text, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_THAT(client.read_until(": keep-alive\n\n"), HasSubstr(": keep-alive\n\n")) << "again and again";
    server.on_worker([&] {
        exchange->finish();
        held.forget();
    });
    EXPECT_THAT(client.read_until("0\r\n\r\n"), EndsWith("0\r\n\r\n"));
}

TEST(Streaming, an_answer_that_is_dropped_half_way_cuts_the_connection) {
    LiveServer server{[](net::ExchangePtr exchange) {
        exchange->begin({.status = 200});
        (void)exchange->offer(base::Payload::literal("half"));
    }};
    RawClient client{server.port()};
    client.send(get("/x"));
    const auto all = client.read_to_end();
    EXPECT_TRUE(client.ended());
    EXPECT_THAT(all, testing::Not(HasSubstr("0\r\n\r\n"))) << "the client can tell that it is incomplete";
}

}  // namespace
