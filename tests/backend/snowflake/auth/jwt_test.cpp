#include "backend/snowflake/auth/jwt.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "backend/snowflake/auth/key_maker.hpp"
#include "base/encoding.hpp"

namespace {

using namespace backend::snowflake;
using auth_test::KeyPair;

const base::WallTime now{std::chrono::seconds{1'764'000'000}};

std::vector<std::string> parts_of(std::string_view token) {
    std::vector<std::string> parts{""};
    for (const char c : token) {
        if (c == '.') {
            parts.emplace_back();
        } else {
            parts.back().push_back(c);
        }
    }
    return parts;
}

TEST(LoginJwt, has_the_claims_that_snowflake_wants_and_a_signature_that_holds) {
    const KeyPair pair = KeyPair::rsa();
    const auto key = PrivateKey::read(pair.private_text("PEM"), base::Secret{}, "SNOWFLAKE_PRIVATE_KEY");
    ASSERT_TRUE(key);
    const auto account = resolve_account({.account = "my_org-acct.eu-west-1.aws"});
    const base::Secret token = make_login_jwt(*key, *account, "john.smith@example.com", now);
    const auto parts = parts_of(token.reveal());
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(*base::from_base64url(parts[0]), R"({"alg":"RS256","typ":"JWT"})");
    EXPECT_EQ(*base::from_base64url(parts[1]), R"({"iss":"MY_ORG-ACCT.JOHN.SMITH@EXAMPLE.COM.)" + key->fingerprint() +
                                                   R"(","sub":"MY_ORG-ACCT.JOHN.SMITH@EXAMPLE.COM",)"
                                                   R"("iat":1764000000,"exp":1764000060})");
    EXPECT_TRUE(pair.verifies(parts[0] + "." + parts[1], *base::from_base64url(parts[2]), "SHA256"));
}

TEST(LoginJwt, is_another_one_a_second_later) {
    const KeyPair pair = KeyPair::rsa();
    const auto key = PrivateKey::read(pair.private_text("PEM"), base::Secret{}, "SNOWFLAKE_PRIVATE_KEY");
    const auto account = resolve_account({.account = "acct-x1.global"});
    const base::Secret one = make_login_jwt(*key, *account, "u", now);
    EXPECT_FALSE(one.equals(make_login_jwt(*key, *account, "u", now + std::chrono::seconds{1}).reveal()));
    EXPECT_EQ(read_claims(one.reveal())->subject, "ACCT.U");
    EXPECT_EQ(read_claims(one.reveal())->expires_at, 1'764'000'060);
}

TEST(JwtClaims, are_absent_where_there_is_no_jwt) {
    EXPECT_FALSE(read_claims(""));
    EXPECT_FALSE(read_claims("a.b"));
    EXPECT_FALSE(read_claims("a.b.c.d"));
    EXPECT_FALSE(read_claims("e30.!!!.x"));
    EXPECT_FALSE(read_claims("e30." + base::base64url("[1]") + ".x"));
    const auto claims = read_claims("e30." + base::base64url(R"({"sub":1,"tid":"T","iss":"I"})") + ".x");
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->subject, "");
    EXPECT_EQ(claims->tenant, "T");
    EXPECT_EQ(claims->issuer, "I");
}

}  // namespace
