#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capacity/bench/answer_check.hpp"
#include "capacity/bench/answer_reader.hpp"

namespace capacity::bench {
namespace {

using Step = AnswerReader::Step;

Workload calls(std::string expect = "", std::string regex = "") {
    return *single_tool("t", "{}", std::move(expect), std::move(regex));
}

std::string answer(std::uint64_t id, const std::string& text) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":{"content":[{"type":"text","text":")" +
           text + R"("}]}})";
}

TEST(AnswerCheck, an_answer_that_differs_only_in_its_id_is_known_and_nothing_else_is) {
    const Workload workload = calls();
    AnswerCheck check{workload};
    EXPECT_FALSE(check.is_known(answer(1'000'000'001, "a"), 0, 1'000'000'001));
    EXPECT_EQ(check.judge(answer(1'000'000'001, "a"), 0, 1'000'000'001).outcome, Outcome::ok);
    EXPECT_TRUE(check.is_known(answer(1'000'000'002, "a"), 0, 1'000'000'002));
    EXPECT_FALSE(check.is_known(answer(1'000'000'003, "a"), 0, 1'000'000'004)) << "another id";
    EXPECT_FALSE(check.is_known(answer(1'000'000'005, "b"), 0, 1'000'000'005)) << "another text";
    EXPECT_FALSE(check.is_known(answer(1'000'000'006, "a") + " ", 0, 1'000'000'006));
}

TEST(AnswerCheck, says_what_is_wrong) {
    const Workload workload = calls();
    AnswerCheck check{workload};
    const std::pair<const char*, const char*> cases[] = {
        {"<html>", "not JSON"},
        {R"({"jsonrpc":"2.0","id":7,"result":{"content":[]}} trailing)", "not JSON"},
        {R"([1])", "not JSON-RPC 2.0"},
        {R"({"id":7,"result":{"content":[]}})", "not JSON-RPC 2.0"},
        {R"({"jsonrpc":"2.0","id":8,"result":{"content":[]}})", "wrong id"},
        {R"({"jsonrpc":"2.0","id":"7","result":{"content":[]}})", "wrong id"},
        {R"({"jsonrpc":"2.0","result":{"content":[]}})", "wrong id"},
        {R"({"jsonrpc":"2.0","id":7})", "no result"},
        {R"({"jsonrpc":"2.0","id":7,"result":1})", "no result"},
        {R"({"jsonrpc":"2.0","id":7,"result":{}})", "no content"},
        {R"({"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"no"}],"isError":true}})", "tool error"},
        {R"({"jsonrpc":"2.0","id":7,"result":{"resultType":"input_required","inputRequests":{}}})",
         "incomplete result"},
        {R"({"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"bad"}})", "JSON-RPC error -32602"},
    };
    for (const auto& [text, kind] : cases) {
        const Verdict verdict = check.judge(text, 0, 7);
        EXPECT_EQ(verdict.outcome, Outcome::failed) << text;
        EXPECT_EQ(verdict.kind, kind) << text;
    }
    EXPECT_EQ(
        check.judge(R"({"jsonrpc":"2.0","id":7,"result":{"isError":false,"content":[{"x":{"isError":true}}]}})", 0, 7)
            .outcome,
        Outcome::ok)
        << "isError counts in the result only";
}

TEST(AnswerCheck, an_overloaded_server_refuses) {
    const Workload workload = calls();
    AnswerCheck check{workload};
    const auto verdict = check.judge(
        R"({"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"busy","data":{"kind":"overloaded"}}})", 0, 7);
    EXPECT_EQ(verdict.outcome, Outcome::refused);
}

TEST(AnswerCheck, expected_text_and_regex_are_searched_in_the_content) {
    const Workload text = calls("needle");
    AnswerCheck finds{text};
    EXPECT_EQ(finds.judge(answer(7, "hay needle hay"), 0, 7).outcome, Outcome::ok);
    EXPECT_EQ(finds.judge(answer(7, "hay"), 0, 7).kind, "not the expected text");
    EXPECT_EQ(finds.judge(R"({"jsonrpc":"2.0","id":7,"result":{"content":[],"needle":1}})", 0, 7).kind,
              "not the expected text");
    const Workload regex = calls("", "^n=[0-9]+");
    AnswerCheck matches{regex};
    EXPECT_EQ(matches.judge(answer(7, "n=42"), 0, 7).outcome, Outcome::ok);
    EXPECT_EQ(matches.judge(answer(7, "n=x"), 0, 7).kind, "not the expected text");
    EXPECT_FALSE(matches.is_known(answer(8, "n=x"), 0, 8)) << "only what was right is kept";
}

