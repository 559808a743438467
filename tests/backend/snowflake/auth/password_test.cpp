#include <gtest/gtest.h>

#include <string>

#include "backend/snowflake/auth/conversation.hpp"

namespace {

using namespace auth_test;
using base::Secret;

Settings with_password(std::string authenticator = "snowflake") {
    Settings settings = settings_for(std::move(authenticator));
    settings.password = Secret{"pa\"ss wörd"};
    return settings;
}

TEST(PasswordLogin, sends_what_the_drivers_send_and_reads_the_answer) {
    Settings settings = with_password();
    settings.role = "ANALYST";
    settings.database = "DB";
    settings.timezone = "Europe/Berlin";
    settings.session_parameters = {"WEEK_START=1", "geography_output_format=WKT", "USE_CACHED_RESULT=false"};
    Conversation talk{settings};
    const auto asked = talk.request("POST", "/session/v1/login-request?requestId=");
    EXPECT_EQ(asked.url.host, "myorg-acct.snowflakecomputing.com");
    EXPECT_NE(asked.url.target.find("&databaseName=DB&roleName=ANALYST"), std::string::npos) << asked.url.target;
    EXPECT_EQ(boost::json::parse(asked.body), boost::json::parse(R"({"data":{
        "CLIENT_APP_ID":"snowflake-mcp","CLIENT_APP_VERSION":"1.2.3",
        "CLIENT_ENVIRONMENT":{"APPLICATION":"snowflake-mcp","OS":"Linux","OS_VERSION":"6"},
        "ACCOUNT_NAME":"myorg-acct","LOGIN_NAME":"alice","PASSWORD":"pa\"ss wörd",
        "SESSION_PARAMETERS":{"QUERY_RESULT_FORMAT":"ARROW","C_API_QUERY_RESULT_FORMAT":"ARROW",
          "STRICT_JSON_OUTPUT":true,"JSON_INDENT":0,"CLIENT_SESSION_KEEP_ALIVE":true,"ABORT_DETACHED_QUERY":true,
          "CLIENT_TELEMETRY_ENABLED":false,"TIMEZONE":"Europe/Berlin","WEEK_START":1,"GEOGRAPHY_OUTPUT_FORMAT":"WKT",
          "USE_CACHED_RESULT":false}}})"));
    talk.accept();
    const LoginAnswer answer = talk.logged_in();
    EXPECT_EQ(answer.session_token.reveal(), "session");
    EXPECT_EQ(answer.master_token.reveal(), "master");
    EXPECT_EQ(answer.validity, std::chrono::seconds{3600});
    EXPECT_EQ(answer.master_validity, std::chrono::seconds{14400});
    EXPECT_EQ(answer.context.role, "ANALYST");
    EXPECT_EQ(answer.context.schema, "");
    EXPECT_EQ(answer.sticky, "sticky");
    EXPECT_EQ(answer.parameters, (Parameters{{"TIMEZONE", "UTC"}}));
}

TEST(PasswordLogin, needs_no_more_than_a_token) {
    Conversation talk{with_password()};
    talk.answer(R"({"code":null,"data":{"token":"t"},"success":true})");
    const LoginAnswer answer = talk.logged_in();
    EXPECT_TRUE(answer.master_token.empty());
    EXPECT_EQ(answer.validity, std::nullopt);
}

TEST(PasswordLogin, asks_for_no_format_where_the_server_is_to_choose) {
    Settings settings = with_password();
    settings.result_format = "server";
    const auto data = Conversation{settings}.login_data();
    EXPECT_EQ(data.at("SESSION_PARAMETERS").as_object().if_contains("QUERY_RESULT_FORMAT"), nullptr);
}

TEST(PasswordLogin, tries_a_refused_password_never_again) {
    for (const int code : {390100, 390422, 390189, 390201, 394508}) {
        Conversation talk{with_password()};
        talk.refuse(code, "Incorrect username or password was specified.");
        const base::Error error = talk.failed();
        EXPECT_EQ(error.kind(), base::Kind::credentials) << code;
        EXPECT_EQ(error.code(), std::to_string(code));
        EXPECT_NE(error.message().find("Incorrect username or password was specified"), std::string::npos);
        EXPECT_NE(error.message().find("SNOWFLAKE_"), std::string::npos);
        EXPECT_EQ(error.message().find("wörd"), std::string::npos) << error.message();
    }
}

