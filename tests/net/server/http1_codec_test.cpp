#include "net/server/http1_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "net/server/codec_driver.hpp"

namespace {

using net::Http1Codec;
using Phase = Http1Codec::Phase;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view get_1_0 = "GET /x HTTP/1.0\r\n\r\n";
constexpr std::string_view get_1_0_keep_alive = "GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";

std::string answer_to(std::string_view request, const net::ReplyHead& head, std::string_view body) {
    CodecDriver driver;
    driver.answers = false;
    driver.feed(request);
    driver.codec.reply(head, base::Payload::own(std::string{body}));
    return driver.output();
}

TEST(Http1Codec, writes_a_whole_answer) {
    EXPECT_EQ(answer_to(get, {.status = 200, .content_type = "application/json"}, "{}"),
              "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: application/json\r\n"
              "Content-Length: 2\r\n\r\n{}");
}

TEST(Http1Codec, gives_the_request_s_parts) {
    CodecDriver driver;
    const std::string_view text = "POST /mcp?a=b HTTP/1.1\r\nHost: h:1\r\nX-One:  1 \r\nContent-Length: 2\r\n\r\nhi";
    const auto room = driver.codec.prepare();
    std::memcpy(room.data(), text.data(), text.size());
    driver.codec.commit(text.size());
    const auto request = driver.codec.next();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->target, "/mcp?a=b");
    EXPECT_EQ(request->path, "/mcp");
    EXPECT_EQ(request->query, "a=b");
    EXPECT_EQ(request->host, "h:1");
    EXPECT_EQ(request->body, "hi");
    ASSERT_EQ(request->headers.size(), 3u);
    EXPECT_EQ(request->headers[1].name, "X-One");
    EXPECT_EQ(request->headers[1].value, "1");
}

TEST(Http1Codec, an_absolute_target_s_authority_replaces_host) {
    CodecDriver driver;
    const std::string_view text = "GET http://real:8000/p HTTP/1.1\r\nHost: other\r\n\r\n";
    const auto room = driver.codec.prepare();
    std::memcpy(room.data(), text.data(), text.size());
    driver.codec.commit(text.size());
    EXPECT_EQ(driver.codec.next()->host, "real:8000");
}

TEST(Http1Codec, http_1_1_persists_without_saying_so) {
    CodecDriver driver;
    driver.feed(get);
    EXPECT_THAT(driver.output(), Not(HasSubstr("Connection:")));
    EXPECT_EQ(driver.codec.phase(), Phase::idle);
}

