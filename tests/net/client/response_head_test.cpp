#include "net/client/response_head.hpp"

#include <gtest/gtest.h>

namespace {

using net::client::ResponseHead;
using net::client::ResponseHeadParser;
using Step = ResponseHeadParser::Step;

TEST(ResponseHead, is_read_byte_by_byte_from_a_buffer_that_moves) {
    const std::string text = "HTTP/1.1 200 Fine\r\nContent-Length: 3\r\nX: a b\r\nKeep-Alive: timeout=7, max=9\r\n\r\n";
    ResponseHeadParser parser{1000};
    for (std::size_t size = 1; size < text.size(); ++size) {
        EXPECT_EQ(parser.advance(std::string{text.substr(0, size)}), Step::need_more) << size;
    }
    EXPECT_EQ(parser.advance(text + "abc"), Step::complete);
    ResponseHead head;
    EXPECT_EQ(parser.take(text + "abc", head), text.size());
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.reason, "Fine");
    EXPECT_EQ(head.content_length, 3U);
    EXPECT_EQ(head.header("x"), "a b");
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(head.idle_timeout, std::chrono::seconds{7});
    EXPECT_EQ(parser.advance("HTTP/1.0 404 No\r\n\r\n"), Step::complete) << "ready for the next";
    parser.take("HTTP/1.0 404 No\r\n\r\n", head);
    EXPECT_EQ(head.status, 404);
    EXPECT_FALSE(head.keep_alive);
    EXPECT_FALSE(head.content_length);
}

TEST(ResponseHead, refuses_what_two_readers_would_frame_differently) {
    for (const std::string text :
         {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
          "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA\r\n\r\n",
          "HTTP/1.1 200 OK\nA: b\n\n",
          "HTTP/2.0 200 OK\r\n\r\n",
          "HTTP/1.1 20 OK\r\n\r\n",
          "HTTP/1.1 099 OK\r\n\r\n",
          "HTTP/1.1 2000 OK\r\n\r\n",
          "SSH-2.0-OpenSSH_9.2\r\n",
          "<html>nonsense</html>",
          "\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n"}) {
        ResponseHeadParser parser{64 * 1024};
        EXPECT_EQ(parser.advance(text), Step::malformed) << text;
        EXPECT_FALSE(parser.why().empty());
    }
}

TEST(ResponseHead, holds_just_as_much_as_allowed) {
    const auto head_of = [](std::size_t size) {
        std::string text = "HTTP/1.1 200 OK\r\nX: ";
        return text + std::string(size - text.size() - 4, 'x') + "\r\n\r\n";
    };
    ResponseHeadParser fits{64 * 1024};
    EXPECT_EQ(fits.advance(head_of(64 * 1024)), Step::complete);
    ResponseHeadParser breaks{64 * 1024};
    EXPECT_EQ(breaks.advance(head_of(64 * 1024 + 1)), Step::too_large);
    ResponseHeadParser endless{64 * 1024};
    EXPECT_EQ(endless.advance("HTTP/1.1 200 " + std::string(70'000, 'x')), Step::too_large);
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 1001; ++i) many += "A: b\r\n";
    ResponseHeadParser counted{64 * 1024};
    EXPECT_EQ(counted.advance(many + "\r\n"), Step::malformed);
}

}  // namespace