struct Refusal {
    int code;
    std::string message;
    std::string setting;
};

TEST(PasswordLogin, names_the_setting_to_change) {
    for (const Refusal& one :
         {Refusal{390100, "Incorrect username or password", "SNOWFLAKE_PASSWORD"},
          Refusal{390189, "Role 'X' specified in the connect string does not exist", "SNOWFLAKE_ROLE"},
          Refusal{390201, "The requested warehouse does not exist or not authorized", "SNOWFLAKE_WAREHOUSE"},
          Refusal{390201, "The requested database does not exist or not authorized", "SNOWFLAKE_DATABASE"},
          Refusal{394508, "TOTP passcode required", "SNOWFLAKE_PASSCODE"},
          Refusal{390127, "bad passcode", "SNOWFLAKE_PASSCODE"},
          Refusal{390999, "something new", "SNOWFLAKE_AUTHENTICATOR"}}) {
        Conversation talk{with_password()};
        talk.refuse(one.code, one.message);
        EXPECT_EQ(talk.failed().argument(), one.setting) << one.code;
    }
}

TEST(PasswordLogin, says_that_a_user_is_locked_and_for_how_long) {
    Conversation talk{with_password()};
    talk.refuse(390102, "Your user account has been temporarily locked due to too many failed attempts.");
    const base::Error error = talk.failed();
    EXPECT_NE(error.message().find("UNLOCK"), std::string::npos) << error.message();
    EXPECT_EQ(error.retry_after(), std::chrono::minutes{15});
    EXPECT_EQ(error.kind(), base::Kind::credentials);
}

TEST(PasswordLogin, takes_http_403_for_an_account_that_is_not_there) {
    Conversation talk{with_password()};
    talk.answer(R"({"data":null,"code":"390144","message":"JWT token is invalid.","success":false})", 403);
    const base::Error error = talk.failed();
    EXPECT_EQ(error.kind(), base::Kind::credentials);
    EXPECT_EQ(error.argument(), "SNOWFLAKE_ACCOUNT");
    EXPECT_NE(error.message().find("myorg-acct"), std::string::npos);
}

TEST(PasswordLogin, reads_a_refusal_that_comes_as_http_401) {
    Conversation talk{with_password()};
    talk.answer(R"({"data":null,"code":"390100","message":"wrong","success":false})", 401);
    EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_PASSWORD");
}

TEST(PasswordLogin, waits_out_a_busy_service_with_the_same_request_id) {
    Conversation talk{with_password()};
    const auto first = talk.request("POST", "/session/");
    talk.answer("busy", 503);
    EXPECT_EQ(talk.expect<Pause>().time, std::chrono::seconds{1});
    talk.tell(Acknowledged{});
    EXPECT_EQ(talk.request("POST", "/session/").url.target, first.url.target);
    talk.answer("slow down", 429, {{"Retry-After", "7"}});
    EXPECT_EQ(talk.expect<Pause>().time, std::chrono::seconds{7});
    talk.tell(Acknowledged{});
    talk.answer("", 500);
    const base::Error error = talk.failed();
    EXPECT_EQ(error.kind(), base::Kind::unavailable);
    EXPECT_NE(error.message().find("HTTP 500"), std::string::npos);
}

TEST(PasswordLogin, tries_again_after_a_broken_connection_and_not_after_a_bad_certificate) {
    Conversation talk{with_password()};
    talk.tell(base::Error{base::Kind::unavailable, "the connection broke off"}.at(base::Stage::login));
    talk.expect<Pause>();
    talk.tell(Acknowledged{});
    talk.accept();
    EXPECT_EQ(talk.logged_in().session_token.reveal(), "session");

    Conversation other{with_password()};
    other.tell(base::Error{base::Kind::unavailable, "the certificate is not valid"});
    EXPECT_EQ(other.failed().message(), "the certificate is not valid");
}

TEST(PasswordLogin, ends_when_its_call_does) {
    Conversation talk{with_password()};
    talk.answer("", 503);
    talk.expect<Pause>();
    talk.tell(base::Error{base::Kind::cancelled, "the client left"}.at(base::Stage::login));
    EXPECT_EQ(talk.failed().kind(), base::Kind::cancelled);
}

