#include "async/deadline_wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using async::DeadlineWheel;
using base::TimePoint;

const TimePoint start{1000h};

TEST(DeadlineWheel, fires_at_the_tick_or_one_later_and_never_earlier) {
    DeadlineWheel wheel{start};
    bool fired = false;
    DeadlineWheel::Entry entry{[&] { fired = true; }};
    wheel.arm(entry, start + 25ms);
    wheel.advance(start + 24ms);
    EXPECT_FALSE(fired);
    wheel.advance(start + 29ms);
    EXPECT_FALSE(fired) << "25 ms lies inside the third tick, which is over at 30 ms";
    wheel.advance(start + 30ms);
    EXPECT_TRUE(fired);
    EXPECT_FALSE(entry.armed());
    EXPECT_EQ(wheel.size(), 0u);
}

TEST(DeadlineWheel, fires_on_the_tick_itself_when_the_time_is_a_whole_one) {
    DeadlineWheel wheel{start};
    int fired = 0;
    DeadlineWheel::Entry entry{[&] { ++fired; }};
    wheel.arm(entry, start + 40ms);
    wheel.advance(start + 39ms);
    EXPECT_EQ(fired, 0);
    wheel.advance(start + 40ms);
    EXPECT_EQ(fired, 1);
    wheel.advance(start + 10s);
    EXPECT_EQ(fired, 1);
}

TEST(DeadlineWheel, fires_a_time_in_the_past_at_the_next_advance) {
    DeadlineWheel wheel{start};
    wheel.advance(start + 1s);
    bool fired = false;
    DeadlineWheel::Entry entry{[&] { fired = true; }};
    wheel.arm(entry, start + 10ms);
    ASSERT_TRUE(wheel.next());
    EXPECT_LE(*wheel.next(), start + 1s);
    wheel.advance(start + 1s);
    EXPECT_TRUE(fired);
}

TEST(DeadlineWheel, fires_what_lies_before_its_own_beginning) {
    DeadlineWheel wheel{start};
    bool fired = false;
    DeadlineWheel::Entry entry{[&] { fired = true; }};
    wheel.arm(entry, TimePoint::min());
    wheel.advance(start);
    EXPECT_TRUE(fired);
}

TEST(DeadlineWheel, keeps_far_entries_for_more_turns) {
    DeadlineWheel wheel{start};
    TimePoint now = start;
    TimePoint fired_at{};
    DeadlineWheel::Entry entry{[&] { fired_at = now; }};
    wheel.arm(entry, start + 61s);
    for (; now < start + 2min; now += 10ms) {
        wheel.advance(now);
    }
    EXPECT_EQ(fired_at, start + 61s);
}

TEST(DeadlineWheel, fires_all_that_was_passed_by_a_jump_over_many_turns) {
    DeadlineWheel wheel{start};
    std::vector<int> fired;
    std::vector<std::unique_ptr<DeadlineWheel::Entry>> entries;
    for (int i = 0; i < 100; ++i) {
        entries.push_back(std::make_unique<DeadlineWheel::Entry>([&fired, i] { fired.push_back(i); }));
        wheel.arm(*entries.back(), start + i * 1s);
    }
    wheel.advance(start + 49s);
    EXPECT_EQ(fired.size(), 50u);
    EXPECT_EQ(wheel.size(), 50u);
    EXPECT_EQ(wheel.next(), start + 50s);
    wheel.advance(start + 24h);
    EXPECT_EQ(fired.size(), 100u);
}

TEST(DeadlineWheel, fires_in_order_of_time_within_a_turn) {
    DeadlineWheel wheel{start};
    std::string order;
    DeadlineWheel::Entry a{[&] { order += 'a'; }};
    DeadlineWheel::Entry b{[&] { order += 'b'; }};
    DeadlineWheel::Entry c{[&] { order += 'c'; }};
    DeadlineWheel::Entry d{[&] { order += 'd'; }};
    wheel.arm(c, start + 300ms);
    wheel.arm(a, start + 100ms);
    wheel.arm(b, start + 200ms);
    wheel.arm(d, start + 300ms);
    wheel.advance(start + 1s);
    EXPECT_EQ(order, "abcd");
}

TEST(DeadlineWheel, never_fires_what_was_cancelled_or_destroyed) {
    DeadlineWheel wheel{start};
    int fired = 0;
    DeadlineWheel::Entry cancelled{[&] { ++fired; }};
    wheel.arm(cancelled, start + 20ms);
    {
        DeadlineWheel::Entry destroyed{[&] { ++fired; }};
        wheel.arm(destroyed, start + 20ms);
    }
    cancelled.cancel();
    cancelled.cancel();
    EXPECT_EQ(wheel.size(), 0u);
    EXPECT_EQ(wheel.next(), std::nullopt);
    wheel.advance(start + 1s);
    EXPECT_EQ(fired, 0);
}

