#include "backend/snowflake/allowed_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(AllowedNames, only_the_configured_one_where_nothing_is_said) {
    const AllowedNames roles{"role", {}, "ANALYST"};
    EXPECT_TRUE(roles.allows("ANALYST"));
    EXPECT_TRUE(roles.allows("")) << "nothing asked for is the configured one";
    EXPECT_FALSE(roles.allows("ACCOUNTADMIN"));
    EXPECT_FALSE(roles.allows("analyst")) << "names are exact";
    EXPECT_FALSE(roles.is_choice());
}

TEST(AllowedNames, nothing_at_all_without_a_configured_one) {
    const AllowedNames roles{"role", {}, ""};
    EXPECT_FALSE(roles.allows("ANALYST"));
    EXPECT_FALSE(roles.is_choice());
    EXPECT_THAT(roles.names(), ElementsAre());
}

TEST(AllowedNames, names_and_patterns_beside_it) {
    const AllowedNames roles{"role", {"reader", "team_*", "\"Mixed case\"", "analyst"}, "ANALYST"};
    EXPECT_THAT(roles.names(), ElementsAre("ANALYST", "READER", "Mixed case"));
    EXPECT_TRUE(roles.has_pattern());
    EXPECT_TRUE(roles.is_choice());
    EXPECT_TRUE(roles.allows("READER"));
    EXPECT_TRUE(roles.allows("TEAM_RED"));
    EXPECT_TRUE(roles.allows("Mixed case"));
    EXPECT_FALSE(roles.allows("team_red"));
    EXPECT_FALSE(roles.allows("MIXED CASE"));
    EXPECT_FALSE(roles.allows("XTEAM_RED"));
}

TEST(AllowedNames, a_choice_is_written_as_in_sql) {
    const AllowedNames warehouses{"warehouse", {"BIG"}, "WH"};
    EXPECT_EQ(warehouses.choose("warehouse", "big").value(), "BIG");
    EXPECT_EQ(warehouses.choose("warehouse", "\"BIG\"").value(), "BIG");
    const auto refused = warehouses.choose("warehouse", "\"big\"");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), base::Kind::denied);
    EXPECT_THAT(refused.error().message(), HasSubstr("ALLOWED_WAREHOUSES"));
    EXPECT_THAT(refused.error().message(), HasSubstr("WH, BIG"));
}

TEST(Pattern, stands_for_what_it_should) {
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("A*C", "ABBC"));
    EXPECT_TRUE(matches_pattern("A?C", "ABC"));
    EXPECT_TRUE(matches_pattern("*A*B*", "XAYBZ"));
    EXPECT_FALSE(matches_pattern("A?C", "AC"));
    EXPECT_FALSE(matches_pattern("A*", "BA"));
    EXPECT_FALSE(matches_pattern("", "A"));
    EXPECT_TRUE(matches_pattern("", ""));
}

TEST(Pattern, a_hostile_one_takes_no_time) {
    std::string pattern;
    for (int i = 0; i < 30; ++i) pattern += "A*";
    EXPECT_FALSE(matches_pattern(pattern + "B", std::string(1000, 'A')));
}

}  // namespace
}  // namespace backend::snowflake
