#include <gtest/gtest.h>

#include <map>
#include <string>

#include "backend/snowflake/auth/conversation.hpp"
#include "base/encoding.hpp"

namespace {

using namespace auth_test;
using base::Secret;

Settings client(std::string authenticator) {
    Settings settings = settings_for(std::move(authenticator));
    settings.role = "ANALYST";
    settings.oauth.client_id = "testClientId";
    settings.oauth.client_secret = Secret{"testClientSecret"};
    settings.oauth.token_request_url = "https://idp.example.com/oauth/token";
    settings.oauth.authorization_url = "https://idp.example.com/oauth/authorize?tenant=1";
    return settings;
}

std::map<std::string, std::string> form_of(std::string_view text) {
    std::map<std::string, std::string> fields;
    for (auto& [name, value] : *net::client::parse_form(text)) {
        fields.emplace(std::move(name), std::move(value));
    }
    return fields;
}

std::map<std::string, std::string> token_request(Conversation& talk) {
    const auto asked = talk.request("POST", "/oauth/token");
    EXPECT_EQ(asked.url.host, "idp.example.com");
    EXPECT_EQ(asked.trust, Trust::provider);
    HttpAnswer headers{.headers = asked.headers};
    EXPECT_EQ(headers.header("Authorization"), "Basic dGVzdENsaWVudElkOnRlc3RDbGllbnRTZWNyZXQ=");
    EXPECT_TRUE(headers.header("Content-Type").starts_with("application/x-www-form-urlencoded"));
    return form_of(asked.body);
}

TEST(ClientCredentials, buy_an_access_token_and_keep_it) {
    Conversation talk{client("oauth_client_credentials")};
    auto form = token_request(talk);
    EXPECT_EQ(form["grant_type"], "client_credentials");
    EXPECT_EQ(form["scope"], "session:role:ANALYST");
    talk.answer(R"({"access_token":"access-1","token_type":"Bearer","expires_in":600})");
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "OAUTH");
    EXPECT_EQ(text_of(data, "TOKEN"), "access-1");
    EXPECT_EQ(text_of(data.at("CLIENT_ENVIRONMENT").as_object(), "OAUTH_TYPE"), "oauth_client_credentials");
    talk.accept();
    talk.logged_in();
    ASSERT_EQ(talk.changes().size(), 1U);
    EXPECT_EQ(kept(talk.changes()[0]), "access-1");
}

TEST(ClientCredentials, buy_another_one_when_the_kept_one_is_refused) {
    Material material;
    material.oauth_access = Secret{"old"};
    Conversation talk{client("oauth_client_credentials"), std::move(material)};
    EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), "old");
    talk.refuse(390318, "OAuth access token expired.");
    token_request(talk);
    talk.answer(R"({"access_token":"new"})");
    EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), "new");
    talk.refuse(390318, "OAuth access token expired.");
    EXPECT_EQ(talk.failed().code(), "390318") << "once is enough";
}

TEST(ClientCredentials, name_what_the_provider_says) {
    Conversation talk{client("oauth_client_credentials")};
    talk.answer(R"({"error":"invalid_client","error_description":"The client secret is invalid."})", 401);
    const base::Error error = talk.failed();
    EXPECT_EQ(error.argument(), "SNOWFLAKE_OAUTH_CLIENT_SECRET");
    EXPECT_NE(error.message().find("invalid_client (The client secret is invalid.)"), std::string::npos);
    EXPECT_EQ(error.message().find("testClientSecret"), std::string::npos);
}

TEST(ClientCredentials, are_not_sent_along_a_redirect_nor_over_http) {
    Conversation talk{client("oauth_client_credentials")};
    talk.answer("", 307, {{"Location", "https://evil.example/"}});
    EXPECT_EQ(talk.failed().kind(), base::Kind::credentials);
    Settings plain = client("oauth_client_credentials");
    plain.oauth.token_request_url = "http://idp.example.com/oauth/token";
    EXPECT_EQ(Conversation{plain}.failed().argument(), "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL");
}

TEST(OauthLogin, sends_the_token_that_was_given) {
    Settings settings = settings_for("oauth");
    settings.token = Secret{"given"};
    Material material;
    material.token = Secret{"given"};
    Conversation talk{settings, std::move(material)};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "OAUTH");
    EXPECT_EQ(text_of(data, "TOKEN"), "given");
    talk.refuse(390303, "Invalid OAuth access token. ");
    EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_TOKEN");
}

