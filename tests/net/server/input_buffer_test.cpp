#include "net/server/input_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace {

void put(net::InputBuffer& buffer, std::string_view bytes, std::size_t wanted = 0) {
    while (!bytes.empty()) {
        const auto room = buffer.prepare(wanted).value();
        ASSERT_FALSE(room.empty());
        const auto count = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), count);
        buffer.commit(count);
        bytes.remove_prefix(count);
    }
}
std::string_view text(const net::InputBuffer& buffer) { return {buffer.bytes().data(), buffer.size()}; }

TEST(InputBuffer, keeps_what_is_not_consumed_while_it_grows) {
    net::BlockPool pool;
    net::InputBuffer buffer{pool, nullptr};
    std::string all;
    for (int i = 0; i < 5000; ++i) {
        const auto line = "line " + std::to_string(i) + "\n";
        put(buffer, line);
        all += line;
    }
    EXPECT_EQ(text(buffer), all);
    buffer.consume(1000);
    put(buffer, "more");
    EXPECT_EQ(text(buffer), all.substr(1000) + "more");
}

TEST(InputBuffer, does_not_move_bytes_that_somebody_holds) {
    net::BlockPool pool;
    net::InputBuffer buffer{pool, nullptr};
    put(buffer, "held");
    const auto storage = buffer.storage();
    const std::string_view held = text(buffer);
    buffer.consume(4);
    put(buffer, std::string(100'000, 'x'));
    EXPECT_EQ(held, "held");
    EXPECT_EQ(text(buffer), std::string(100'000, 'x'));
}

TEST(InputBuffer, an_announced_length_alone_allocates_nothing) {
    net::BlockPool pool;
    base::MemoryBudget budget{{.bytes = 100'000'000}};
    net::InputBuffer buffer{pool, &budget};
    put(buffer, "head", 50'000'000);
    EXPECT_EQ(budget.used(), 0u);
    put(buffer, std::string(100'000, 'x'), 50'000'000);
    EXPECT_LT(budget.used(), 1'000'000u);
}

TEST(InputBuffer, an_empty_one_gives_its_block_back) {
    net::BlockPool pool;
    net::InputBuffer buffer{pool, nullptr};
    put(buffer, "x");
    buffer.release();
    EXPECT_TRUE(buffer.holds_block()) << "something lies in it";
    buffer.consume(1);
    buffer.release();
    EXPECT_FALSE(buffer.holds_block());
}

TEST(InputBuffer, cuts_framing_out) {
    net::BlockPool pool;
    net::InputBuffer buffer{pool, nullptr};
    put(buffer, "head|5;x|hello|rest");
    buffer.cut(5, 4);
    EXPECT_EQ(text(buffer), "head|hello|rest");
}

}  // namespace