TEST(PasswordLogin, takes_no_lifetime_that_is_none_and_bounds_the_others) {
    const auto lives = [](const std::string& seconds) {
        Conversation talk{with_password()};
        talk.answer(R"({"code":null,"data":{"token":"t","masterToken":"m","validityInSeconds":)" + seconds +
                    R"(,"masterValidityInSeconds":)" + seconds + R"(},"success":true})");
        const LoginAnswer answer = talk.logged_in();
        EXPECT_EQ(answer.validity, answer.master_validity);
        return answer.validity;
    };
    for (const char* none : {"0", "-1", "-9223372036854775808", "null", "\"soon\"", "{}", "99999999999999999999"}) {
        EXPECT_EQ(lives(none), std::nullopt) << none;
    }
    EXPECT_EQ(lives("1"), std::chrono::seconds{1});
    EXPECT_EQ(lives("\"3600\""), std::chrono::seconds{3600});
    EXPECT_EQ(lives("9223372036854775807"), std::chrono::weeks{1}) << "no clock may overflow";
    EXPECT_EQ(lives("604801"), std::chrono::weeks{1});
}

TEST(PasswordLogin, follows_a_redirect_within_snowflake) {
    Conversation talk{with_password()};
    const auto first = talk.request("POST", "/session/");
    talk.answer("", 307, {{"Location", "https://acct.eu-west-1.snowflakecomputing.com/session/v1/login-request?x=1"}});
    const auto second = talk.request("POST", "/session/v1/login-request?x=1");
    EXPECT_EQ(second.body, first.body);
    talk.accept();
    EXPECT_EQ(second.url.host, "acct.eu-west-1.snowflakecomputing.com");
    EXPECT_EQ(talk.logged_in().session_token.reveal(), "session");
}

TEST(PasswordLogin, takes_its_password_to_no_stranger_and_not_in_circles) {
    Conversation stranger{with_password()};
    stranger.answer("", 308, {{"Location", "https://evil.example/"}});
    EXPECT_EQ(stranger.failed().kind(), base::Kind::unavailable);

    Conversation circle{with_password()};
    for (int i = 0; i <= 5; ++i) {
        ASSERT_FALSE(circle.ended()) << i;
        circle.answer("", 307, {{"Location", "/session/v1/login-request"}});
    }
    EXPECT_EQ(circle.failed().kind(), base::Kind::unavailable);
}

TEST(PasswordLogin, refuses_an_answer_that_is_not_snowflake_s) {
    Conversation talk{with_password()};
    for (int attempt = 0; attempt < 3; ++attempt) {
        talk.answer("<html>proxy</html>");
        if (attempt < 2) {
            talk.expect<Pause>();
            talk.tell(Acknowledged{});
        }
    }
    EXPECT_EQ(talk.failed().kind(), base::Kind::unavailable);
}

TEST(PasswordLogin, says_that_the_password_must_be_changed) {
    Conversation talk{with_password()};
    talk.answer(R"({"data":{"nextAction":"PWD_CHANGE","inFlightCtx":"x"},"success":true,"code":null})");
    EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_PASSWORD");
}

TEST(PasswordLogin, answers_duo_in_two_steps_where_a_person_may_be_asked) {
    Material material;
    material.interactive_allowed = true;
    Conversation talk{with_password(), std::move(material)};
    EXPECT_EQ(text_of(talk.login_data(), "EXT_AUTHN_DUO_METHOD"), "(absent)");
    talk.answer(R"({"data":{"nextAction":"EXT_AUTHN_DUO_ALL","inFlightCtx":"ctx1"},"success":true,"code":null})");
    const auto push = talk.login();
    EXPECT_EQ(text_of(push.as_object(), "inFlightCtx"), "ctx1");
    EXPECT_EQ(text_of(push.at("data").as_object(), "EXT_AUTHN_DUO_METHOD"), "push");
    EXPECT_EQ(text_of(push.at("data").as_object(), "PASSWORD"), "pa\"ss wörd");
    EXPECT_GE(talk.expect<SendRequest>().patience, std::chrono::seconds{60}) << "a person has to find the telephone";
    talk.answer(R"({"data":{"nextAction":"EXT_AUTHN_SUCCESS","inFlightCtx":"ctx2"},"success":true,"code":null})");
    const auto last = talk.login();
    EXPECT_EQ(text_of(last.as_object(), "inFlightCtx"), "ctx2");
    EXPECT_EQ(text_of(last.at("data").as_object(), "PASSWORD"), "(absent)");
    talk.accept();
    EXPECT_EQ(talk.logged_in().session_token.reveal(), "session");
}

