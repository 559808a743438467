#include <gtest/gtest.h>

#include <string>

#include "backend/snowflake/auth/conversation.hpp"
#include "backend/snowflake/auth/exchange.hpp"
#include "backend/snowflake/auth/jwt.hpp"
#include "backend/snowflake/auth/key_maker.hpp"

namespace {

using namespace auth_test;
using base::Secret;

Material with_key() {
    static const std::string pem = KeyPair::rsa().private_text("PEM");
    Material material;
    material.key = std::make_shared<const PrivateKey>(std::move(*PrivateKey::read(pem, Secret{}, "K")));
    return material;
}

Settings key_settings() {
    Settings settings = settings_for("snowflake_jwt");
    settings.private_key_path = "key.p8";
    return settings;
}

TEST(KeyPairLogin, sends_a_token_of_this_moment) {
    Conversation talk{key_settings(), with_key()};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "SNOWFLAKE_JWT");
    EXPECT_EQ(text_of(data, "LOGIN_NAME"), "alice");
    EXPECT_EQ(text_of(data, "PASSWORD"), "(absent)");
    const auto claims = read_claims(text_of(data, "TOKEN"));
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->subject, "MYORG-ACCT.ALICE");
    EXPECT_EQ(claims->expires_at, 1'764'000'060);
    talk.accept();
    talk.logged_in();
}

TEST(KeyPairLogin, makes_a_fresh_token_for_every_attempt) {
    Conversation talk{key_settings(), with_key()};
    const std::string first = text_of(talk.login_data(), "TOKEN");
    talk.answer("", 503);
    talk.expect<Pause>();
    talk.pass(std::chrono::seconds{90});
    talk.tell(Acknowledged{});
    const std::string second = text_of(talk.login_data(), "TOKEN");
    EXPECT_NE(first, second);
    EXPECT_EQ(read_claims(second)->expires_at, 1'764'000'150);
}

TEST(KeyPairLogin, says_which_key_is_wrong_and_tries_once) {
    for (const int code : {390144, 394300, 394304, 390401}) {
        Conversation talk{key_settings(), with_key()};
        talk.refuse(code, "JWT token is invalid.", {{"Date", "Mon, 24 Nov 2025 16:00:02 GMT"}});
        const base::Error error = talk.failed();
        EXPECT_EQ(error.argument(), "SNOWFLAKE_PRIVATE_KEY_PATH") << code;
        EXPECT_NE(error.message().find("RSA_PUBLIC_KEY_FP"), std::string::npos);
        EXPECT_NE(error.message().find(with_key().key->fingerprint()), std::string::npos);
        EXPECT_NE(error.message().find("SNOWFLAKE_USER"), std::string::npos);
        EXPECT_NE(error.message().find("MYORG-ACCT"), std::string::npos);
        EXPECT_EQ(error.message().find("clock"), std::string::npos) << error.message();
    }
}

TEST(KeyPairLogin, says_by_how_much_the_clocks_differ) {
    struct Skew {
        const char* date;
        const char* words;
    };
    for (const Skew& skew :
         {Skew{"Mon, 24 Nov 2025 16:05:12 GMT", "the server's clock is 312 s ahead of this machine's"},
          Skew{"Mon, 24 Nov 2025 15:00:00 GMT", "the server's clock is 3600 s behind this machine's"}}) {
        for (const int code : {390144, 394301, 394302}) {
            Conversation talk{key_settings(), with_key()};
            talk.refuse(code, "JWT token is invalid.", {{"date", skew.date}});
            const base::Error error = talk.failed();
            EXPECT_NE(error.message().find(skew.words), std::string::npos) << error.message();
            EXPECT_EQ(error.kind(), base::Kind::credentials);
        }
    }
}

TEST(HttpDate, is_read_where_it_is_one) {
    EXPECT_EQ(parse_http_date("Mon, 24 Nov 2025 16:00:00 GMT"), noon);
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), base::WallTime{std::chrono::seconds{784111777}});
    for (const auto* const text :
         {"", "now", "Mon, 24 Nov 2025 16:00:00 CET", "Mon, 31 Feb 2025 16:00:00 GMT", "Mon, 24 Nov 1012 16:00:00 GMT",
          "Mon, 24 Nov 9025 16:00:00 GMT", "Mon, 24 Xxx 2025 16:00:00 GMT", "Mon, 24 Nov 2025 26:00:00 GMT",
          "Monday, 24-Nov-25 16:00:00 GMT"}) {
        EXPECT_FALSE(parse_http_date(text)) << text;
    }
}

