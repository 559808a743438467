#include "query/batching/batch_core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace {

using namespace std::chrono_literals;
using query::BatchCore;
using Tickets = std::vector<BatchCore::Ticket>;

const base::TimePoint start{1h};

TEST(BatchCore, reads_of_a_kind_gather_and_leave_together_in_the_order_they_came) {
    BatchCore core{{.size = 10, .gather = 100ms}};
    core.join(start, "a", 3);
    core.join(start + 50ms, "a", 1);
    core.join(start + 100ms, "a", 2);
    EXPECT_EQ(core.batches(), 1U);
    EXPECT_EQ(core.depart(2), (Tickets{3, 1, 2}));
    EXPECT_EQ(core.waiting(), 0U);
    EXPECT_EQ(core.batches(), 0U);
}

TEST(BatchCore, what_comes_later_than_the_time_to_gather_opens_another) {
    BatchCore core{{.size = 10, .gather = 100ms}};
    core.join(start, "a", 1);
    core.join(start + 101ms, "a", 2);
    core.join(start + 102ms, "a", 3);
    EXPECT_EQ(core.batches(), 2U);
    EXPECT_EQ(core.depart(1), Tickets{1});
    EXPECT_EQ(core.depart(2), (Tickets{2, 3}));
}

TEST(BatchCore, a_full_batch_takes_nobody_more) {
    BatchCore core{{.size = 2, .gather = 100ms}};
    for (BatchCore::Ticket ticket = 1; ticket <= 5; ++ticket) core.join(start, "a", ticket);
    EXPECT_EQ(core.depart(5), Tickets{5});
    EXPECT_EQ(core.depart(3), (Tickets{3, 4}));
    EXPECT_EQ(core.depart(1), (Tickets{1, 2}));
}

TEST(BatchCore, kinds_do_not_mix) {
    BatchCore core{{.size = 10, .gather = 100ms}};
    core.join(start, "a", 1);
    core.join(start, "b", 2);
    core.join(start, "a", 3);
    EXPECT_EQ(core.depart(1), (Tickets{1, 3}));
    EXPECT_EQ(core.depart(2), Tickets{2});
}

TEST(BatchCore, who_leaves_makes_room_and_the_last_one_ends_the_batch) {
    BatchCore core{{.size = 2, .gather = 100ms}};
    core.join(start, "a", 1);
    core.join(start, "a", 2);
    EXPECT_TRUE(core.leave(1));
    core.join(start + 1ms, "a", 3);
    EXPECT_EQ(core.batches(), 1U);
    EXPECT_TRUE(core.leave(2));
    EXPECT_TRUE(core.leave(3));
    EXPECT_EQ(core.batches(), 0U);
    EXPECT_FALSE(core.leave(3));
    core.join(start + 500ms, "a", 4);
    EXPECT_EQ(core.depart(4), Tickets{4});
}

TEST(BatchCore, a_batch_that_has_left_is_not_joined) {
    BatchCore core{{.size = 10, .gather = 100ms}};
    core.join(start, "a", 1);
    core.depart(1);
    core.join(start, "a", 2);
    EXPECT_EQ(core.depart(2), Tickets{2});
    EXPECT_TRUE(core.depart(1).empty());
}

/// The rules, kept the simple way.
struct Model {
    struct Batch {
        std::string kind;
        base::TimePoint opened;
        Tickets tickets;
        bool newest = true;
    };
    std::vector<Batch> batches;

    Batch* of(BatchCore::Ticket ticket) {
        for (auto& batch : batches) {
            if (std::ranges::count(batch.tickets, ticket) > 0) return &batch;
        }
        return nullptr;
    }
    void join(base::TimePoint now, const std::string& kind, BatchCore::Ticket ticket, BatchCore::Limits limits) {
        for (auto& batch : batches) {
            if (batch.kind != kind || !batch.newest) continue;
            if (batch.tickets.size() < limits.size && now - batch.opened <= limits.gather) {
                batch.tickets.push_back(ticket);
                return;
            }
            batch.newest = false;
        }
        batches.push_back({kind, now, {ticket}});
    }
    void tidy() {
        std::erase_if(batches, [](const Batch& batch) { return batch.tickets.empty(); });
    }
};

TEST(BatchCore, in_any_order_of_events_every_read_is_in_one_batch_until_it_leaves) {
    std::mt19937 random{7};
    const auto pick = [&](unsigned below) { return std::uniform_int_distribution<unsigned>{0, below - 1}(random); };
    for (int round = 0; round < 300; ++round) {
        const BatchCore::Limits limits{.size = 1 + pick(4), .gather = std::chrono::milliseconds{pick(40)}};
        BatchCore core{limits};
        Model model;
        std::set<BatchCore::Ticket> waiting;
        base::TimePoint now = start;
        for (BatchCore::Ticket ticket = 1; ticket <= 60; ++ticket) {
            now += std::chrono::milliseconds{pick(15)};
            const std::string kind{static_cast<char>('a' + pick(2))};
            core.join(now, kind, ticket);
            model.join(now, kind, ticket, limits);
            waiting.insert(ticket);
            if (pick(2) == 0) continue;
            auto chosen = waiting.begin();
            std::advance(chosen, pick(static_cast<unsigned>(waiting.size())));
            auto* batch = model.of(*chosen);
            if (pick(2) == 0) {
                EXPECT_EQ(core.depart(*chosen), batch->tickets);
                EXPECT_LE(batch->tickets.size(), limits.size);
                for (const auto one : Tickets{batch->tickets}) waiting.erase(one);
                batch->tickets.clear();
            } else {
                EXPECT_TRUE(core.leave(*chosen));
                std::erase(batch->tickets, *chosen);
                waiting.erase(chosen);
            }
            model.tidy();
            ASSERT_EQ(core.waiting(), waiting.size());
            ASSERT_EQ(core.batches(), model.batches.size());
        }
    }
}

}  // namespace
