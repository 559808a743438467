#include "sql/functions.hpp"

#include <gtest/gtest.h>

#include "sql/look_alike.hpp"
#include "sql/policy.hpp"

namespace sql {
namespace {

TEST(Functions, knows_what_snowflake_brings_in_any_case) {
    EXPECT_EQ(function_class("ABS"), FunctionClass::pure);
    EXPECT_EQ(function_class("zeroifnull"), FunctionClass::pure);
    EXPECT_EQ(function_class("Current_Timestamp"), FunctionClass::volatile_);
    EXPECT_EQ(function_class("QUERY_HISTORY"), FunctionClass::information_schema);
    EXPECT_EQ(function_class("AI_COMPLETE"), FunctionClass::ai);
    EXPECT_EQ(function_class("RESULT_SCAN"), FunctionClass::other_result);
    EXPECT_EQ(function_class("MY_UDF"), FunctionClass::unknown);
    EXPECT_EQ(function_class(""), FunctionClass::unknown);
    EXPECT_GE(known_functions(), 800U);
}

TEST(Functions, takes_every_system_name_for_a_system_function) {
    EXPECT_EQ(function_class("SYSTEM$TYPEOF"), FunctionClass::system_read);
    EXPECT_EQ(function_class("system$abort_session"), FunctionClass::system);
    EXPECT_EQ(function_class("SYSTEM$WHATEVER_COMES"), FunctionClass::system);
    EXPECT_EQ(function_class("SYSTEMS"), FunctionClass::unknown);
}

TEST(FunctionList, fits_names_schemas_and_everything) {
    const FunctionList list = *parse_functions("f, DB.S.G, db.s2.*, \"quoted, name\", db.s.m!predict");
    EXPECT_TRUE(list.contains({"F"}));
    EXPECT_FALSE(list.contains({"DB", "S", "F"}));
    EXPECT_TRUE(list.contains({"DB", "S", "G"}));
    EXPECT_TRUE(list.contains({"DB", "S2", "ANY"}));
    EXPECT_FALSE(list.contains({"DB", "S3", "ANY"}));
    EXPECT_TRUE(list.contains({"quoted, name"}));
    EXPECT_TRUE(list.contains({"DB", "S", "M", "!PREDICT"}));
    EXPECT_TRUE(list.names_exactly({"F"}));
    EXPECT_FALSE(list.names_exactly({"DB", "S2", "ANY"}));
    EXPECT_TRUE(parse_functions("*")->contains({"A", "B", "C"}));
    EXPECT_FALSE(parse_functions("*")->names({"A"}));
    EXPECT_TRUE(parse_functions(" , ")->empty());
}

TEST(FunctionList, names_what_is_no_function_name) {
    for (const char* text : {"a b", "a.b.c.*", "f()", "*.*", "a!b!c", ";"}) {
        EXPECT_FALSE(parse_functions(text).has_value()) << text;
    }
}

TEST(LookAlike, sees_through_letters_that_are_drawn_like_others) {
    EXPECT_TRUE(is_look_alike("SEL\u0415CT"));               // Cyrillic E
    EXPECT_TRUE(is_look_alike("\uFF24\uFF32\uFF2F\uFF30"));  // full-width DROP
    EXPECT_TRUE(is_look_alike("\u017Felect"));               // long s
    EXPECT_TRUE(is_look_alike("DRO\u0301P"));                // combining accent
    EXPECT_TRUE(is_look_alike("\U0001D402OUNT"));            // mathematical C
    EXPECT_FALSE(is_look_alike("gr\u00F6\u00DFe"));
    EXPECT_FALSE(is_look_alike("\u043A\u0430\u043A"));  // a Russian word
    EXPECT_FALSE(is_look_alike("\u00F6n"));
    EXPECT_FALSE(is_look_alike("\u6570\u91CF"));
}

}  // namespace
}  // namespace sql
