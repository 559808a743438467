#include <gtest/gtest.h>

#include <string>

#include "backend/snowflake/auth/conversation.hpp"
#include "backend/snowflake/auth/okta.hpp"

namespace {

using namespace auth_test;
using base::Secret;

Material person() {
    Material material;
    material.interactive_allowed = true;
    return material;
}

constexpr auto page = R"({"data":{"ssoUrl":"https://idp.example.com/sso?SAMLRequest=x","proofKey":"proof"},)"
                      R"("code":null,"message":null,"success":true})";

/// Up to the point where the browser is to come back.
void open_page(Conversation& talk) {
    talk.expect<Listen>();
    talk.tell(Listening{.port = 4711});
    const auto asked = talk.request("POST", "/session/authenticator-request?requestId=");
    const auto data = boost::json::parse(asked.body).at("data").as_object();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "EXTERNALBROWSER");
    EXPECT_EQ(text_of(data, "BROWSER_MODE_REDIRECT_PORT"), "4711");
    EXPECT_EQ(text_of(data, "LOGIN_NAME"), "alice");
    EXPECT_EQ(text_of(data, "TOKEN"), "(absent)");
    talk.answer(page);
    EXPECT_EQ(talk.expect<OpenBrowser>().url, "https://idp.example.com/sso?SAMLRequest=x");
    talk.tell(BrowserOpened{.opened = true});
    talk.expect<AwaitCallback>();
}

TEST(BrowserLogin, brings_the_token_back_and_keeps_the_id_token) {
    Conversation talk{settings_for("externalbrowser"), person()};
    open_page(talk);
    talk.tell(CallbackCame{.method = "GET", .query = "token=ver%3A1-hint%2B%2F", .body = {}});
    EXPECT_TRUE(talk.expect<AnswerBrowser>().ok);
    talk.tell(Acknowledged{});
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "EXTERNALBROWSER");
    EXPECT_EQ(text_of(data, "TOKEN"), "ver:1-hint+/");
    EXPECT_EQ(text_of(data, "PROOF_KEY"), "proof");
    EXPECT_EQ(text_of(data.at("SESSION_PARAMETERS").as_object(), "CLIENT_STORE_TEMPORARY_CREDENTIAL"), "true");
    talk.accept(R"(,"idToken":"id-1")");
    talk.logged_in();
    ASSERT_EQ(talk.changes().size(), 1U);
    EXPECT_EQ(talk.changes()[0].kind, TokenKind::id);
    EXPECT_EQ(kept(talk.changes()[0]), "id-1");
}

TEST(BrowserLogin, keeps_nothing_where_the_person_does_not_want_it) {
    Conversation talk{settings_for("externalbrowser"), person()};
    open_page(talk);
    talk.tell(CallbackCame{.method = "POST", .query = "", .body = R"({"token":"t","consent": false})"});
    talk.tell(Acknowledged{});
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "TOKEN"), "t");
    EXPECT_EQ(text_of(data.at("SESSION_PARAMETERS").as_object(), "CLIENT_STORE_TEMPORARY_CREDENTIAL"), "(absent)");
    talk.accept(R"(,"idToken":"id-1")");
    talk.logged_in();
    EXPECT_TRUE(talk.changes().empty());
}

TEST(BrowserLogin, uses_the_kept_token_without_a_person) {
    Material material;
    material.id_token = Secret{"id-1"};
    Conversation talk{settings_for("externalbrowser"), std::move(material)};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "ID_TOKEN");
    EXPECT_EQ(text_of(data, "TOKEN"), "id-1");
    talk.accept();
    talk.logged_in();
}

TEST(BrowserLogin, drops_a_kept_token_that_is_refused_and_opens_the_browser) {
    Material material = person();
    material.id_token = Secret{"old"};
    Conversation talk{settings_for("externalbrowser"), std::move(material)};
    talk.refuse(390195);
    ASSERT_EQ(talk.changes().size(), 1U);
    EXPECT_EQ(kept(talk.changes()[0]), "(dropped)");
    open_page(talk);
}

TEST(BrowserLogin, is_refused_where_nobody_can_be_asked) {
    Conversation talk{settings_for("externalbrowser")};
    const base::Error error = talk.failed();
    EXPECT_EQ(error.kind(), base::Kind::credentials);
    EXPECT_EQ(error.argument(), "SNOWFLAKE_AUTHENTICATOR");
    EXPECT_NE(error.message().find("snowflake_jwt"), std::string::npos);
}

TEST(BrowserLogin, opens_no_page_that_is_not_https) {
    for (const std::string url : {"http://idp.example.com/", "file:///etc/passwd", "javascript:alert(1)", "--help"}) {
        Conversation talk{settings_for("externalbrowser"), person()};
        talk.tell(Listening{.port = 4711});
        talk.answer(R"({"data":{"ssoUrl":")" + url + R"(","proofKey":"p"},"success":true})");
        EXPECT_EQ(talk.failed().kind(), base::Kind::credentials) << url;
    }
}

