#include "backend/snowflake/wire/codes.hpp"

#include <gtest/gtest.h>

#include "backend/snowflake/wire/client_identity.hpp"

namespace {

using namespace backend::snowflake;

TEST(Codes, say_what_to_do) {
    EXPECT_TRUE(is_in_progress(333333) && is_in_progress(333334));
    EXPECT_TRUE(wants_renewal(390112) && wants_renewal(390104));
    EXPECT_FALSE(wants_renewal(390114));
    for (const int code : {390111, 390113, 390114, 390115, 390101, 390103}) {
        EXPECT_TRUE(wants_login(code)) << code;
    }
    for (const int code : {390100, 390422, 390144, 394304, 390120, 394400, 394508, 390189, 390195, 390318}) {
        EXPECT_TRUE(is_credentials_refusal(code)) << code;
    }
    EXPECT_FALSE(is_credentials_refusal(390112));
}

TEST(Codes, become_errors_with_kind_stage_and_remedy) {
    const auto syntax =
        error_from({.code = 1003, .message = "SQL compilation error", .sqlstate = "42000", .query_id = "Q"});
    EXPECT_EQ(syntax.kind(), base::Kind::sql);
    EXPECT_EQ(syntax.stage(), base::Stage::query);
    EXPECT_EQ(syntax.code(), "001003");
    EXPECT_EQ(syntax.sqlstate(), "42000");
    EXPECT_EQ(syntax.query_id(), "Q");
    const auto timeout = error_from({.code = 630, .message = "Statement reached its timeout."});
    EXPECT_EQ(timeout.kind(), base::Kind::timeout);
    EXPECT_EQ(timeout.message(), "Statement reached its timeout. Ask for less, or raise QUERY_TIMEOUT_SECONDS");
    const auto warehouse = error_from({.code = 606, .message = "No active warehouse selected"});
    EXPECT_NE(warehouse.message().find("SNOWFLAKE_WAREHOUSE"), std::string::npos);
    EXPECT_EQ(error_from({.code = 390100, .message = "no"}).kind(), base::Kind::credentials);
    EXPECT_EQ(error_from({.code = 604, .message = "SQL execution canceled"}).kind(), base::Kind::cancelled);
    EXPECT_FALSE(error_from({.code = 7}).message().empty());
}

TEST(ClientIdentity, names_itself_in_every_request) {
    const auto identity = ClientIdentity::of_this_program("1.2.3", "");
    EXPECT_EQ(identity.id, "snowflake-mcp");
    EXPECT_TRUE(identity.user_agent().starts_with("snowflake-mcp/1.2.3 (Linux-")) << identity.user_agent();
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object();
    write_identity(writer, {.version = "1.2.3", .os = "Linux", .os_version = "6"}, "oauth_client_credentials");
    writer.end_object();
    EXPECT_EQ(json,
              R"({"CLIENT_APP_ID":"snowflake-mcp","CLIENT_APP_VERSION":"1.2.3","CLIENT_ENVIRONMENT":{"APPLICATION":)"
              R"("snowflake-mcp","OS":"Linux","OS_VERSION":"6","OAUTH_TYPE":"oauth_client_credentials"}})");
    EXPECT_EQ(token_header("abc").second, "Snowflake Token=\"abc\"");
}

TEST(ClientIdentity, knows_an_application_s_name) {
    EXPECT_TRUE(is_application_name("My_App.2-x"));
    EXPECT_FALSE(is_application_name("2app"));
    EXPECT_FALSE(is_application_name("a"));
    EXPECT_FALSE(is_application_name("my app"));
    EXPECT_TRUE(is_application_name(std::string(51, 'a')));
    EXPECT_FALSE(is_application_name(std::string(52, 'a')));
}

}  // namespace