TEST(TokenLogin, sends_a_programmatic_access_token) {
    Settings settings = settings_for("programmatic_access_token");
    settings.token = Secret{"pat"};
    Material material;
    material.token = Secret{"pat"};
    Conversation talk{settings, std::move(material)};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "PROGRAMMATIC_ACCESS_TOKEN");
    EXPECT_EQ(text_of(data, "TOKEN"), "pat");
    talk.refuse(394400, "Programmatic access token is invalid.");
    EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_TOKEN");
}

TEST(TokenLogin, shows_the_container_s_own_token_and_its_companion) {
    Settings settings = settings_for("snowflake");
    settings.user.clear();
    Material material;
    material.container_token = Secret{"container"};
    material.spcs_token = Secret{"spcs"};
    Conversation talk{settings, std::move(material)};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "OAUTH");
    EXPECT_EQ(text_of(data, "TOKEN"), "container");
    EXPECT_EQ(text_of(data, "SPCS_TOKEN"), "spcs");
    EXPECT_EQ(text_of(data, "LOGIN_NAME"), "(absent)");
}

TEST(Method, is_found_whatever_its_case_or_by_what_is_there) {
    Settings settings = settings_for("ExternalBrowser");
    EXPECT_EQ(method_of(settings, false), Method::external_browser);
    settings.authenticator = "snowflake";
    settings.token = Secret{"t"};
    EXPECT_EQ(method_of(settings, false), Method::access_token);
    settings.private_key = Secret{"k"};
    EXPECT_EQ(method_of(settings, false), Method::key_pair);
    settings.password = Secret{"p"};
    EXPECT_EQ(method_of(settings, false), Method::password);
    settings.authenticator = "https://example.okta.com";
    EXPECT_EQ(method_of(settings, false), Method::okta);
}

TEST(Method, names_the_setting_that_is_missing) {
    struct Missing {
        std::string authenticator;
        std::string setting;
    };
    for (const Missing& one :
         {Missing{"snowflake", "SNOWFLAKE_PASSWORD"}, Missing{"snowflake_jwt", "SNOWFLAKE_PRIVATE_KEY_PATH"},
          Missing{"oauth", "SNOWFLAKE_TOKEN"}, Missing{"programmatic_access_token", "SNOWFLAKE_TOKEN"},
          Missing{"oauth_client_credentials", "SNOWFLAKE_OAUTH_CLIENT_ID"},
          Missing{"workload_identity", "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER"},
          Missing{"https://x.okta.com", "SNOWFLAKE_PASSWORD"}, Missing{"snowflake_jwd", "SNOWFLAKE_AUTHENTICATOR"}}) {
        const auto method = method_of(settings_for(one.authenticator), false);
        ASSERT_FALSE(method) << one.authenticator;
        EXPECT_EQ(method.error().argument(), one.setting) << one.authenticator;
        EXPECT_EQ(method.error().kind(), base::Kind::credentials);
    }
    EXPECT_NE(method_of(settings_for("snowflake_jwd"), false).error().message().find("did you mean SNOWFLAKE_JWT"),
              std::string::npos);
    Settings nobody = settings_for("externalbrowser");
    nobody.user.clear();
    EXPECT_EQ(method_of(nobody, false).error().argument(), "SNOWFLAKE_USER");
}

}  // namespace