TEST(OauthLogin, refreshes_once_when_the_token_has_expired) {
    Settings settings = client("oauth");
    settings.oauth.refresh_token = Secret{"refresh-1"};
    Material material;
    material.token = Secret{"expired-token"};
    Conversation talk{settings, std::move(material)};
    talk.refuse(390303, "Invalid OAuth access token. ");
    auto form = token_request(talk);
    EXPECT_EQ(form["grant_type"], "refresh_token");
    EXPECT_EQ(form["refresh_token"], "refresh-1");
    talk.answer(R"({"access_token":"access-2","refresh_token":"refresh-2"})");
    EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), "access-2");
    talk.accept();
    talk.logged_in();
    ASSERT_EQ(talk.changes().size(), 2U);
    EXPECT_EQ(kept(talk.changes()[0]), "access-2");
    EXPECT_EQ(kept(talk.changes()[1]), "refresh-2") << "the one that was used may be good for one use";
}

TEST(OauthLogin, shows_the_given_token_first_and_a_refused_one_not_again) {
    Settings settings = client("oauth");
    settings.oauth.refresh_token = Secret{"refresh-1"};
    for (const bool refused : {false, true}) {
        Material material;
        material.token = Secret{"given"};
        material.token_refused = refused;
        material.oauth_access = Secret{"bought"};
        Conversation talk{settings, std::move(material)};
        EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), refused ? "bought" : "given");
    }
    // Without a way to buy another one, what is kept is somebody else's.
    Settings plain = settings_for("oauth");
    plain.token = Secret{"given"};
    Material material;
    material.token = Secret{"given"};
    material.token_refused = true;
    material.oauth_access = Secret{"bought"};
    Conversation talk{plain, std::move(material)};
    EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), "given");
    talk.refuse(390303);
    EXPECT_EQ(talk.failed().code(), "390303");
    EXPECT_EQ(talk.core().refused_token().reveal(), "given");
}

TEST(OauthLogin, drops_a_refresh_token_that_is_refused) {
    Settings settings = client("oauth");
    settings.oauth.refresh_token = Secret{"refresh-1"};
    Conversation talk{settings};
    token_request(talk);
    talk.answer(R"({"error":"invalid_grant"})", 400);
    EXPECT_EQ(talk.failed().kind(), base::Kind::credentials);
    ASSERT_EQ(talk.changes().size(), 1U);
    EXPECT_EQ(talk.changes()[0].kind, TokenKind::oauth_refresh);
    EXPECT_EQ(kept(talk.changes()[0]), "(dropped)");
}

Material person() {
    Material material;
    material.interactive_allowed = true;
    return material;
}

const std::string random32 = base::base64url(std::string(32, 'r'));

TEST(AuthorizationCode, goes_through_the_browser_with_pkce_and_state) {
    Conversation talk{client("oauth_authorization_code"), person()};
    EXPECT_EQ(talk.expect<Listen>().port, 0);
    talk.tell(Listening{.port = 4711});
    const std::string page = talk.expect<OpenBrowser>().url;
    ASSERT_TRUE(page.starts_with("https://idp.example.com/oauth/authorize?tenant=1&")) << page;
    auto query = form_of(page.substr(page.find('?') + 1));
    EXPECT_EQ(query["response_type"], "code");
    EXPECT_EQ(query["client_id"], "testClientId");
    EXPECT_EQ(query["redirect_uri"], "http://127.0.0.1:4711");
    EXPECT_EQ(query["state"], random32);
    EXPECT_EQ(query["scope"], "session:role:ANALYST offline_access");
    EXPECT_EQ(query["code_challenge_method"], "S256");
    const auto digest = base::sha256(random32);
    EXPECT_EQ(query["code_challenge"], base::base64url({reinterpret_cast<const char*>(digest.data()), 32}));
    talk.tell(BrowserOpened{.opened = true});
    EXPECT_EQ(talk.expect<AwaitCallback>().patience, std::chrono::seconds{120});
    talk.tell(CallbackCame{.method = "GET", .query = "code=testCode&state=" + random32, .body = {}});
    EXPECT_TRUE(talk.expect<AnswerBrowser>().ok);
    talk.tell(Acknowledged{});
    auto form = token_request(talk);
    EXPECT_EQ(form["grant_type"], "authorization_code");
    EXPECT_EQ(form["code"], "testCode");
    EXPECT_EQ(form["redirect_uri"], "http://127.0.0.1:4711");
    EXPECT_EQ(form["code_verifier"], random32);
    talk.answer(R"({"access_token":"access-1","refresh_token":"refresh-1"})");
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "TOKEN"), "access-1");
    EXPECT_EQ(text_of(data.at("CLIENT_ENVIRONMENT").as_object(), "OAUTH_TYPE"), "oauth_authorization_code");
    talk.accept();
    talk.logged_in();
    EXPECT_EQ(talk.changes().size(), 2U);
}

