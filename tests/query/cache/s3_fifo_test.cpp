#include "query/cache/s3_fifo.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace {

using Queue = query::cache::S3Fifo<int, std::hash<int>, std::string>;

constexpr std::size_t entry_bytes = 1'000;

struct Cache {
    explicit Cache(std::size_t entries) : queue{entries * 1'200} {}
    bool insert(int key) {
        return queue.insert(key, std::to_string(key), entry_bytes,
                            [this](int gone, const std::string&) { dropped.push_back(gone); });
    }
    bool has(int key) { return queue.find(key) != nullptr; }
    Queue queue;
    std::vector<int> dropped;
};

TEST(S3Fifo, keeps_what_fits_and_finds_it) {
    Cache cache{10};
    for (int key = 0; key < 8; ++key) EXPECT_TRUE(cache.insert(key));
    for (int key = 0; key < 8; ++key) {
        ASSERT_NE(cache.queue.find(key), nullptr);
        EXPECT_EQ(*cache.queue.find(key), std::to_string(key));
    }
    EXPECT_EQ(cache.queue.size(), 8U);
    EXPECT_TRUE(cache.dropped.empty());
}

TEST(S3Fifo, never_holds_more_than_its_capacity) {
    Cache cache{20};
    for (int key = 0; key < 1'000; ++key) {
        cache.insert(key);
        EXPECT_LE(cache.queue.bytes(), cache.queue.capacity());
    }
    EXPECT_EQ(cache.queue.size() + cache.dropped.size(), 1'000U);
}

TEST(S3Fifo, refuses_what_is_larger_than_the_whole) {
    Queue queue{1'000};
    const auto nobody = [](int, const std::string&) {};
    EXPECT_FALSE(queue.insert(1, "x", 1'000, nobody));
    EXPECT_EQ(queue.size(), 0U);
    EXPECT_TRUE(queue.insert(1, "x", 100, nobody));
}

TEST(S3Fifo, a_scan_drives_out_nothing_that_is_asked_for) {
    Cache cache{50};
    for (int round = 0; round < 3; ++round) {
        for (int key = 0; key < 30; ++key) {
            if (!cache.has(key)) cache.insert(key);
        }
    }
    for (int key = 1'000; key < 2'000; ++key) cache.insert(key);
    int kept = 0;
    for (int key = 0; key < 30; ++key) kept += cache.has(key) ? 1 : 0;
    EXPECT_GE(kept, 28);
}

TEST(S3Fifo, who_comes_back_soon_after_leaving_stays) {
    Cache cache{50};
    for (int key = 0; key < 60; ++key) cache.insert(key);
    ASSERT_FALSE(cache.dropped.empty());
    const int back = cache.dropped.back();
    cache.insert(back);
    for (int key = 100; key < 140; ++key) cache.insert(key);
    EXPECT_TRUE(cache.has(back)) << "it was in the main queue, behind which the small one passes";
}

TEST(S3Fifo, replacing_counts_the_new_weight) {
    Queue queue{100'000};
    const auto nobody = [](int, const std::string&) {};
    queue.insert(1, "a", 10'000, nobody);
    const auto before = queue.bytes();
    queue.insert(1, "b", 50'000, nobody);
    EXPECT_EQ(queue.bytes(), before + 40'000);
    EXPECT_EQ(*queue.find(1), "b");
    EXPECT_TRUE(queue.erase(1));
    EXPECT_FALSE(queue.erase(1));
    EXPECT_EQ(queue.bytes(), 0U);
}

TEST(S3Fifo, gives_back_what_it_is_asked_for) {
    Cache cache{100};
    for (int key = 0; key < 80; ++key) cache.insert(key);
    const auto half = cache.queue.bytes() / 2;
    cache.queue.shrink_to(half, [](int, const std::string&) {});
    EXPECT_LE(cache.queue.bytes(), half);
    EXPECT_GT(cache.queue.size(), 20U);
    cache.queue.clear();
    EXPECT_EQ(cache.queue.bytes(), 0U);
}

/// Any sequence of operations: what is found was inserted last, bytes never pass the capacity, the sum stays true.
TEST(S3Fifo, agrees_with_a_plain_map_about_values) {
    std::mt19937 random{7};
    Queue queue{60'000};
    std::unordered_map<int, std::string> model;
    for (int step = 0; step < 50'000; ++step) {
        const int key = static_cast<int>(random() % 200);
        switch (random() % 8) {
            case 0: {
                const auto value = std::to_string(random());
                const auto gone = [&](int dropped, const std::string&) { model.erase(dropped); };
                model[key] = value;
                ASSERT_TRUE(queue.insert(key, value, 100 + random() % 3'000, gone));
                break;
            }
            case 1: EXPECT_EQ(queue.erase(key), model.erase(key) > 0); break;
            default: {
                const auto* found = queue.find(key);
                ASSERT_EQ(found != nullptr, model.contains(key)) << step;
                if (found != nullptr) EXPECT_EQ(*found, model[key]);
            }
        }
        ASSERT_LE(queue.bytes(), queue.capacity());
        ASSERT_EQ(queue.size(), model.size());
    }
}

}  // namespace
