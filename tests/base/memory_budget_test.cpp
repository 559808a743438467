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

TEST(MemoryBudget, joins_leases_into_one) {
    MemoryBudget budget{of_thousand()};
    Lease lease;
    lease.join(*budget.take(100));
    lease.join(*budget.take(50));
    EXPECT_EQ(lease.bytes(), 150u);
    EXPECT_EQ(budget.used(), 150u);
    lease.join(Lease{});
    lease.release();
    EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudget, what_grows_is_large_as_soon_as_the_whole_is) {
    MemoryBudget budget{of_thousand()};
    const Lease others = *budget.take(940);
    EXPECT_TRUE(budget.grow(0, 20)) << "small as a whole: up to the limit";
    EXPECT_TRUE(budget.grow(90, 10)) << "large as a whole, and just below 95 percent";
    EXPECT_FALSE(budget.grow(90, 11)) << "and just above";
}

/// A process that holds more than was leased.
struct Held {
    std::size_t resident = 0;
    int looks = 0;
    MemoryBudget::Resident look() {
        return [this] {
            ++looks;
            return resident;
        };
    }
};

TEST(MemoryBudget, takes_off_what_the_process_holds_before_anybody_leases) {
    MemoryBudget budget{of_thousand()};
    Held held{.resident = 150};
    budget.watch(1'200, held.look());
    EXPECT_EQ(budget.limit(), 850u);
    EXPECT_EQ(budget.available(), 850u);
    Held giant{.resident = 5'000};
    MemoryBudget small{of_thousand()};
    small.watch(1'200, giant.look());
    EXPECT_EQ(small.limit(), 500u) << "half of it is left";
}

TEST(MemoryBudget, what_nobody_leased_narrows_it_where_both_do_not_fit) {
    MemoryBudget budget{of_thousand()};
    Held held{.resident = 0};
    budget.watch(1'000, held.look());
    const Lease leased = *budget.take(500);
    held.resident = 500 + 300;  // the leased ones, and others
    budget.look();
    EXPECT_EQ(budget.unleased(), 300u);
    EXPECT_EQ(budget.available(), 700u);
    EXPECT_TRUE(budget.take(150)) << "650 of 700: below 95 percent";
    const auto refused = budget.take(200);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("MAX_MEMORY_MB"), std::string::npos);
}

TEST(MemoryBudget, comes_back_when_the_process_holds_less) {
    MemoryBudget budget{of_thousand()};
    Held held{.resident = 0};
    budget.watch(1'000, held.look());
    held.resident = 900;
    budget.look();
    EXPECT_FALSE(budget.take(300));
    held.resident = 0;
    // Not at once: what is leased may not be there yet, and would hide what else is.
    budget.look();
    EXPECT_GT(budget.unleased(), 700u);
    for (int look = 0; look < 40; ++look) budget.look();
    EXPECT_TRUE(budget.take(300)) << "service came back";
}

TEST(MemoryBudget, looks_by_itself_when_much_was_leased) {
    MemoryBudget budget{{.bytes = 6'400, .large = 1'000}};
    Held held{.resident = 0};
    budget.watch(10'000, held.look());
    const int before = held.looks;
    EXPECT_TRUE(budget.take(99));
    EXPECT_EQ(held.looks, before);
    EXPECT_TRUE(budget.take(1));
    EXPECT_EQ(held.looks, before + 1) << "a 64th of the budget";
}

TEST(MemoryBudget, small_answers_go_on_when_the_process_holds_more_than_it_may) {
    MemoryBudget budget{of_thousand()};
    Held held{.resident = 0};
    budget.watch(1'000, held.look());
    held.resident = 3'000;
    budget.look();
    EXPECT_TRUE(budget.take(50));
    EXPECT_FALSE(budget.take(200));
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