TEST(AuthorizationCode, believes_no_callback_of_another_login) {
    struct Bad {
        std::string query;
        std::string setting;
    };
    for (const Bad& bad : {Bad{"code=testCode&state=invalidState", "SNOWFLAKE_AUTHENTICATOR"},
                           Bad{"code=testCode", "SNOWFLAKE_AUTHENTICATOR"},
                           Bad{"state=" + random32, "SNOWFLAKE_OAUTH_AUTHORIZATION_URL"},
                           Bad{"error=some+error&error_description=some+error+desc", "SNOWFLAKE_OAUTH_SCOPE"}}) {
        Conversation talk{client("oauth_authorization_code"), person()};
        talk.tell(Listening{.port = 4711});
        talk.tell(BrowserOpened{});
        talk.tell(CallbackCame{.method = "GET", .query = bad.query, .body = {}});
        EXPECT_FALSE(talk.expect<AnswerBrowser>().ok);
        talk.tell(Acknowledged{});
        EXPECT_EQ(talk.failed().argument(), bad.setting) << bad.query;
    }
}

TEST(AuthorizationCode, knows_the_account_as_its_own_provider) {
    Settings settings = settings_for("oauth_authorization_code");
    settings.oauth.single_use_refresh_tokens = true;
    Conversation talk{settings, person()};
    talk.tell(Listening{.port = 1});
    const std::string page = talk.expect<OpenBrowser>().url;
    EXPECT_TRUE(
        page.starts_with("https://myorg-acct.snowflakecomputing.com/oauth/authorize?response_type=code&"
                         "client_id=LOCAL_APPLICATION&"))
        << page;
    EXPECT_EQ(page.find("offline_access"), std::string::npos);
    talk.tell(BrowserOpened{});
    talk.tell(CallbackCame{.method = "GET", .query = "code=c&state=" + random32, .body = {}});
    talk.tell(Acknowledged{});
    const auto asked = talk.request("POST", "/oauth/token-request");
    EXPECT_EQ(asked.url.host, "myorg-acct.snowflakecomputing.com");
    EXPECT_EQ(form_of(asked.body)["enable_single_use_refresh_tokens"], "true");
}

TEST(AuthorizationCode, comes_back_where_the_settings_say) {
    struct Case {
        std::string uri;
        std::string host;
        std::uint16_t port;
        std::string path;
        std::string told;
    };
    for (const Case& one : {Case{"http://localhost:1234/snowflake/oauth-redirect", "localhost", 1234,
                                 "/snowflake/oauth-redirect", "http://localhost:1234/snowflake/oauth-redirect"},
                            Case{"http://127.0.0.1/cb", "127.0.0.1", 0, "/cb", "http://127.0.0.1:4711/cb"},
                            Case{"http://127.0.0.1:{port}/cb", "127.0.0.1", 0, "/cb", "http://127.0.0.1:4711/cb"},
                            Case{"http://127.0.0.1", "127.0.0.1", 0, "/", "http://127.0.0.1:4711"}}) {
        Settings settings = client("oauth_authorization_code");
        settings.oauth.redirect_uri = one.uri;
        Conversation talk{settings, person()};
        EXPECT_EQ(talk.expect<Listen>().host, one.host) << one.uri;
        EXPECT_EQ(talk.expect<Listen>().port, one.port) << one.uri;
        talk.tell(Listening{.port = 4711});
        EXPECT_EQ(form_of(talk.expect<OpenBrowser>().url)["redirect_uri"], one.told);
        talk.tell(BrowserOpened{});
        EXPECT_EQ(talk.expect<AwaitCallback>().path, one.path);
    }
    for (const std::string uri : {"https://localhost/cb", "http://example.com/cb", "nonsense"}) {
        Settings settings = client("oauth_authorization_code");
        settings.oauth.redirect_uri = uri;
        EXPECT_EQ(Conversation(settings, person()).failed().argument(), "SNOWFLAKE_OAUTH_REDIRECT_URI") << uri;
    }
}

TEST(AuthorizationCode, refreshes_before_it_asks_a_person) {
    Material material;
    material.oauth_access = Secret{"old"};
    material.oauth_refresh = Secret{"refresh-1"};
    Conversation talk{client("oauth_authorization_code"), std::move(material)};
    talk.refuse(390303);
    EXPECT_EQ(token_request(talk)["refresh_token"], "refresh-1");
    talk.answer(R"({"error":"invalid_grant"})", 400);
    EXPECT_EQ(talk.failed().argument(), "SNOWFLAKE_AUTHENTICATOR") << "nobody may be asked here";
}

TEST(AuthorizationCode, ends_when_nobody_comes_back) {
    Conversation talk{client("oauth_authorization_code"), person()};
    talk.tell(Listening{.port = 1});
    talk.tell(BrowserOpened{});
    talk.tell(base::Error{base::Kind::timeout, "nobody"}.at(base::Stage::login));
    EXPECT_EQ(talk.failed().kind(), base::Kind::timeout);
}

}  // namespace
