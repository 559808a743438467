#include "sql/quoting.hpp"

#include <gtest/gtest.h>

namespace sql {
namespace {

using Parts = std::vector<std::string>;

TEST(Quoting, quotes_names_and_strings_for_snowflake) {
    EXPECT_EQ(quote_identifier("my \"x\""), "\"my \"\"x\"\"\"");
    EXPECT_EQ(quote_string("it's a \\ back"), "'it''s a \\\\ back'");
    EXPECT_EQ(quote_name({"DB", "", "t"}), "\"DB\"..\"t\"");
}

TEST(Quoting, leaves_plain_names_bare) {
    EXPECT_EQ(quote_identifier_if_needed("ORDERS_2$"), "ORDERS_2$");
    EXPECT_EQ(quote_identifier_if_needed("orders"), "\"orders\"");
    EXPECT_EQ(quote_identifier_if_needed("SELECT"), "\"SELECT\"");
    EXPECT_EQ(quote_identifier_if_needed("2024"), "\"2024\"");
    EXPECT_EQ(quote_identifier_if_needed("A$$B"), "\"A$$B\"");
    EXPECT_EQ(quote_identifier_if_needed(""), "\"\"");
}

TEST(Quoting, reads_names_as_people_type_them) {
    EXPECT_EQ(*parse_name("db.\"My.Schema\".t"), (Parts{"DB", "My.Schema", "T"}));
    EXPECT_EQ(*parse_name(" a . b "), (Parts{"A", "B"}));
    EXPECT_EQ(*parse_name("db..t"), (Parts{"DB", "", "T"}));
    EXPECT_EQ(*parse_name("t"), (Parts{"T"}));
}

TEST(Quoting, refuses_what_is_no_name) {
    for (const char* text :
         {"", "a.", ".a", "a b", "a.b.c.d", "a;b", "'a'", "a..", "\"\"", "a-b", "1a", "a...b", "\"a", "f(x)"}) {
        EXPECT_FALSE(parse_name(text).has_value()) << text;
    }
    EXPECT_EQ(parse_name("a b").error().kind(), base::Kind::bad_argument);
    EXPECT_FALSE(parse_name("a.b", 1).has_value());
}

}  // namespace
}  // namespace sql