TEST(AnswerCheck, tells_responses_from_notifications) {
    AnswerCheck check{Workload{}};
    EXPECT_EQ(check.response_id(answer(77, "x")), 77U);
    EXPECT_EQ(check.response_id(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"id":3}})"), 0U);
    EXPECT_EQ(check.response_id(R"({"jsonrpc":"2.0","id":5,"method":"ping"})"), 0U);
    EXPECT_EQ(check.response_id("nonsense"), 0U);
}

/// Feeds `bytes` in pieces of `size`; answers all texts, joined by '|'.
std::string read_all(AnswerReader& reader, std::string_view bytes, std::size_t size, Step& last) {
    std::string texts;
    reader.start();
    last = Step::need_more;
    std::string piece;
    while (!bytes.empty() && last == Step::need_more) {
        piece = bytes.substr(0, size);
        bytes.remove_prefix(piece.size());
        for (last = reader.feed(piece); last == Step::text; last = reader.more()) {
            texts += (texts.empty() ? "" : "|") + std::string{reader.text()};
        }
    }
    return texts;
}

constexpr std::string_view plain =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
constexpr std::string_view chunked =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
/// A stream whose chunks end anywhere, with all three line ends, a comment, an id, and a last event without an end.
std::string stream() {
    std::string text =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nMcp-Session-Id: s\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string chunk : {": hello\n\nevent: message\ndata: {\"n\":1}\n", "\n\r\n\r\nid: 5\rdata: {\"a\":\r",
                                    "\ndata:1}\r\n\r\ndata\n\ndata: x"}) {
        text += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
    }
    return text + "0\r\n\r\n";
}

TEST(AnswerReader, reads_answers_in_pieces_of_any_size) {
    for (std::size_t size = 1; size < 300; ++size) {
        AnswerReader reader;
        Step last{};
        EXPECT_EQ(read_all(reader, plain, size, last), R"({"a":1})") << size;
        EXPECT_EQ(last, Step::end);
        EXPECT_TRUE(reader.reusable());
        EXPECT_EQ(read_all(reader, plain, size, last), R"({"a":1})") << "the same head again, " << size;
        EXPECT_EQ(read_all(reader, chunked, size, last), R"({"a":1})") << size;
        EXPECT_EQ(last, Step::end);
        EXPECT_TRUE(reader.head().is_json);
    }
}

TEST(AnswerReader, reads_events_in_pieces_of_any_size) {
    for (std::size_t size = 1; size < 400; ++size) {
        AnswerReader reader;
        Step last{};
        EXPECT_EQ(read_all(reader, stream(), size, last), "{\"n\":1}|{\"a\":\n1}") << size;
        EXPECT_EQ(last, Step::end) << size << reader.why();
        EXPECT_TRUE(reader.head().is_stream);
        EXPECT_EQ(reader.head().session, "s");
    }
}

TEST(AnswerReader, knows_when_a_connection_is_of_no_more_use) {
    AnswerReader reader;
    Step last{};
    read_all(reader, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 1000, last);
    EXPECT_EQ(last, Step::end);
    EXPECT_FALSE(reader.reusable());
    read_all(reader, std::string{plain} + "more", 1000, last);
    EXPECT_FALSE(reader.reusable()) << "bytes that nobody asked for";
    read_all(reader, "SSH-2.0-OpenSSH_9.2\r\n", 1000, last);
    EXPECT_EQ(last, Step::broken);
    EXPECT_THAT(reader.why(), ::testing::HasSubstr("no HTTP/1.1"));
}

TEST(AnswerReader, an_answer_that_breaks_off_is_broken) {
    AnswerReader reader;
    Step last{};
    read_all(reader, plain.substr(0, plain.size() - 1), 1000, last);
    EXPECT_EQ(reader.ended(), Step::broken);
    reader.start();
    EXPECT_EQ(reader.ended(), Step::broken);
    EXPECT_FALSE(reader.has_begun());
    read_all(reader, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}", 1000, last);
    EXPECT_EQ(last, Step::need_more);
    EXPECT_EQ(reader.ended(), Step::text) << "a body without a length ends with the connection";
    EXPECT_EQ(reader.text(), "{}");
}

}  // namespace
}  // namespace capacity::bench
