#include "tools/search_rank.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using tools::Search;
using tools::words_of;

int score(std::string_view query, std::string_view name, std::string_view comment = {},
          std::vector<std::string> columns = {}) {
    const Search search{query};
    auto scored = search.start();
    search.add_name(scored, name);
    search.add_comment(scored, comment);
    for (const auto& column : columns) search.add_column(scored, column, {});
    return search.total(scored);
}

TEST(WordsOf, cuts_names_where_they_are_composed) {
    EXPECT_THAT(words_of("ORDER_ITEMS"), ElementsAre("order", "items"));
    EXPECT_THAT(words_of("customerOrders2024"), ElementsAre("customer", "orders", "2024"));
    EXPECT_THAT(words_of("V$SALES-by.region"), ElementsAre("v", "sales", "by", "region"));
    EXPECT_THAT(words_of("größe"), ElementsAre("größe"));
    EXPECT_THAT(words_of("  "), ElementsAre());
}

TEST(SearchRank, a_whole_name_beats_a_word_beats_a_part_beats_a_comment) {
    const int whole = score("orders", "ORDERS");
    const int word = score("orders", "ORDERS_BY_DAY");
    const int beginning = score("orders", "ORDERSETS");
    const int part = score("orders", "REORDERSTOCK");
    const int comment = score("orders", "X", "all orders of a year");
    EXPECT_GT(whole, word);
    EXPECT_GT(word, beginning);
    EXPECT_GT(beginning, part);
    EXPECT_GT(part, comment);
    EXPECT_GT(comment, 0);
}

TEST(SearchRank, singular_finds_plural_and_back) {
    EXPECT_GT(score("order", "ORDERS"), 0);
    EXPECT_EQ(score("orders", "ORDER_ITEMS"), score("order", "ORDER_ITEMS"));
    EXPECT_GT(score("categories", "CATEGORY"), 0);
    EXPECT_GT(score("boxes", "BOX"), 0);
    EXPECT_EQ(score("status", "STATU"), score("status", "STATU"));
}

TEST(SearchRank, forgives_one_wrong_letter_in_a_long_word_only) {
    EXPECT_GT(score("custmer", "CUSTOMER"), 0);
    EXPECT_GT(score("cusotmer", "CUSTOMER"), 0);
    EXPECT_GT(score("costumer", "CUSTUMER"), 0);
    EXPECT_EQ(score("cat", "CAR"), 0);
    EXPECT_LT(score("custmer", "CUSTOMER"), score("customer", "CUSTOMER"));
}

TEST(SearchRank, who_has_all_words_comes_before_who_has_some) {
    EXPECT_GT(score("customer orders", "CUSTOMER_ORDERS"), score("customer orders", "ORDERS"));
    EXPECT_GT(score("customer orders", "ORDERS", "of each customer"), score("customer orders", "ORDERS"));
    EXPECT_GT(score("customer revenue", "X", {}, {"CUSTOMER_ID", "REVENUE"}),
              score("customer revenue", "X", {}, {"REVENUE"}));
}

TEST(SearchRank, small_words_do_not_find_anything_by_themselves) {
    EXPECT_EQ(score("the table of orders", "TABLE_OF_CONTENTS"), 0);
    EXPECT_GT(score("the table of orders", "ORDERS"), 0);
    EXPECT_GT(score("table", "TABLE_OF_CONTENTS"), 0) << "but where there is nothing else";
}

TEST(SearchRank, the_place_helps_only_what_fits_already) {
    const Search search{"sales orders"};
    auto fits = search.start();
    search.add_name(fits, "ORDERS");
    const int before = search.total(fits);
    search.add_place(fits, "SALES");
    EXPECT_GT(search.total(fits), before);
    auto not_at_all = search.start();
    search.add_place(not_at_all, "SALES");
    EXPECT_EQ(search.total(not_at_all), 0);
}

TEST(SearchRank, no_words_fit_everything) {
    const Search search{"  * "};
    EXPECT_TRUE(search.matches_everything());
    EXPECT_EQ(search.total(search.start()), 1);
}

TEST(SearchRank, nothing_fits_nothing) { EXPECT_EQ(score("zebra", "ORDERS", "one row an order", {"ID"}), 0); }

}  // namespace
