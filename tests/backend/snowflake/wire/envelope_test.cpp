#include "backend/snowflake/wire/envelope.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using backend::snowflake::Envelope;

TEST(Envelope, reads_a_login_s_answer) {
    const auto answer = Envelope::parse(R"({"data":{"token":"T","sessionId":17022171234567890,"validityInSeconds":3600,
        "sessionInfo":{"roleName":"ANALYST","warehouseName":null},
        "parameters":[{"name":"TIMEZONE","value":"Europe/Berlin"},{"name":"AUTOCOMMIT","value":true},
                      {"name":"CLIENT_PREFETCH_THREADS","value":4},{"value":1},7]},
        "code":null,"message":null,"success":true})");
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->success());
    EXPECT_EQ(answer->code(), 0);
    EXPECT_EQ(answer->text("token"), "T");
    EXPECT_EQ(answer->text("sessionId"), "17022171234567890");
    EXPECT_EQ(answer->whole("validityInSeconds"), 3600);
    EXPECT_EQ(answer->text("sessionInfo.roleName"), "ANALYST");
    EXPECT_EQ(answer->text("sessionInfo.warehouseName"), std::nullopt);
    EXPECT_EQ(answer->text("token.more"), std::nullopt);
    const backend::snowflake::Parameters expected = {
        {"TIMEZONE", "Europe/Berlin"}, {"AUTOCOMMIT", "true"}, {"CLIENT_PREFETCH_THREADS", "4"}};
    EXPECT_EQ(answer->parameters(), expected);
}

TEST(Envelope, takes_a_code_as_text_or_number) {
    EXPECT_EQ(Envelope::parse(R"({"success":false,"code":"390112","message":"x"})")->code(), 390112);
    EXPECT_EQ(Envelope::parse(R"({"success":false,"code":390112})")->code(), 390112);
    EXPECT_EQ(Envelope::parse(R"({"success":false,"code":"000604"})")->code(), 604);
    EXPECT_EQ(Envelope::parse(R"({"success":false,"code":"what"})")->code(), 0);
}

TEST(Envelope, decides_by_the_code_where_success_is_missing) {
    EXPECT_TRUE(Envelope::parse(R"({"data":{}})")->success());
    EXPECT_FALSE(Envelope::parse(R"({"code":"390104","message":"no"})")->success());
}

TEST(Envelope, lives_with_null_data) {
    const auto answer = Envelope::parse(R"({"data":null,"success":true,"code":null})");
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->has_data());
    EXPECT_EQ(answer->text("token"), std::nullopt);
    EXPECT_TRUE(answer->parameters().empty());
}

TEST(Envelope, refuses_what_is_none_without_repeating_it) {
    for (const std::string body : {"", "<html>secret</html>", "[1]", "{\"data\":{\"token\":\"secret", "{}", "17"}) {
        const auto answer = Envelope::parse(body);
        ASSERT_FALSE(answer) << body;
        EXPECT_EQ(answer.error().kind(), base::Kind::unavailable);
        EXPECT_EQ(answer.error().message().find("secret"), std::string::npos);
    }
    EXPECT_FALSE(Envelope::parse(std::string(100'000, '[')));
}

}  // namespace