TEST(DeadlineWheel, lets_a_handler_cancel_what_is_due_in_the_same_advance) {
    DeadlineWheel wheel{start};
    int second_fired = 0;
    DeadlineWheel::Entry second{[&] { ++second_fired; }};
    DeadlineWheel::Entry first{[&] { second.cancel(); }};
    wheel.arm(first, start + 20ms);
    wheel.arm(second, start + 20ms);
    wheel.advance(start + 1s);
    EXPECT_EQ(second_fired, 0);
    EXPECT_EQ(wheel.size(), 0u);
}

TEST(DeadlineWheel, lets_a_handler_destroy_another_entry_that_is_due) {
    DeadlineWheel wheel{start};
    auto victim = std::make_unique<DeadlineWheel::Entry>([] { FAIL() << "it was destroyed"; });
    DeadlineWheel::Entry first{[&] { victim.reset(); }};
    wheel.arm(first, start + 20ms);
    wheel.arm(*victim, start + 30ms);
    wheel.advance(start + 1s);
    EXPECT_EQ(wheel.size(), 0u);
}

TEST(DeadlineWheel, lets_a_handler_arm_itself_again) {
    DeadlineWheel wheel{start};
    std::vector<TimePoint> beats;
    TimePoint now = start;
    DeadlineWheel::Entry entry{[&] {
        beats.push_back(now);
        wheel.arm(entry, now + 100ms);
    }};
    wheel.arm(entry, start + 100ms);
    for (; now <= start + 350ms; now += 10ms) {
        wheel.advance(now);
    }
    EXPECT_EQ(beats, (std::vector{start + 100ms, start + 200ms, start + 300ms}));
    EXPECT_TRUE(entry.armed());
}

TEST(DeadlineWheel, does_not_fire_in_the_same_advance_what_a_handler_arms_for_the_past) {
    DeadlineWheel wheel{start};
    int fired = 0;
    DeadlineWheel::Entry entry{[&] {
        ++fired;
        wheel.arm(entry, start);
    }};
    wheel.arm(entry, start + 10ms);
    wheel.advance(start + 1s);
    EXPECT_EQ(fired, 1);
    wheel.advance(start + 1s);
    EXPECT_EQ(fired, 2);
}

TEST(DeadlineWheel, counts_only_the_last_arming_of_an_entry) {
    DeadlineWheel wheel{start};
    int fired = 0;
    DeadlineWheel::Entry entry{[&] { ++fired; }};
    wheel.arm(entry, start + 50ms);
    wheel.arm(entry, start + 500ms);
    EXPECT_EQ(wheel.size(), 1u);
    EXPECT_EQ(entry.at(), start + 500ms);
    wheel.advance(start + 499ms);
    EXPECT_EQ(fired, 0);
    wheel.advance(start + 500ms);
    EXPECT_EQ(fired, 1);
}

TEST(DeadlineWheel, tells_its_owner_only_of_armings_that_come_first) {
    DeadlineWheel wheel{start};
    int told = 0;
    wheel.on_earlier([&] { ++told; });
    DeadlineWheel::Entry late{[] {}};
    DeadlineWheel::Entry early{[] {}};
    DeadlineWheel::Entry later{[] {}};
    wheel.arm(late, start + 1h);
    EXPECT_EQ(told, 1);
    wheel.arm(early, start + 1s);
    EXPECT_EQ(told, 2);
    wheel.arm(later, start + 2h);
    EXPECT_EQ(told, 2);
    EXPECT_EQ(wheel.next(), start + 1s);
    early.cancel();
    EXPECT_EQ(wheel.next(), start + 1h) << "exact once it is asked";
}

TEST(DeadlineWheel, leaves_entries_that_outlive_it_in_peace) {
    DeadlineWheel::Entry entry{[] {}};
    {
        DeadlineWheel wheel{start};
        wheel.arm(entry, start + 1s);
    }
    EXPECT_FALSE(entry.armed());
}

TEST(DeadlineWheel, agrees_with_a_plain_list_over_random_armings) {
    struct Model {
        std::unique_ptr<DeadlineWheel::Entry> entry;
        TimePoint due{};
        bool armed = false;
    };
    DeadlineWheel wheel{start};
    std::mt19937 random{20261124};
    TimePoint now = start;
    std::vector<Model> models(200);
    int wrong = 0;
    for (Model& model : models) {
        model.entry = std::make_unique<DeadlineWheel::Entry>([&] {
            wrong += !model.armed || now < model.due || now > model.due + 20ms;
            model.armed = false;
        });
    }
    for (int step = 0; step < 20000; ++step) {
        Model& model = models[random() % models.size()];
        if (random() % 4 == 0) {
            model.entry->cancel();
            model.armed = false;
        } else {
            model.due = now + std::chrono::milliseconds{random() % (random() % 3 == 0 ? 60000 : 300)};
            model.armed = true;
            wheel.arm(*model.entry, model.due);
        }
        now += 1ms;
        if (wheel.next() && *wheel.next() <= now) {
            wheel.advance(now);
        }
        std::size_t armed = 0;
        for (const Model& each : models) {
            armed += each.armed ? 1 : 0;
        }
        ASSERT_EQ(wheel.size(), armed);
    }
    EXPECT_EQ(wrong, 0);
}

}  // namespace