TEST(PasswordLogin, refuses_duo_where_nobody_can_be_asked) {
    Conversation talk{with_password()};
    talk.answer(R"({"data":{"nextAction":"EXT_AUTHN_DUO_PUSH_N_PASSCODE","inFlightCtx":"c"},"success":true})");
    EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_AUTHENTICATOR");
}

TEST(PasswordLogin, sends_a_passcode_once_in_the_life_of_the_server) {
    Settings settings = with_password();
    settings.passcode = Secret{"123456"};
    Conversation talk{settings};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "EXT_AUTHN_DUO_METHOD"), "passcode");
    EXPECT_EQ(text_of(data, "PASSCODE"), "123456");
    EXPECT_TRUE(talk.core().passcode_used());
    Material later;
    later.passcode_spent = true;
    EXPECT_EQ(text_of(Conversation(settings, std::move(later)).login_data(), "PASSCODE"), "(absent)");
}

TEST(PasswordLogin, knows_a_passcode_inside_the_password) {
    Settings settings = with_password();
    settings.passcode_in_password = true;
    const auto data = Conversation{settings}.login_data();
    EXPECT_EQ(text_of(data, "EXT_AUTHN_DUO_METHOD"), "passcode");
    EXPECT_EQ(text_of(data, "PASSCODE"), "(absent)");
}

TEST(MfaLogin, pushes_once_and_keeps_the_token) {
    Material material;
    material.interactive_allowed = true;
    Conversation talk{with_password("USERNAME_PASSWORD_MFA"), std::move(material)};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "USERNAME_PASSWORD_MFA");
    EXPECT_EQ(text_of(data, "EXT_AUTHN_DUO_METHOD"), "push");
    EXPECT_EQ(text_of(data, "TOKEN"), "(absent)");
    EXPECT_EQ(text_of(data.at("SESSION_PARAMETERS").as_object(), "CLIENT_REQUEST_MFA_TOKEN"), "true");
    talk.accept(R"(,"mfaToken":"mfa-1")");
    talk.logged_in();
    ASSERT_EQ(talk.changes().size(), 1U);
    EXPECT_EQ(talk.changes()[0].kind, TokenKind::mfa);
    EXPECT_EQ(kept(talk.changes()[0]), "mfa-1");
}

TEST(MfaLogin, does_not_ring_twice_for_a_busy_service) {
    Material material;
    material.interactive_allowed = true;
    Conversation talk{with_password("username_password_mfa"), std::move(material)};
    talk.answer("", 503);
    EXPECT_EQ(talk.failed().kind(), base::Kind::unavailable);
}

TEST(MfaLogin, uses_the_kept_token_even_where_nobody_can_be_asked) {
    Material material;
    material.mfa_token = Secret{"mfa-1"};
    Conversation talk{with_password("username_password_mfa"), std::move(material)};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "TOKEN"), "mfa-1");
    EXPECT_EQ(text_of(data, "PASSWORD"), "pa\"ss wörd");
    EXPECT_EQ(text_of(data, "EXT_AUTHN_DUO_METHOD"), "(absent)");
    talk.accept();
    talk.logged_in();
}

TEST(MfaLogin, drops_a_kept_token_that_is_refused_and_asks_the_person) {
    for (const bool allowed : {true, false}) {
        Material material;
        material.mfa_token = Secret{"old"};
        material.interactive_allowed = allowed;
        Conversation talk{with_password("username_password_mfa"), std::move(material)};
        talk.refuse(390129);
        ASSERT_EQ(talk.changes().size(), 1U);
        EXPECT_EQ(kept(talk.changes()[0]), "(dropped)");
        if (allowed) {
            EXPECT_EQ(text_of(talk.login_data(), "EXT_AUTHN_DUO_METHOD"), "push");
        } else {
            EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_AUTHENTICATOR");
        }
    }
}

TEST(MfaLogin, keeps_the_token_when_only_the_password_is_wrong) {
    Material material;
    material.mfa_token = Secret{"good"};
    material.interactive_allowed = true;
    Conversation talk{with_password("username_password_mfa"), std::move(material)};
    talk.refuse(390100);
    EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_PASSWORD");
    EXPECT_TRUE(talk.changes().empty());
}

}  // namespace
