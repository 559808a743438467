#include "base/memory_budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

namespace {

using base::Lease;
using base::MemoryBudget;

MemoryBudget::Limits of_thousand() { return {.bytes = 1000, .large = 100}; }

TEST(MemoryBudget, gives_back_what_a_lease_held) {
    MemoryBudget budget{of_thousand()};
    {
        auto lease = budget.take(300);
        ASSERT_TRUE(lease);
        EXPECT_EQ(lease->bytes(), 300u);
        EXPECT_EQ(budget.used(), 300u);
        lease->shrink_to(100);
        EXPECT_EQ(budget.used(), 100u);
        lease->shrink_to(200);
        EXPECT_EQ(lease->bytes(), 100u) << "growing is a new lease";
    }
    EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudget, moves_a_lease_without_counting_twice) {
    MemoryBudget budget{of_thousand()};
    Lease first = *budget.take(100);
    Lease second = std::move(first);
    EXPECT_EQ(first.bytes(), 0u);
    EXPECT_EQ(budget.used(), 100u);
    second = *budget.take(50);
    EXPECT_EQ(budget.used(), 50u);
    second.release();
    second.release();
    EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudget, refuses_a_large_lease_just_above_95_percent) {
    MemoryBudget budget{of_thousand()};
    const Lease held = *budget.take(850);
    EXPECT_TRUE(budget.take(100)) << "950 of 1000 just holds";
    const auto refused = budget.take(101);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), base::Kind::overloaded);
    EXPECT_TRUE(refused.error().retry_after());
    EXPECT_NE(refused.error().message().find("MAX_MEMORY_MB"), std::string::npos);
    EXPECT_EQ(budget.used(), 850u) << "a refusal takes nothing";
}

TEST(MemoryBudget, gives_small_leases_up_to_the_limit_itself) {
    MemoryBudget budget{of_thousand()};
    const Lease held = *budget.take(950);
    EXPECT_TRUE(budget.take(50));
    EXPECT_FALSE(budget.take(51));
}

TEST(MemoryBudget, counts_small_things_that_must_go_on_without_refusing_them) {
    MemoryBudget budget{of_thousand()};
    const Lease held = budget.count(5000);
    EXPECT_EQ(budget.used(), 5000u);
    EXPECT_FALSE(budget.take(1));
}

TEST(MemoryBudget, asks_the_shrinker_above_90_percent_for_what_lies_above) {
    MemoryBudget budget{of_thousand()};
    std::vector<std::size_t> wanted;
    budget.on_pressure([&](std::size_t bytes) { wanted.push_back(bytes); });
    const Lease a = *budget.take(900);
    EXPECT_TRUE(wanted.empty()) << "90 % just holds";
    const Lease b = *budget.take(10);
    EXPECT_EQ(wanted, std::vector<std::size_t>{10});
}

TEST(MemoryBudget, gives_a_lease_when_the_shrinker_made_room) {
    MemoryBudget budget{of_thousand()};
    Lease cache = *budget.take(800);
    budget.on_pressure([&](std::size_t) { cache.release(); });
    const auto lease = budget.take(500);
    ASSERT_TRUE(lease);
    EXPECT_EQ(budget.used(), 500u);
}

TEST(MemoryBudget, does_not_empty_the_cache_for_what_can_never_fit) {
    MemoryBudget budget{of_thousand()};
    bool asked = false;
    budget.on_pressure([&](std::size_t) { asked = true; });
    EXPECT_FALSE(budget.take(1001));
    EXPECT_FALSE(budget.take(SIZE_MAX));
    EXPECT_FALSE(asked);
    EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudget, never_goes_over_its_limit_and_comes_back_to_nothing_with_many_threads) {
    MemoryBudget budget{{.bytes = 1000, .large = 1000}};
    std::atomic<bool> over = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20000; ++i) {
                const auto lease = budget.take(300);
                if (budget.used() > budget.limit()) {
                    over = true;
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_FALSE(over);
    EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
