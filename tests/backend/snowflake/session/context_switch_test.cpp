#include "backend/snowflake/session/context_switch.hpp"

#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

using Part = ContextStep::Part;

const Context own{.role = "ANALYST", .secondary_roles = "NONE", .warehouse = "WH", .database = "DB", .schema = "S"};

std::string step(const Position& now, const Context& wanted) {
    const auto next = next_step(now, wanted);
    if (!next) return "there";
    return next->part == Part::unreachable ? "unreachable" : next->statement;
}

TEST(ContextSwitch, what_is_not_asked_for_is_the_logins_own) {
    EXPECT_EQ(wanted_context({}, own), own);
    const Context other = wanted_context({.role = {}, .database = "OTHER"}, own);
    EXPECT_EQ(other.database, "OTHER");
    EXPECT_EQ(other.schema, "") << "another database brings its PUBLIC";
    EXPECT_EQ(other.warehouse, "WH");
    EXPECT_EQ(wanted_context({.database = "DB"}, own).schema, "S");
}

TEST(ContextSwitch, a_session_that_is_there_says_nothing) {
    EXPECT_EQ(step({.context = own}, own), "there");
    EXPECT_EQ(step({.context = own}, wanted_context({.schema = "S"}, own)), "there");
}

TEST(ContextSwitch, goes_part_by_part_the_role_first) {
    Context wanted = own;
    wanted.role = "Other \"role\"";
    wanted.warehouse = "BIG";
    wanted.database = "D2";
    wanted.schema = "x";
    Position now{.context = own};
    EXPECT_EQ(step(now, wanted), R"(USE ROLE "Other ""role""")");
    now.context.role = wanted.role;
    EXPECT_EQ(step(now, wanted), R"(USE WAREHOUSE "BIG")");
    now.context.warehouse = "BIG";
    EXPECT_EQ(step(now, wanted), R"(USE SCHEMA "D2"."x")");
    now.context.database = "D2";
    now.context.schema = "x";
    EXPECT_EQ(step(now, wanted), "there");
}

TEST(ContextSwitch, a_database_without_a_schema_is_used_as_it_comes) {
    Context wanted = own;
    wanted.database = "D2";
    wanted.schema.clear();
    EXPECT_EQ(step({.context = own}, wanted), R"(USE DATABASE "D2")");
    Context there = own;
    there.database = "D2";
    there.schema = "PUBLIC";
    EXPECT_EQ(step({.context = there}, wanted), "there");
}

TEST(ContextSwitch, what_is_in_doubt_is_said_again) {
    EXPECT_EQ(step({.context = own, .in_doubt = Parts::all()}, own), R"(USE ROLE "ANALYST")");
    EXPECT_EQ(step({.context = own, .in_doubt = {.place = true}}, own), R"(USE SCHEMA "DB"."S")");
    EXPECT_EQ(step({.context = own, .in_doubt = {.secondary_roles = true}}, own), "USE SECONDARY ROLES NONE");
}

TEST(ContextSwitch, no_use_leads_back_to_no_database) {
    const Context none{.role = "ANALYST"};
    Context moved = none;
    moved.database = "DB";
    moved.schema = "S";
    EXPECT_EQ(step({.context = moved, .in_doubt = {}, .moved = {.place = true}}, none), "unreachable");
    EXPECT_EQ(step({.context = moved}, none), "there") << "the login itself stood there";
}

TEST(Identifiers, fold_as_sql_does) {
    EXPECT_EQ(folded_identifier("orders"), "ORDERS");
    EXPECT_EQ(folded_identifier(" a_1$ "), "A_1$");
    EXPECT_EQ(folded_identifier("\"orders\""), "orders");
    EXPECT_EQ(folded_identifier("\"a\"\"b\""), "a\"b");
    EXPECT_EQ(folded_identifier("my table"), "my table");
    EXPECT_EQ(folded_identifier(""), "");
    EXPECT_EQ(quoted_identifier("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace backend::snowflake