TEST(Http1Codec, http_1_0_ends_after_its_answer) {
    CodecDriver driver;
    driver.feed(get_1_0);
    EXPECT_THAT(driver.output(), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(driver.codec.should_close());
    EXPECT_FALSE(driver.codec.should_linger()) << "the client expects the end";
}

TEST(Http1Codec, http_1_0_persists_when_asked_and_says_so) {
    CodecDriver driver;
    driver.feed(get_1_0_keep_alive);
    EXPECT_THAT(driver.output(), HasSubstr("Connection: keep-alive\r\n"));
    driver.feed(get_1_0_keep_alive);
    EXPECT_EQ(driver.seen.size(), 2u);
}

TEST(Http1Codec, connection_close_is_obeyed) {
    CodecDriver driver;
    driver.feed("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(driver.output(), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(driver.codec.should_close());
}

TEST(Http1Codec, the_last_request_allowed_on_a_connection_closes_it) {
    CodecDriver driver{{.requests = 3}};
    driver.feed(std::string{get} + std::string{get});
    EXPECT_THAT(driver.output(), Not(HasSubstr("Connection: close")));
    driver.feed(get);
    EXPECT_THAT(driver.output(), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(driver.codec.should_close());
    EXPECT_TRUE(driver.codec.should_linger()) << "the client may have sent more";
}

TEST(Http1Codec, keep_alive_can_be_switched_off) {
    CodecDriver driver{{.keep_alive = false}};
    driver.feed(get);
    EXPECT_THAT(driver.output(), HasSubstr("Connection: close\r\n"));
}

TEST(Http1Codec, a_drained_connection_closes_with_the_answer) {
    CodecDriver driver;
    driver.answers = false;
    driver.feed(get);
    driver.codec.drain();
    driver.codec.reply({.status = 200}, {});
    EXPECT_THAT(driver.output(), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(driver.codec.should_close());
}

TEST(Http1Codec, head_gets_the_length_without_the_body) {
    const auto text = answer_to("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n", {.status = 200}, "hello");
    EXPECT_THAT(text, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_THAT(text, EndsWith("\r\n\r\n"));
}

TEST(Http1Codec, no_content_has_neither_length_nor_body) {
    const auto text = answer_to(get, {.status = 204}, "ignored");
    EXPECT_THAT(text, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(text, EndsWith("\r\n\r\n"));
}

TEST(Http1Codec, accepted_without_a_body_says_length_zero) {
    EXPECT_THAT(answer_to(get, {.status = 202}, ""), HasSubstr("Content-Length: 0\r\n"));
}

TEST(Http1Codec, streams_in_chunks_to_http_1_1) {
    CodecDriver driver;
    driver.answers = false;
    driver.feed(get);
    driver.codec.begin({.status = 200, .content_type = "text/plain"});
    const auto head = driver.output();
    EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
    driver.codec.write(base::Payload::literal("hello"));
    driver.codec.write(base::Payload::literal(""));
    driver.codec.write(base::Payload::own(std::string(5000, 'x')));
    EXPECT_EQ(driver.output(), "5\r\nhello\r\n1388\r\n" + std::string(5000, 'x') + "\r\n");
    driver.codec.finish();
    EXPECT_EQ(driver.output(), "0\r\n\r\n");
    EXPECT_EQ(driver.codec.phase(), Phase::idle);
}

TEST(Http1Codec, streams_to_http_1_0_until_the_connection_ends) {
    CodecDriver driver;
    driver.answers = false;
    driver.feed(get_1_0_keep_alive);
    driver.codec.begin({.status = 200});
    EXPECT_THAT(driver.output(), HasSubstr("Connection: close\r\n"));
    driver.codec.write(base::Payload::literal("hello"));
    driver.codec.finish();
    EXPECT_EQ(driver.output(), "hello");
    EXPECT_TRUE(driver.codec.should_close());
}

TEST(Http1Codec, an_event_stream_carries_what_proxies_need) {
    CodecDriver driver;
    driver.answers = false;
    driver.feed(get);
    driver.codec.begin({.status = 200, .body = net::ReplyHead::Body::events});
    const auto head = driver.output();
    EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_THAT(head, HasSubstr("Cache-Control: no-cache\r\n"));
    EXPECT_THAT(head, HasSubstr("X-Accel-Buffering: no\r\n"));
}

TEST(Http1Codec, invites_a_body_that_waits_for_it) {
    CodecDriver driver;
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    driver.feed(head);
    EXPECT_EQ(driver.output(), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(driver.codec.phase(), Phase::body);
    driver.feed("hi");
    EXPECT_THAT(driver.seen, ElementsAre("POST / \"hi\""));
    EXPECT_THAT(driver.output(), StartsWith("HTTP/1.1 200 OK\r\n"));
    driver.feed(head);
    EXPECT_EQ(driver.output(), "HTTP/1.1 100 Continue\r\n\r\n") << "each request anew";
}

TEST(Http1Codec, does_not_invite_a_body_that_is_there_or_too_large) {
    CodecDriver there;
    there.feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_THAT(there.output(), StartsWith("HTTP/1.1 200"));
    CodecDriver large{{.request = {.body_bytes = 10}}};
    large.feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    EXPECT_THAT(large.output(), StartsWith("HTTP/1.1 413 "));
    CodecDriver old;
    old.feed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(old.output(), "");
}

TEST(Http1Codec, a_body_just_within_the_limit_passes_and_one_byte_more_does_not) {
    const Http1Codec::Limits limits{.request = {.body_bytes = 20'000}};
    for (const bool chunked : {false, true}) {
        const auto request = [&](std::size_t size) {
            std::string text = "POST / HTTP/1.1\r\nHost: a\r\n";
            if (!chunked) return text + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'b');
            text += "Transfer-Encoding: chunked\r\n\r\n";
            for (std::size_t sent = 0; sent < size;) {
                const auto part = std::min<std::size_t>(size - sent, 777);
                char line[16];
                std::snprintf(line, sizeof line, "%zx\r\n", part);
                text += line + std::string(part, 'b') + "\r\n";
                sent += part;
            }
            return text + "0\r\n\r\n";
        };
        CodecDriver fits{limits};
        fits.feed(request(20'000), 1000);
        EXPECT_THAT(fits.seen, ElementsAre("POST / \"" + std::string(20'000, 'b') + "\"")) << chunked;
        CodecDriver larger{limits};
        larger.feed(request(20'001), 1000);
        EXPECT_EQ(larger.summary(), "413") << chunked;
    }
}

TEST(Http1Codec, a_head_just_within_the_limit_passes_and_a_longer_one_does_not) {
    const Http1Codec::Limits limits{.request = {.head_bytes = 1000}};
    const auto request = [](std::size_t size) {
        const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
    };
    CodecDriver fits{limits};
    fits.feed(request(1000));
    EXPECT_EQ(fits.seen.size(), 1u);
    CodecDriver longer{limits};
    longer.feed(request(1001));
    EXPECT_EQ(longer.summary(), "431");
    CodecDriver endless{limits};
    endless.feed("GET / HTTP/1.1\r\nX: " + std::string(5000, 'x'), 100);
    EXPECT_EQ(endless.summary(), "431");
}

TEST(Http1Codec, too_many_headers_are_refused) {
    const Http1Codec::Limits limits{.request = {.header_count = 10}};
    const auto request = [](int count) {
        std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
        for (int i = 1; i < count; ++i) text += "X: y\r\n";
        return text + "\r\n";
    };
    CodecDriver fits{limits};
    fits.feed(request(10));
    EXPECT_EQ(fits.seen.size(), 1u);
    CodecDriver more{limits};
    more.feed(request(11));
    EXPECT_EQ(more.summary(), "431");
}

TEST(Http1Codec, a_long_target_is_refused_whole_or_endless) {
    const Http1Codec::Limits limits{.request = {.target_bytes = 100}};
    CodecDriver fits{limits};
    fits.feed("GET /" + std::string(99, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(fits.seen.size(), 1u);
    CodecDriver longer{limits};
    longer.feed("GET /" + std::string(100, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(longer.summary(), "414");
    CodecDriver endless{limits};
    endless.feed("GET /" + std::string(1000, 'x'), 10);
    EXPECT_EQ(endless.summary(), "414");
}

TEST(Http1Codec, chunk_framing_without_data_does_not_go_on_for_ever) {
    CodecDriver driver;
    driver.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string line = "1;" + std::string(500, 'e') + "\r\nx\r\n";
    for (int i = 0; i < 100 && driver.codec.wants_input(); ++i) driver.feed(line);
    EXPECT_EQ(driver.summary(), "400");
    CodecDriver endless;
    endless.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'e'));
    EXPECT_EQ(endless.summary(), "400");
    CodecDriver zeros;
    zeros.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(100'000, '0'));
    EXPECT_EQ(zeros.summary(), "400");
}

TEST(Http1Codec, one_byte_chunks_are_served) {
    CodecDriver driver;
    std::string text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 5000; ++i) text += "1\r\nx\r\n";
    driver.feed(text + "0\r\n\r\n", 4000);
    EXPECT_THAT(driver.seen, ElementsAre("POST / \"" + std::string(5000, 'x') + "\""));
}

TEST(Http1Codec, only_one_exchange_is_open_and_read_ahead_is_bounded) {
    CodecDriver driver{{.read_ahead = 1000}};
    driver.answers = false;
    driver.feed(get);
    EXPECT_EQ(driver.codec.phase(), Phase::answering);
    const std::string next{get};
    for (int i = 0; i < 1000 && driver.codec.wants_input(); ++i) driver.feed(next);
    EXPECT_EQ(driver.seen.size(), 1u);
    EXPECT_FALSE(driver.codec.wants_input());
    EXPECT_TRUE(driver.codec.prepare().empty());
    driver.codec.reply({.status = 200}, {});
    EXPECT_TRUE(driver.codec.next());
}

TEST(Http1Codec, a_request_s_bytes_stay_while_others_are_read) {
    CodecDriver driver;
    driver.answers = false;
    const std::string body(10'000, 'q');
    const std::string text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + body;
    const auto room = driver.codec.prepare();
    std::memcpy(room.data(), text.data(), text.size());
    driver.codec.commit(text.size());
    const auto first = driver.codec.next();
    ASSERT_TRUE(first);
    for (int i = 0; i < 2000; ++i) driver.feed(get);
    EXPECT_EQ(first->body, body);
    EXPECT_EQ(first->headers.at(0).value, "a");
    driver.codec.reply({.status = 200}, {});
    EXPECT_TRUE(driver.codec.next());
    EXPECT_EQ(first->body, body);
}

TEST(Http1Codec, a_request_that_stops_half_way_gets_408) {
    CodecDriver head;
    head.feed("GET / HTT");
    EXPECT_EQ(head.codec.phase(), Phase::head);
    head.codec.time_out();
    EXPECT_EQ(head.summary(), "408");
    CodecDriver body;
    body.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal");
    EXPECT_EQ(body.codec.phase(), Phase::body);
    body.codec.time_out();
    EXPECT_EQ(body.summary(), "408");
}

TEST(Http1Codec, an_idle_connection_ends_without_a_word) {
    CodecDriver driver;
    driver.codec.time_out();
    EXPECT_TRUE(driver.codec.should_close());
    EXPECT_EQ(driver.output(), "");
}

TEST(Http1Codec, an_idle_connection_holds_no_buffer) {
    CodecDriver driver;
    driver.feed(get);
    driver.output();
    driver.codec.release();
    EXPECT_FALSE(driver.codec.has_input());
    EXPECT_EQ(driver.pool.take().use_count(), 1);
}

TEST(Http1Codec, a_large_body_takes_a_lease_and_is_refused_when_there_is_none) {
    base::MemoryBudget budget{{.bytes = 1'000'000, .large = 100'000, .shrink_above = 0.4, .refuse_above = 0.5}};
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n";
    CodecDriver driver{{}, &budget};
    driver.feed(head + std::string(100'000, 'x'));
    EXPECT_GE(budget.used(), 100'000u);
    EXPECT_LT(budget.used(), 500'000u) << "what was only announced takes nothing";
    driver.feed(std::string(800'000, 'x'));
    EXPECT_EQ(driver.summary(), "503");
}

TEST(Http1Codec, no_header_value_starts_another_line) {
    net::ReplyHead head{.status = 200};
    head.headers.add("X-Note", "a\r\nSet-Cookie: evil=1\r\n\r\n<html>");
    EXPECT_THAT(answer_to(get, head, ""), HasSubstr("X-Note: a  Set-Cookie: evil=1    <html>\r\n"));
}

}  // namespace
