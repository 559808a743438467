#include "access/quota_book.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using access_control::QuotaBook;
using access_control::Usage;
using Kind = QuotaBook::Verdict::Kind;
using Part = QuotaBook::Part;
using Sharing = QuotaBook::Sharing;

constexpr base::TimePoint now{100h};
constexpr QuotaBook::Day today = 20'000;

TEST(QuotaBook, lets_just_as_many_statements_begin_as_the_quota_says) {
    QuotaBook book;
    const Usage quota{.queries = 3};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(book.take("a", quota, today, now, Sharing::none).kind, Kind::allowed) << i;
    const auto refused = book.take("a", quota, today, now, Sharing::none);
    EXPECT_EQ(refused.kind, Kind::refused);
    EXPECT_EQ(refused.part, Part::queries);
    EXPECT_EQ(refused.used.queries, 3u) << "what was refused does not count";
    EXPECT_EQ(book.take("b", quota, today, now, Sharing::none).kind, Kind::allowed) << "another caller has its own";
}

TEST(QuotaBook, refuses_once_bytes_or_seconds_are_used_up) {
    QuotaBook book;
    book.add("a", today, {.result_bytes = 999});
    EXPECT_EQ(book.take("a", {.result_bytes = 1'000}, today, now, Sharing::none).kind, Kind::allowed);
    book.add("a", today, {.result_bytes = 1});
    EXPECT_EQ(book.take("a", {.result_bytes = 1'000}, today, now, Sharing::none).part, Part::result_bytes);
    book.add("b", today, {.warehouse_ms = 60'000});
    EXPECT_EQ(book.take("b", {.warehouse_ms = 60'000}, today, now, Sharing::none).part, Part::warehouse);
    EXPECT_EQ(book.take("b", {.warehouse_ms = 60'001}, today, now, Sharing::none).kind, Kind::allowed);
}

TEST(QuotaBook, begins_anew_each_day_in_utc) {
    QuotaBook book;
    EXPECT_EQ(book.take("a", {.queries = 1}, today, now, Sharing::none).kind, Kind::allowed);
    EXPECT_EQ(book.take("a", {.queries = 1}, today, now, Sharing::none).kind, Kind::refused);
    EXPECT_EQ(book.take("a", {.queries = 1}, today + 1, now, Sharing::none).kind, Kind::allowed);
    EXPECT_EQ(book.take("a", {.queries = 1}, today, now, Sharing::none).kind, Kind::refused)
        << "a clock set back over midnight renews nothing";
    const base::WallTime last_second = base::WallTime{} + std::chrono::days{today} + 24h - 1s;
    EXPECT_EQ(QuotaBook::day_of(last_second), today);
    EXPECT_EQ(QuotaBook::day_of(last_second + 1s), today + 1);
    EXPECT_EQ(QuotaBook::end_of(today), last_second + 1s);
}

TEST(QuotaBook, believes_a_clock_again_that_was_far_ahead) {
    QuotaBook book;
    book.add("a", today + 400, {.queries = 5});
    EXPECT_EQ(book.take("a", {.queries = 1}, today, now, Sharing::none).kind, Kind::allowed);
}

TEST(QuotaBook, asks_the_others_where_the_figures_are_old_or_little_is_left) {
    QuotaBook book;
    const Usage quota{.queries = 1'000};
    EXPECT_EQ(book.take("a", quota, today, now, Sharing::shared).kind, Kind::ask) << "nobody has said anything yet";
    book.sent("a", today, {}, {.queries = 10}, now);
    EXPECT_EQ(book.take("a", quota, today, now, Sharing::shared).kind, Kind::allowed);
    EXPECT_EQ(book.take("a", quota, today, now + 1s, Sharing::shared).kind, Kind::ask) << "a second old";
    book.sent("a", today, {}, {.queries = 900}, now);
    EXPECT_EQ(book.take("a", quota, today, now, Sharing::shared).kind, Kind::ask) << "a tenth is left";
    book.sent("b", today, {}, {.queries = 0}, now);
    EXPECT_EQ(book.take("b", {.queries = 16}, today, now, Sharing::shared).kind, Kind::ask) << "a small quota";
}

TEST(QuotaBook, tells_the_others_each_thing_once) {
    QuotaBook book;
    book.add("a", today, {.queries = 1, .result_bytes = 10});
    const auto first = book.unsent("a", today);
    EXPECT_EQ(first, (Usage{.queries = 1, .result_bytes = 10}));
    EXPECT_EQ(book.unsent("a", today), Usage{});
    book.add("a", today, {.queries = 1});
    EXPECT_EQ(book.used("a", today).queries, 2u) << "under way counts here";
    book.sent("a", today, first, {.queries = 7, .result_bytes = 100}, now);
    EXPECT_EQ(book.used("a", today), (Usage{.queries = 8, .result_bytes = 100}));
    const auto second = book.unsent("a", today);
    book.not_sent("a", today, second);
    EXPECT_EQ(book.unsent("a", today), second) << "it is sent again";
}

TEST(QuotaBook, forgets_what_came_back_from_yesterday) {
    QuotaBook book;
    book.add("a", today, {.queries = 3});
    const auto ours = book.unsent("a", today);
    book.add("a", today + 1, {.queries = 1});
    book.sent("a", today, ours, {.queries = 50}, now);
    EXPECT_EQ(book.used("a", today + 1).queries, 1u);
}

TEST(QuotaBook, sends_nothing_of_the_new_day_as_yesterday_s) {
    QuotaBook book;
    book.add("a", today + 1, {.queries = 2});
    EXPECT_EQ(book.unsent("a", today), Usage{}) << "a sender that began before midnight";
    EXPECT_EQ(book.unsent("a", today + 1).queries, 2u);
}

TEST(QuotaBook, has_one_sender_at_a_time) {
    QuotaBook book;
    EXPECT_FALSE(book.begin_sending("a", today)) << "nothing to send";
    book.add("a", today, {.queries = 1});
    EXPECT_TRUE(book.begin_sending("a", today));
    EXPECT_FALSE(book.begin_sending("a", today));
    EXPECT_TRUE(book.go_on_sending("a", today, QuotaBook::After::all));
    (void)book.unsent("a", today);
    EXPECT_FALSE(book.go_on_sending("a", today, QuotaBook::After::all));
    book.add("a", today, {.queries = 1});
    EXPECT_TRUE(book.begin_sending("a", today));
    EXPECT_FALSE(book.go_on_sending("a", today, QuotaBook::After::now));
}

TEST(QuotaBook, remembers_no_more_principals_than_it_may) {
    QuotaBook book{100};
    for (int i = 0; i < 1'000; ++i) book.add("key:" + std::to_string(i), today, {.queries = 1});
    EXPECT_EQ(book.busiest(today, 1'000).size(), 100u);
}

}  // namespace
