#include "net/server/output_queue.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

std::string gathered(const net::OutputQueue& queue, std::size_t vectors) {
    std::vector<iovec> pieces(vectors);
    std::string all;
    const auto count = queue.gather(pieces);
    for (std::size_t i = 0; i < count; ++i) all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    return all;
}

net::OutputQueue mixed(std::string& expected) {
    net::OutputQueue queue;
    for (int i = 0; i < 20; ++i) {
        const std::string head = "head " + std::to_string(i) + ";";
        const std::string body(i % 3 == 0 ? 5000 : 50, static_cast<char>('a' + i));
        queue.append(head);
        queue.append(base::Payload::own(body));
        expected += head + body;
    }
    return queue;
}

TEST(OutputQueue, gives_back_what_went_in_however_it_is_taken) {
    for (const std::size_t step : {1u, 7u, 100u, 4999u, 5000u, 5001u, 100'000u}) {
        std::string expected;
        auto queue = mixed(expected);
        EXPECT_EQ(queue.size(), expected.size());
        std::string taken;
        while (!queue.empty()) {
            const auto part = gathered(queue, 4).substr(0, step);
            ASSERT_FALSE(part.empty());
            taken += part;
            queue.consume(part.size());
        }
        EXPECT_EQ(taken, expected) << step;
    }
}

TEST(OutputQueue, small_bodies_share_one_piece_with_their_heads) {
    net::OutputQueue queue;
    for (int i = 0; i < 10; ++i) {
        queue.append("head");
        queue.append(base::Payload::own(std::string(100, 'b')));
    }
    std::array<iovec, 4> pieces;
    EXPECT_EQ(queue.gather(pieces), 1u);
}

TEST(OutputQueue, large_bodies_are_not_copied) {
    const auto body = base::Payload::own(std::string(100'000, 'b'));
    net::OutputQueue queue;
    queue.append(body);
    std::array<iovec, 4> pieces;
    ASSERT_EQ(queue.gather(pieces), 1u);
    EXPECT_EQ(pieces[0].iov_base, body.segments()[0].bytes.data());
}

TEST(OutputQueue, a_peer_that_is_always_behind_does_not_make_it_grow) {
    net::OutputQueue queue;
    const std::string line(1000, 'x');
    std::string expected_rest;
    queue.append(line);
    for (int i = 0; i < 10'000; ++i) {
        queue.append(line);
        queue.consume(line.size());
        ASSERT_EQ(queue.size(), line.size());
        ASSERT_LT(queue.text().size(), 100'000u);
    }
    EXPECT_EQ(queue.take(), line);
}

}  // namespace
