#include "backend/snowflake/wire/redirect.hpp"

#include <gtest/gtest.h>

namespace {

using backend::snowflake::redirect_target;
using net::client::Url;

TEST(Redirect, follows_the_same_host_and_snowflake_s_own) {
    const Url from = *Url::parse("https://acct.snowflakecomputing.com/session/v1/login-request?requestId=1");
    EXPECT_EQ(redirect_target(from, "/elsewhere?x=1")->to_string(),
              "https://acct.snowflakecomputing.com/elsewhere?x=1");
    EXPECT_EQ(redirect_target(from, "https://other.eu-west-1.snowflakecomputing.com/a")->host,
              "other.eu-west-1.snowflakecomputing.com");
    const Url local = *Url::parse("http://localhost:8085/a");
    EXPECT_EQ(redirect_target(local, "http://localhost:8085/b")->target, "/b");
}

TEST(Redirect, leads_no_token_to_a_stranger) {
    const Url from = *Url::parse("https://acct.snowflakecomputing.com/a");
    for (const auto* const location :
         {"https://evil.example/a", "http://acct.snowflakecomputing.com/a",
          "https://acct.snowflakecomputing.com.evil.example/", "//evil.example/a",
          "https://acct.snowflakecomputing.com@evil.example/", "", "ftp://acct.snowflakecomputing.com/"}) {
        const auto target = redirect_target(from, location);
        ASSERT_FALSE(target) << location;
        EXPECT_EQ(target.error().kind(), base::Kind::unavailable);
    }
    const Url local = *Url::parse("http://localhost:8085/a");
    EXPECT_FALSE(redirect_target(local, "http://localhost:9999/b"));
}

}  // namespace
