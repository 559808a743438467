#include "backend/context.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace backend {
namespace {

const Context own{
    .role = "ANALYST", .secondary_roles = "NONE", .warehouse = "SMALL", .database = "SALES", .schema = "EU"};

TEST(Context, empty_parts_are_the_sessions_own) {
    EXPECT_EQ(completed({}, own), own);
    const Context other_role = completed({.role = "LOADER"}, own);
    EXPECT_EQ(other_role.role, "LOADER");
    EXPECT_EQ(other_role.schema, "EU");
}

TEST(Context, another_database_does_not_take_the_own_schema_with_it) {
    EXPECT_EQ(completed({.database = "HR"}, own).schema, "");
    EXPECT_EQ(completed({.database = "SALES"}, own).schema, "EU");
    EXPECT_EQ(completed({.database = "HR", .schema = "EU"}, own).schema, "EU");
}

TEST(Context, a_session_is_in_its_own_context_when_nothing_is_named) {
    EXPECT_TRUE(is_in(own, {}, own));
    EXPECT_TRUE(is_in(own, own, own));
    EXPECT_FALSE(is_in({}, {}, own));
}

TEST(Context, every_part_that_differs_means_a_switch) {
    for (std::string Context::* part :
         {&Context::role, &Context::secondary_roles, &Context::warehouse, &Context::database, &Context::schema}) {
        Context moved = own;
        moved.*part = "ELSEWHERE";
        EXPECT_FALSE(is_in(moved, {}, own)) << "left by another caller";
        Context wanted;
        wanted.*part = "ELSEWHERE";
        EXPECT_FALSE(is_in(own, wanted, own));
    }
}

TEST(Context, another_database_alone_means_its_public_schema) {
    Context there = own;
    there.database = "HR";
    there.schema = "PUBLIC";
    EXPECT_TRUE(is_in(there, {.database = "HR"}, own));
    there.schema = "EU";
    EXPECT_FALSE(is_in(there, {.database = "HR"}, own));
}

}  // namespace
}  // namespace backend
