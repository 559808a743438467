// Multiplexing: sessions that carry several reads at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/core_stand.hpp"
#include "backend/pool_core.hpp"

namespace backend_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Context sales{.database = "SALES", .schema = "PUBLIC"};
const Context hr{.database = "HR", .schema = "PUBLIC"};
const PoolCore::Seen home{.context = sales, .carries_several = true};
constexpr Use read = Use::shared_read;

/// No checks: only what the test is about.
PoolSettings quiet(PoolSettings settings) {
    settings.health_check_interval = 10'000min;
    return settings;
}

TEST(PoolCoreSharing, a_read_of_the_same_context_joins_a_session_that_reads) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 2", "lend session 1 to caller 3 (shared)"));
    EXPECT_EQ(stand.figures().lendings, 2);
    EXPECT_EQ(stand.figures().active, 1);
    EXPECT_EQ(stand.figures().shared, 1);
    stand.give_back(1, home);
    EXPECT_EQ(stand.figures().active, 1);
    stand.give_back(1, home);
    EXPECT_EQ(stand.figures().idle, 1);
}

TEST(PoolCoreSharing, an_idle_session_of_the_context_comes_first) {
    CoreStand stand{quiet({.max_size = 2})};
    stand.open_sessions(2, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 2 to caller 3", "lend session 1 to caller 4"));
}

TEST(PoolCoreSharing, no_more_statements_than_a_warehouse_runs_at_once) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    for (int i = 0; i < PoolCore::statements_at_once; ++i) stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), SizeIs(PoolCore::statements_at_once));
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.give_back(1, home);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 10 (shared)"));
}

TEST(PoolCoreSharing, no_more_sessions_than_the_setting_says) {
    CoreStand stand{quiet({.max_size = 3, .max_shared = 1})};
    stand.open_sessions(3, sales, true);
    for (int i = 0; i < 3; ++i) stand.arrive(sales, read);
    stand.done();
    for (int i = 0; i < 10; ++i) stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), SizeIs(PoolCore::statements_at_once - 1)) << "on one of the three";
    EXPECT_EQ(stand.figures().shared, 1);
}

TEST(PoolCoreSharing, none_where_it_is_switched_off) {
    CoreStand stand{quiet({.max_size = 1, .multiplexing = false})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), SizeIs(1));
}

TEST(PoolCoreSharing, only_sessions_that_carry_several) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, false);
    stand.arrive(sales, read);
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), SizeIs(1));
}

TEST(PoolCoreSharing, a_session_that_refused_a_second_statement_is_never_shared_again) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, read);
    stand.give_back(1, {.context = sales, .carries_several = false});
    stand.done();
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), IsEmpty());
    stand.give_back(1, home);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 4"));
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), IsEmpty()) << "whatever it says later";
}

TEST(PoolCoreSharing, only_reads_beside_reads) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, Use::exclusive);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 2"));
    stand.give_back(1, home);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3"));
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), IsEmpty()) << "it is lent to somebody alone";
}

TEST(PoolCoreSharing, a_session_that_carries_statements_is_never_switched) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(hr, read);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 2"));
}

TEST(PoolCoreSharing, a_session_on_its_way_to_another_context_is_not_shared) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(hr, read);
    stand.arrive(hr, read);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 2 (switch)"));
    stand.give_back(1, {.context = hr, .carries_several = true});
    stand.arrive(hr, read);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3", "lend session 1 to caller 4 (shared)"));
}

TEST(PoolCoreSharing, never_with_another_identity) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, read, "alice");
    EXPECT_THAT(stand.done(), SizeIs(1));
}

TEST(PoolCoreSharing, a_read_takes_the_shared_session_that_is_idle_and_a_write_another_one) {
    CoreStand stand{quiet({.max_size = 2})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, read);
    stand.arrive(hr, Use::exclusive);
    stand.logged_in(2, home);
    stand.give_back(2, home);
    stand.give_back(1, home);
    stand.give_back(1, home);
    stand.done();
    stand.now += 1s;
    stand.arrive(sales, Use::exclusive);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 2 to caller 5"));
    stand.now += 1s;
    stand.give_back(2, home);
    stand.arrive(sales, read);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 6")) << "though the other one was used later";
}

TEST(PoolCoreSharing, unused_for_the_timeout_it_is_an_ordinary_one_again) {
    CoreStand stand{quiet({.max_size = 2, .sharing_timeout = 60s, .max_shared = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, read);
    stand.give_back(1, home);
    stand.give_back(1, home);
    stand.after(60s - 1ns);
    EXPECT_EQ(stand.figures().shared, 1);
    EXPECT_EQ(stand.core.next_due(), stand.now + 1ns);
    stand.after(1ns);
    EXPECT_EQ(stand.figures().shared, 0);
}

TEST(PoolCoreSharing, joining_again_and_again_overtakes_nobody_more_than_ten_times) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, Use::exclusive);
    stand.done();
    int joined = 0;
    for (int i = 0; i < 50; ++i) {
        stand.arrive(sales, read);
        if (stand.done().empty()) break;
        ++joined;
        stand.give_back(1, home);
    }
    EXPECT_EQ(joined, PoolCore::max_overtakes);
    stand.give_back(1, home);
    EXPECT_THAT(stand.done(), ElementsAre("lend session 1 to caller 3")) << "who wants it alone";
}

TEST(PoolCoreSharing, ends_for_an_identity_that_keeps_another_one_from_its_room) {
    CoreStand stand{quiet({.max_size = 1})};
    stand.open_sessions(1, sales, true);
    stand.arrive(sales, read);
    stand.arrive(sales, read, "alice");
    stand.done();
    int joined = 0;
    for (int i = 0; i < 50; ++i) {
        stand.arrive(sales, read);
        if (stand.done().empty()) break;
        ++joined;
        stand.give_back(1, home);
    }
    EXPECT_EQ(joined, PoolCore::max_overtakes);
    stand.give_back(1, home);
    EXPECT_THAT(stand.done(), ElementsAre("close session 1"));
}

}  // namespace
}  // namespace backend_test
