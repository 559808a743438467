#include "net/redis/slot_map.hpp"

#include <gtest/gtest.h>

namespace {

using net::redis::Node;
using net::redis::parse_redirect;
using net::redis::slot_of;
using net::redis::SlotMap;

/// The specification's own values, and what `CLUSTER KEYSLOT` says.
TEST(SlotOf, agrees_with_the_specification) {
    EXPECT_EQ(slot_of("123456789"), 0x31C3 % 16'384);
    EXPECT_EQ(slot_of("foo"), 12'182);
    EXPECT_EQ(slot_of("bar"), 5'061);
    EXPECT_EQ(slot_of(""), 0);
}

TEST(SlotOf, goes_by_the_hash_tag) {
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
    EXPECT_EQ(slot_of("foo{}{bar}"), slot_of("foo{}{bar}"));
    EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
    EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
    EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
}

TEST(Redirects, are_read) {
    const Node asked{"10.0.0.1", 6379};
    const auto moved = parse_redirect("MOVED 3999 127.0.0.1:6381", asked);
    ASSERT_TRUE(moved);
    EXPECT_FALSE(moved->ask);
    EXPECT_EQ(moved->slot, 3'999);
    EXPECT_EQ(moved->node, (Node{"127.0.0.1", 6381}));
    const auto ask = parse_redirect("ASK 3999 redis-2.example.com:6381", asked);
    ASSERT_TRUE(ask);
    EXPECT_TRUE(ask->ask);
    EXPECT_EQ(ask->node.host, "redis-2.example.com");
    EXPECT_EQ(parse_redirect("MOVED 1 [::1]:7000", asked)->node, (Node{"::1", 7000}));
    EXPECT_EQ(parse_redirect("MOVED 1 ::1:7000", asked)->node, (Node{"::1", 7000}));
    EXPECT_EQ(parse_redirect("MOVED 1 :7000", asked)->node, (Node{"10.0.0.1", 7000})) << "the same host";
    for (const char* wrong :
         {"", "ERR unknown command", "MOVED", "MOVED 1", "MOVED x 1.2.3.4:5", "MOVED 16384 1.2.3.4:5",
          "MOVED 1 1.2.3.4", "MOVED 1 1.2.3.4:0", "MOVED 1 1.2.3.4:70000", "MOVED -1 a:1"}) {
        EXPECT_FALSE(parse_redirect(wrong, asked)) << wrong;
    }
}

TEST(SlotMap, knows_who_has_what) {
    SlotMap map;
    EXPECT_EQ(map.node_of(0), nullptr);
    map.put(0, 5'460, {"a", 1});
    map.put(5'461, 16'383, {"b", 1});
    EXPECT_EQ(*map.node_of(5'460), (Node{"a", 1}));
    EXPECT_EQ(*map.node_of(5'461), (Node{"b", 1}));
    map.put(100, 100, {"b", 1});
    EXPECT_EQ(*map.node_of(100), (Node{"b", 1})) << "moved";
    EXPECT_EQ(map.nodes().size(), 2U);
    map.forget({"b", 1});
    EXPECT_EQ(map.node_of(100), nullptr);
    EXPECT_EQ(*map.node_of(99), (Node{"a", 1}));
    map.put(5, 3, {"c", 1});
    map.put(0, 16'384, {"c", 1});
    EXPECT_EQ(map.nodes().size(), 2U) << "nonsense is ignored";
    map.clear();
    EXPECT_TRUE(map.empty());
}

}  // namespace
