#include "query/cache/memory_store.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace {

using namespace std::chrono_literals;
using query::cache::Digest;
using query::cache::Entry;
using query::cache::MemoryStore;

Digest digest(int number) {
    const auto text = std::to_string(number);
    const backend::Context context;
    return query::cache::make_key({.text = text, .context = context}).digest;
}

Entry entry(std::size_t bytes, std::string_view text = "x") {
    Entry made;
    made.rendered.content = base::Payload::own(std::string{text});
    made.rendered.structured = base::Payload::own(std::string(bytes, 's'));
    return made;
}

constexpr base::TimePoint start{1h};

TEST(MemoryStore, gives_back_what_was_kept_until_its_time) {
    MemoryStore store{1 << 20};
    ASSERT_TRUE(store.insert(digest(1), entry(10, "one"), start, 5s));
    ASSERT_TRUE(store.find(digest(1), start + 4s));
    EXPECT_EQ(store.find(digest(1), start + 4s)->rendered.content.to_string(), "one");
    EXPECT_FALSE(store.find(digest(2), start));
    EXPECT_FALSE(store.find(digest(1), start + 5s)) << "past its time";
    EXPECT_EQ(store.figures().expired, 1U);
    EXPECT_EQ(store.figures().entries, 0U);
}

TEST(MemoryStore, a_ttl_of_zero_keeps_nothing) {
    MemoryStore store{1 << 20};
    EXPECT_FALSE(store.insert(digest(1), entry(10), start, 0s));
    EXPECT_EQ(store.figures().entries, 0U);
}

TEST(MemoryStore, holds_no_more_bytes_than_it_may) {
    MemoryStore store{64 << 20};
    for (int i = 0; i < 2'000; ++i) store.insert(digest(i), entry(100'000), start, 60s);
    const auto now = store.figures();
    EXPECT_LE(now.bytes, now.capacity);
    EXPECT_GT(now.bytes, now.capacity * 9 / 10);
    EXPECT_EQ(now.entries + now.evicted, 2'000U);
}

TEST(MemoryStore, refuses_an_entry_larger_than_a_shard) {
    MemoryStore store{1 << 20};
    EXPECT_FALSE(store.insert(digest(1), entry(2 << 20), start, 60s));
    EXPECT_TRUE(store.insert(digest(1), entry(1 << 19), start, 60s));
}

TEST(MemoryStore, gives_bytes_back_under_pressure_and_is_emptied) {
    MemoryStore store{64 << 20};
    for (int i = 0; i < 300; ++i) store.insert(digest(i), entry(100'000), start, 60s);
    const auto before = store.figures().bytes;
    store.shrink_by(10'000'000);
    EXPECT_LE(store.figures().bytes, before - 10'000'000);
    EXPECT_GT(store.clear(), 100U);
    EXPECT_EQ(store.figures().bytes, 0U);
}

TEST(MemoryStore, bytes_that_are_still_being_sent_outlive_their_entry) {
    MemoryStore store{1 << 20};
    store.insert(digest(1), entry(100, "sent"), start, 60s);
    const auto found = store.find(digest(1), start);
    store.clear();
    EXPECT_EQ(found->rendered.content.to_string(), "sent");
}

TEST(MemoryStore, is_used_by_several_threads_at_once) {
    MemoryStore store{4 << 20};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&store, t] {
            for (int i = 0; i < 3'000; ++i) {
                const int key = (i * 7 + t * 13) % 200;
                if (const auto found = store.find(digest(key), start)) {
                    EXPECT_EQ(found->rendered.content.to_string(), std::to_string(key));
                } else {
                    store.insert(digest(key), entry(40'000, std::to_string(key)), start, 60s);
                }
                if (i % 500 == 0) store.shrink_by(100'000);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_LE(store.figures().bytes, store.figures().capacity);
}

}  // namespace