TEST(BrowserLogin, says_what_snowflake_says) {
    Conversation talk{settings_for("externalbrowser"), person()};
    talk.tell(Listening{.port = 4711});
    talk.answer(R"({"success":false,"message":"External browser authentication is not enabled for this account"})");
    EXPECT_NE(talk.failed().message().find("is not enabled for this account"), std::string::npos);

    Conversation empty{settings_for("externalbrowser"), person()};
    open_page(empty);
    empty.tell(CallbackCame{.method = "GET", .query = "other=1", .body = {}});
    EXPECT_FALSE(empty.expect<AnswerBrowser>().ok);
    empty.tell(Acknowledged{});
    EXPECT_EQ(empty.failed().kind(), base::Kind::credentials);
}

// Okta

Settings okta() {
    Settings settings = settings_for("https://example.okta.com");
    settings.password = Secret{"okta \"pass\""};
    return settings;
}

constexpr auto places = R"({"success":true,"data":{"tokenUrl":"https://example.okta.com/api/v1/authn",)"
                        R"("ssoUrl":"https://example.okta.com/app/sso/saml?x=1"}})";
const std::string form =
    R"(<html><body><form method="post" action="https&#x3a;&#47;&#47;myorg-acct.snowflakecomputing.com)"
    R"(/fed/login?a=1&amp;b=2"><input type="hidden" name="SAMLResponse" value="AAAA"/></form>)";

TEST(OktaLogin, takes_the_password_to_okta_and_its_answer_to_snowflake) {
    Conversation talk{okta()};
    const auto first = talk.request("POST", "/session/authenticator-request");
    EXPECT_EQ(text_of(boost::json::parse(first.body).at("data").as_object(), "AUTHENTICATOR"),
              "https://example.okta.com");
    EXPECT_EQ(first.body.find("pass\\\""), std::string::npos) << "the password is Okta's";
    talk.answer(places);
    const auto second = talk.request("POST", "/api/v1/authn");
    EXPECT_EQ(second.url.host, "example.okta.com");
    EXPECT_EQ(second.body, R"({"username":"alice","password":"okta \"pass\""})");
    talk.answer(R"({"sessionToken":"one-time"})");
    EXPECT_EQ(talk.request("GET", "/app/sso/saml").url.target,
              "/app/sso/saml?x=1&RelayState=%2Fsome%2Fdeep%2Flink&onetimetoken=one-time");
    talk.answer(form);
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "RAW_SAML_RESPONSE"), form);
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "https://example.okta.com");
    EXPECT_EQ(text_of(data, "PASSWORD"), "(absent)");
    talk.accept();
    talk.logged_in();
}

TEST(OktaLogin, sends_the_password_to_nobody_else) {
    for (const std::string other : {"http://example.okta.com/a", "https://example.okta.com:8443/a",
                                    "https://example.okta.com.evil.example/a", ""}) {
        for (const bool token : {true, false}) {
            Conversation talk{okta()};
            talk.answer(R"({"success":true,"data":{"tokenUrl":")" + (token ? other : "https://example.okta.com/a") +
                        R"(","ssoUrl":")" + (token ? "https://example.okta.com/b" : other) + R"("}})");
            EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_AUTHENTICATOR") << other;
        }
    }
}

TEST(OktaLogin, passes_on_no_assertion_for_another_account) {
    for (const bool unchecked : {false, true}) {
        Settings settings = okta();
        settings.disable_saml_url_check = unchecked;
        Conversation talk{settings};
        talk.answer(places);
        talk.answer(R"({"cookieToken":"c"})");
        talk.answer(R"(<form action="https://other.snowflakecomputing.com/fed/login">)");
        if (unchecked) {
            EXPECT_EQ(text_of(talk.login_data(), "AUTHENTICATOR"), "https://example.okta.com");
        } else {
            EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_ACCOUNT");
        }
    }
}

TEST(OktaLogin, begins_anew_with_a_new_one_time_token) {
    Conversation talk{okta()};
    talk.answer(places);
    talk.answer(R"({"sessionToken":"one"})");
    talk.answer("", 503);
    talk.expect<Pause>();
    talk.tell(Acknowledged{});
    talk.request("POST", "/api/v1/authn");
    talk.answer(R"({"sessionToken":"two"})");
    EXPECT_NE(talk.request("GET", "/app/").url.target.find("onetimetoken=two"), std::string::npos);
}

TEST(OktaLogin, says_what_okta_wants) {
    Conversation wrong{okta()};
    wrong.answer(places);
    wrong.answer(R"({"errorCode":"E0000004","errorSummary":"Authentication failed"})", 401);
    EXPECT_EQ(wrong.failed().argument(), "SNOWFLAKE_PASSWORD");
    Conversation mfa{okta()};
    mfa.answer(places);
    mfa.answer(R"({"status":"MFA_REQUIRED","stateToken":"00abc"})");
    EXPECT_NE(mfa.failed().message().find("externalbrowser"), std::string::npos);
}

TEST(FormAction, is_read_out_of_html) {
    EXPECT_EQ(form_action("<FORM id=x ACTION='a&amp;b'>"), "a&b");
    EXPECT_EQ(form_action("<form action=\"&#104;i&#x21;\">"), "hi!");
    EXPECT_EQ(form_action("<form action=\"&#0;&#99999;&unknown;\">"), "&#0;&#99999;&unknown;");
    EXPECT_EQ(form_action("<form><input action=\"x\">"), std::nullopt);
    EXPECT_EQ(form_action("<form action"), std::nullopt);
    EXPECT_EQ(form_action("<form action=\"x"), std::nullopt);
    EXPECT_EQ(form_action(""), std::nullopt);
}

}  // namespace
