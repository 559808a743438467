#include "base/payload.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace {

using base::MemoryBudget;
using base::Payload;

TEST(Payload, shares_its_bytes_between_copies) {
    Payload payload = Payload::own(std::string(1000, 'x'));
    const Payload copy = payload;
    ASSERT_EQ(copy.segments().size(), 1u);
    EXPECT_EQ(copy.segments()[0].bytes.data(), payload.segments()[0].bytes.data());
    payload.append("more");
    EXPECT_EQ(copy.size(), 1000u);
    EXPECT_EQ(payload.size(), 1004u);
}

TEST(Payload, appends_in_order_without_copying_bytes) {
    Payload payload = Payload::literal("{\"a\":");
    Payload value = Payload::own("[1,2]");
    const char* const bytes = value.segments()[0].bytes.data();
    payload.append(std::move(value));
    payload.append(std::string{"}"});
    EXPECT_EQ(payload.to_string(), "{\"a\":[1,2]}");
    EXPECT_EQ(payload.size(), 11u);
    EXPECT_EQ(payload.segments()[1].bytes.data(), bytes);
}

TEST(Payload, has_no_segment_for_nothing) {
    Payload payload;
    EXPECT_TRUE(payload.empty());
    payload.append(std::string{});
    payload.append(Payload::literal(""));
    payload.append(Payload{});
    EXPECT_TRUE(payload.empty());
    EXPECT_TRUE(payload.segments().empty());
    EXPECT_EQ(payload.to_string(), "");
}

TEST(Payload, keeps_its_lease_until_the_last_reference_is_gone) {
    MemoryBudget budget{{.bytes = 1000, .large = 1000}};
    Payload second;
    {
        Payload first = Payload::own("0123456789", *budget.take(10));
        second.append(first);
        EXPECT_EQ(budget.used(), 10u);
    }
    EXPECT_EQ(budget.used(), 10u);
    second = Payload{};
    EXPECT_EQ(budget.used(), 0u);
}

TEST(Payload, keeps_short_bytes_in_place_when_it_is_moved) {
    Payload payload = Payload::own("ab");  // short strings live inside the string object
    const Payload moved = std::move(payload);
    EXPECT_EQ(moved.to_string(), "ab");
}

}  // namespace
