#include "app/snowflake_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

CheckStep step(std::string name, CheckStep::Outcome outcome, int exit_code, std::string text = "text") {
    return {.name = std::move(name), .outcome = outcome, .text = std::move(text), .exit_code = exit_code};
}

TEST(RoleReview, tells_what_writes_from_what_reads) {
    const auto review = review_role("READER", {{"USAGE", "WAREHOUSE", "WH"},
                                               {"SELECT", "TABLE", "DB.S.T"},
                                               {"REFERENCES", "VIEW", "DB.S.V"},
                                               {"insert", "TABLE", "DB.S.T"},
                                               {"CREATE TABLE", "SCHEMA", "DB.S"},
                                               {"OWNERSHIP", "VIEW", "DB.S.V"}});
    EXPECT_FALSE(review.is_mighty);
    EXPECT_THAT(review.writes,
                ElementsAre("INSERT on TABLE DB.S.T", "CREATE TABLE on SCHEMA DB.S", "OWNERSHIP on VIEW DB.S.V"));
}

TEST(RoleReview, knows_the_mighty) {
    for (const char* role : {"ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN"}) EXPECT_TRUE(review_role(role, {}).is_mighty);
    EXPECT_FALSE(review_role("accountadmin", {}).is_mighty) << "that is another role";
    EXPECT_FALSE(review_role("PUBLIC", {}).is_mighty);
}

TEST(RoleReview, the_grants_of_a_reading_role_only_read) {
    const std::string grants = grants_of_a_reading_role("MCP", "WH", "SALES");
    EXPECT_THAT(grants, HasSubstr("GRANT USAGE ON WAREHOUSE WH TO ROLE MCP_READER;"));
    EXPECT_THAT(grants, HasSubstr("GRANT SELECT ON FUTURE VIEWS IN DATABASE SALES TO ROLE MCP_READER;"));
    EXPECT_THAT(grants, HasSubstr("GRANT ROLE MCP_READER TO USER MCP;"));
    for (const char* word : {"INSERT", "UPDATE", "OWNERSHIP", "ALL PRIVILEGES"})
        EXPECT_THAT(grants, Not(HasSubstr(word)));
}

TEST(CheckReport, the_exit_code_is_that_of_the_first_failure) {
    CheckReport report;
    report.add(step("dns", CheckStep::Outcome::good, check_exit::dns));
    EXPECT_EQ(report.exit_code(), 0);
    report.add(step("role", CheckStep::Outcome::doubtful, check_exit::role));
    EXPECT_EQ(report.exit_code(), 0) << "a warning is no failure";
    report.add(step("login", CheckStep::Outcome::failed, check_exit::login));
    report.add(step("query", CheckStep::Outcome::skipped, check_exit::query));
    report.add(step("query", CheckStep::Outcome::failed, check_exit::query));
    EXPECT_EQ(report.exit_code(), check_exit::login);
    EXPECT_TRUE(report.failed());
}

TEST(CheckReport, prints_a_line_each_and_no_strangers_control_characters) {
    CheckReport report;
    report.add(step("role", CheckStep::Outcome::doubtful, check_exit::role, "can write\nGRANT x;\nGRANT \x1b[31my;"));
    std::ostringstream text;
    report.print(text);
    EXPECT_THAT(text.str(), HasSubstr("WARN   role          can write\n"));
    EXPECT_THAT(text.str(), HasSubstr("\n                     GRANT x;\n"));
    EXPECT_THAT(text.str(), Not(HasSubstr("\x1b")));
    std::ostringstream json;
    report.print_json(json);
    EXPECT_THAT(json.str(), HasSubstr(R"("outcome":"warning")"));
    EXPECT_THAT(json.str(), HasSubstr(R"("exit_code":0)"));
}

}  // namespace
}  // namespace app
