#include "query/names.hpp"

#include <gtest/gtest.h>

namespace {

std::string folded(std::string_view text) {
    auto name = query::fold_name("database", text);
    return name ? *name : "error: " + name.error().message();
}

std::string sql_of(std::string_view name, std::string_view database = {}, std::string_view schema = {}) {
    auto object = query::object_name("table_name", name, database, schema);
    return object ? object->sql() : "error: " + object.error().message();
}

TEST(FoldName, folds_a_bare_word_as_sql_does) {
    EXPECT_EQ(folded("orders"), "ORDERS");
    EXPECT_EQ(folded(" Orders_2024$ "), "ORDERS_2024$");
    EXPECT_EQ(folded("select"), "SELECT");
}

TEST(FoldName, keeps_a_quoted_name_exact) {
    EXPECT_EQ(folded("\"orders\""), "orders");
    EXPECT_EQ(folded("\"a \"\"b\"\"\""), "a \"b\"");
}

TEST(FoldName, takes_what_can_not_stand_bare_as_the_exact_name) {
    EXPECT_EQ(folded("my table"), "my table");
    EXPECT_EQ(folded("2024"), "2024");
    EXPECT_EQ(folded("größe"), "größe");
    EXPECT_EQ(folded("x'; DROP TABLE t; --"), "x'; DROP TABLE t; --");
}

TEST(FoldName, refuses_no_name_a_giant_and_control_characters) {
    EXPECT_EQ(folded(""), "error: database: the name is empty");
    EXPECT_EQ(folded("\"\""), "error: database: a quote inside a quoted name is written twice");
    EXPECT_EQ(folded(std::string(255, 'a')), std::string(255, 'A'));
    EXPECT_EQ(folded(std::string(256, 'a')), "error: database: a name has at most 255 characters");
    EXPECT_EQ(folded(std::string_view{"a\0b", 3}), "error: database: a name has no control characters");
    EXPECT_EQ(folded("a\nb"), "error: database: a name has no control characters");
    EXPECT_EQ(folded("\xFF"), "error: database: a name has no control characters");
}

TEST(FoldName, names_the_argument) {
    auto name = query::fold_name("schema", "");
    ASSERT_FALSE(name);
    EXPECT_EQ(name.error().argument(), "schema");
    EXPECT_EQ(name.error().kind(), base::Kind::bad_argument);
}

TEST(ObjectName, joins_what_was_given) {
    EXPECT_EQ(sql_of("orders"), R"("ORDERS")");
    EXPECT_EQ(sql_of("orders", "", "sales"), R"("SALES"."ORDERS")");
    EXPECT_EQ(sql_of("orders", "db", "sales"), R"("DB"."SALES"."ORDERS")");
    EXPECT_EQ(sql_of("orders", "db"), R"("DB".."ORDERS")");
}

TEST(ObjectName, reads_a_dotted_name) {
    EXPECT_EQ(sql_of("sales.orders"), R"("SALES"."ORDERS")");
    EXPECT_EQ(sql_of("db.sales.\"orders\""), R"("DB"."SALES"."orders")");
    EXPECT_EQ(sql_of("sales.orders", "db"), R"("DB"."SALES"."ORDERS")");
    EXPECT_EQ(sql_of("db..orders"), R"("DB"."PUBLIC"."ORDERS")");
}

TEST(ObjectName, refuses_a_contradiction) {
    EXPECT_TRUE(sql_of("sales.orders", "db", "sales").starts_with("\"DB\""));
    EXPECT_TRUE(sql_of("sales.orders", "db", "other").starts_with("error"));
    EXPECT_TRUE(sql_of("db.sales.orders", "other").starts_with("error"));
}

TEST(ObjectName, quotes_whatever_was_tried) {
    EXPECT_EQ(sql_of("t\"; DROP TABLE x; --"), R"("t""; DROP TABLE x; --")");
    EXPECT_EQ(sql_of("a.b; DELETE FROM c"), R"("a.b; DELETE FROM c")");
}

TEST(ObjectName, is_shown_as_a_person_would_write_it) {
    EXPECT_EQ(query::object_name("t", "sales.\"my orders\"", "db", "")->shown(), "DB.SALES.\"my orders\"");
}

TEST(LikePattern, holds_no_wildcard_but_the_underscore) {
    EXPECT_EQ(query::like_pattern("A_B"), "'A_B'");
    EXPECT_EQ(query::like_pattern("50%\\"), "'50__'");
    EXPECT_EQ(query::like_pattern("it's"), "'it''s'");
}

TEST(Explain, explains_once) {
    EXPECT_EQ(query::explain("SELECT 1"), "EXPLAIN SELECT 1");
    EXPECT_EQ(query::explain("-- why\nexplain using text select 1"), "-- why\nexplain using text select 1");
    EXPECT_EQ(query::explain("\"EXPLAIN\""), "EXPLAIN \"EXPLAIN\"");
}

}  // namespace
