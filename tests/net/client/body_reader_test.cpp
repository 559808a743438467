// Framing and content codings, in whatever pieces the bytes come.
#include "net/client/body_reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "net/client/compressed.hpp"

namespace client_test {
namespace {

using net::client::BodyReader;
using net::client::Cause;
using net::client::Coding;
using net::client::Limits;
using net::client::ReadBuffer;
using net::client::ResponseHead;
using net::client::ResponseHeadParser;

struct Read {
    std::string body;
    bool complete = false;
    std::optional<Cause> cause;
    std::string message;
    std::string behind;  // bytes that are not of this body
};

ResponseHead head_of(std::string_view text) {
    ResponseHeadParser parser{64 * 1024};
    EXPECT_EQ(parser.advance(text), ResponseHeadParser::Step::complete) << parser.why();
    ResponseHead head;
    EXPECT_EQ(parser.take(text, head), text.size());
    return head;
}

Read read(const ResponseHead& head, std::string_view bytes, bool ends, std::size_t step = 1'000'000,
          const Limits& limits = {}, bool decode = true) {
    BodyReader reader;
    ReadBuffer input;
    Read result;
    const auto failed = [&] {
        const auto failure = reader.failure("it");
        result.cause = failure.cause;
        result.message = failure.message();
        return result;
    };
    if (!reader.start(head, false, decode, limits)) return failed();
    bool ended = false;
    for (;;) {
        std::string_view piece;
        switch (reader.next(input, piece)) {
            case BodyReader::Step::piece: result.body.append(piece); break;
            case BodyReader::Step::failed: return failed();
            case BodyReader::Step::end:
                result.complete = true;
                result.behind = std::string{input.bytes()} + std::string{bytes};
                return result;
            case BodyReader::Step::need_more: {
                if (bytes.empty()) {
                    if (!ends || ended) return result;
                    ended = true;
                    if (!reader.input_ended()) return failed();
                    break;
                }
                const auto room = input.prepare();
                const auto count = std::min({room.size(), bytes.size(), step});
                std::copy_n(bytes.data(), count, room.data());
                input.commit(count);
                bytes.remove_prefix(count);
                break;
            }
        }
    }
}

const ResponseHead chunked = head_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");

TEST(BodyReader, ends_by_content_length_and_leaves_the_rest) {
    const auto head = head_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    for (const std::size_t step : {1U, 2U, 100U}) {
        const auto got = read(head, "helloHTTP/1.1", false, step);
        EXPECT_TRUE(got.complete);
        EXPECT_EQ(got.body, "hello");
        EXPECT_EQ(got.behind, "HTTP/1.1");
    }
}

TEST(BodyReader, a_body_that_breaks_off_says_where) {
    const auto got = read(head_of("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"), "hello", true);
    EXPECT_EQ(got.cause, Cause::closed);
    EXPECT_EQ(got.message, "it broke off after 5 of 50 bytes");
    const auto in_chunk = read(chunked, "5\r\nhel", true);
    EXPECT_EQ(in_chunk.cause, Cause::closed);
    EXPECT_EQ(in_chunk.message, "it broke off after 3 bytes");
    EXPECT_EQ(read(chunked, "5\r\nhello\r\n", true).cause, Cause::closed) << "the last chunk is missing";
    EXPECT_EQ(read(chunked, "5\r\nhello\r\n0\r\n", true).cause, Cause::closed) << "the last empty line is missing";
}

TEST(BodyReader, without_a_length_all_is_body) {
    const auto got = read(head_of("HTTP/1.1 200 OK\r\n\r\n"), "all of it", true, 3);
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(got.body, "all of it");
}

TEST(BodyReader, puts_chunks_together) {
    for (const std::size_t step : {1U, 3U, 7U, 1000U}) {
        const auto got =
            read(chunked, "4\r\nWiki\r\n00A ; x=\"y\"\r\npedia in\r\n\r\n0\r\nTrailer: 1\r\n\r\nrest", false, step);
        EXPECT_TRUE(got.complete) << got.message;
        EXPECT_EQ(got.body, "Wikipedia in\r\n");
        EXPECT_EQ(got.behind, "rest");
    }
}

TEST(BodyReader, refuses_chunks_that_two_readers_would_frame_differently) {
    for (const std::string bytes :
         {"x\r\n", "\r\n", "-1\r\n", "+5\r\nhello\r\n", "5\nhello\n", "5\r\nhello0\r\n", "5\r\nhello\n0\r\n\r\n",
          "5\rhello", "0x5\r\nhello\r\n", "1000000000000000\r\n", "ffffffffffffffff\r\n",
          "5;a\nb\r\nhello\r\n0\r\n\r\n", "0\r\nTrailer: a\n\r\n", "0\r\n\rx"}) {
        EXPECT_EQ(read(chunked, bytes, true).cause, Cause::malformed) << bytes;
    }
}

TEST(BodyReader, framing_must_be_worth_its_data) {
    const std::string endless = "1;" + std::string(100'000, 'x');
    EXPECT_EQ(read(chunked, endless, false).cause, Cause::malformed);
    std::string ones;
    for (int i = 0; i < 50'000; ++i) ones += "1\r\nx\r\n";
    EXPECT_TRUE(read(chunked, ones + "0\r\n\r\n", false).complete) << "small chunks are not an attack";
}

TEST(BodyReader, decodes_every_coding_in_any_pieces) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += "row " + std::to_string(i * 7919 % 1000) + "\n";
    for (const auto& [name, bytes] :
         {std::pair{"gzip", gzip(text)}, std::pair{"x-gzip", gzip(text)}, std::pair{"deflate", zlib_wrapped(text)},
          std::pair{"deflate", bare_deflate(text)}, std::pair{"zstd", zstd(text)},
          std::pair{"GZIP", gzip(text) + gzip("!")}, std::pair{"zstd", zstd(text) + zstd("!")}}) {
        const auto head = head_of("HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string{name} +
                                  "\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n");
        for (const std::size_t step : {std::size_t{1}, std::size_t{13}, std::size_t{100'000}}) {
            const auto got = read(head, bytes, true, step);
            EXPECT_TRUE(got.complete) << name << " " << got.message;
            EXPECT_TRUE(got.body == text || got.body == text + "!") << name;
        }
    }
}

TEST(BodyReader, compressed_bodies_that_break_off_or_rot_are_errors) {
    const std::string text(100'000, 'x');
    for (const auto& [name, bytes] :
         {std::pair{"gzip", gzip(text)}, std::pair{"deflate", zlib_wrapped(text)}, std::pair{"zstd", zstd(text)}}) {
        const auto coded = [&](const std::string& body) {
            return read(head_of("HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string{name} +
                                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n"),
                        body, true);
        };
        for (const std::size_t missing : {std::size_t{1}, std::size_t{5}, bytes.size() / 2}) {
            const auto got = coded(bytes.substr(0, bytes.size() - missing));
            EXPECT_FALSE(got.complete) << name << " without the last " << missing;
            EXPECT_EQ(got.cause, Cause::decoding) << name;
        }
        auto rotten = bytes;
        rotten[rotten.size() / 2] = static_cast<char>(rotten[rotten.size() / 2] ^ 0x55);
        rotten[3] = static_cast<char>(rotten[3] ^ 0x55);
        EXPECT_EQ(coded(rotten).cause, Cause::decoding) << name;
        EXPECT_EQ(coded("this is not compressed at all").cause, Cause::decoding) << name;
    }
    EXPECT_EQ(read(head_of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), gzip(text) + "garbage", true).cause,
              Cause::decoding);
}

TEST(BodyReader, an_empty_body_is_empty_in_every_coding) {
    const auto got = read(head_of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"), "", true);
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(got.body, "");
}

TEST(BodyReader, refuses_codings_that_nobody_asked_for) {
    for (const auto* coding : {"br", "gzip, gzip", "compress"}) {
        const auto head = head_of("HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string{coding} + "\r\n\r\n");
        EXPECT_EQ(read(head, "x", true).cause, Cause::decoding) << coding;
        EXPECT_EQ(read(head, "x", true, 10, {}, false).body, "x") << "as it is";
    }
    const auto twice = head_of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n");
    EXPECT_EQ(read(twice, "x", true).cause, Cause::decoding);
}

TEST(BodyReader, keeps_its_bounds) {
    const Limits small{.body_bytes = 10};
    EXPECT_TRUE(read(chunked, "a\r\n0123456789\r\n0\r\n\r\n", true, 1, small).complete) << "exactly the limit";
    EXPECT_EQ(read(chunked, "b\r\n0123456789x\r\n0\r\n\r\n", true, 1, small).cause, Cause::too_large);
    EXPECT_EQ(read(head_of("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"), "", false, 1, small).cause,
              Cause::too_large)
        << "before a byte was read";
    const std::string zeros(5'000'000, '\0');
    const auto bomb = head_of("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n");
    EXPECT_TRUE(read(bomb, zstd(zeros), true).complete) << "small enough to be free";
    EXPECT_EQ(read(bomb, zstd(zeros), true, 1'000'000, {.free_bytes = 1'000'000}).cause, Cause::decoding);
}

TEST(ContentDecoder, decodes_a_whole_body) {
    EXPECT_EQ(net::client::decode_all(Coding::gzip, gzip("hello"), {}).value(), "hello");
    EXPECT_EQ(net::client::decode_all(Coding::identity, "hello", {}).value(), "hello");
    EXPECT_EQ(net::client::decode_all(Coding::zstd, zstd("hello").substr(0, 7), {}).error().cause, Cause::decoding);
    EXPECT_EQ(net::client::decode_all(Coding::gzip, gzip(std::string(100, 'x')), {.body_bytes = 99}).error().cause,
              Cause::too_large);
}

}  // namespace
}  // namespace client_test
