#include "backend/snowflake/auth/oauth_tokens.hpp"

#include <fmt/format.h>

#include "backend/snowflake/auth/exchange.hpp"
#include "backend/snowflake/auth/json_fields.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

/// The client that every account knows for programs on a person's own machine.
constexpr std::string_view local_application = "LOCAL_APPLICATION";
constexpr std::size_t longest_message = 300;

base::Error config_error(std::string_view setting, std::string why) {
    base::Error error{base::Kind::credentials, std::move(why)};
    return std::move(error).at(base::Stage::config).about(std::string{setting});
}

bool is_own(const LoginTask& task, const net::client::Url& url) {
    return base::iequals(url.host, task.account.url.host);
}

std::string shown(std::string_view text) { return base::ellipsize(base::escape_untrusted(text), longest_message); }

/// The endpoint's "no" in words.
base::Error token_refusal(const OauthClient& client, const HttpAnswer& answer) {
    const auto error = json_text(answer.body, "error");
    const auto description = json_text(answer.body, "error_description");
    if (!error && answer.status >= 500) {
        base::Error busy{base::Kind::unavailable, fmt::format("{} answered HTTP {} when asked for an access token",
                                                              client.token.host, answer.status)};
        return std::move(busy).at(base::Stage::login);
    }
    const std::string_view setting = error == "invalid_scope"    ? "SNOWFLAKE_OAUTH_SCOPE"
                                     : error == "invalid_client" ? "SNOWFLAKE_OAUTH_CLIENT_SECRET"
                                                                 : "SNOWFLAKE_OAUTH_CLIENT_ID";
    return provider_refusal(
        fmt::format("{} gave no access token: {}{}. Check SNOWFLAKE_OAUTH_CLIENT_ID, SNOWFLAKE_OAUTH_CLIENT_SECRET, "
                    "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL and SNOWFLAKE_OAUTH_SCOPE",
                    client.token.host, error ? shown(*error) : fmt::format("HTTP {}", answer.status),
                    description ? fmt::format(" ({})", shown(*description)) : std::string{}),
        setting);
}

}  // namespace

base::Result<net::client::Url> provider_url(const LoginTask& task, std::string_view text, std::string_view setting) {
    auto url = net::client::Url::parse(base::trim(text));
    if (!url) {
        return base::fail(
            config_error(setting, fmt::format("{} is not a URL such as https://login.example.com/token: {}", setting,
                                              url.error().message())));
    }
    if (!url->secure() && !is_loopback_host(url->host) && (task.account.url.secure() || !is_own(task, *url))) {
        return base::fail(
            config_error(setting, fmt::format("{} is an http URL: secrets go there, so it must be https", setting)));
    }
    return url;
}

base::Result<OauthClient> oauth_client(const LoginTask& task) {
    const OauthSettings& set = task.settings.oauth;
    OauthClient client{.authorize = task.account.url,
                       .token = task.account.url,
                       .id = set.client_id,
                       .secret = set.client_secret,
                       .scope = set.scope};
    client.authorize.target = "/oauth/authorize";
    client.token.target = "/oauth/token-request";
    if (!set.authorization_url.empty()) {
        auto url = provider_url(task, set.authorization_url, "SNOWFLAKE_OAUTH_AUTHORIZATION_URL");
        if (!url) {
            return base::fail(std::move(url.error()));
        }
        client.authorize = std::move(*url);
    }
    if (!set.token_request_url.empty()) {
        auto url = provider_url(task, set.token_request_url, "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL");
        if (!url) {
            return base::fail(std::move(url.error()));
        }
        client.token = std::move(*url);
    }
    if (client.id.empty()) {
        if (!is_own(task, client.authorize) || !is_own(task, client.token)) {
            return base::fail(config_error("SNOWFLAKE_OAUTH_CLIENT_ID",
                                           "SNOWFLAKE_OAUTH_CLIENT_ID is not set: the identity provider wants to know "
                                           "which client asks"));
        }
        client.id = local_application;
        client.secret = base::Secret{std::string{local_application}};
    }
    if (client.scope.empty() && !task.context.role.empty()) {
        client.scope = "session:role:" + task.context.role;
    }
    return client;
}

Script<base::Result<OauthTokens>> request_tokens(Dialogue& with, LoginTask& task, const OauthClient& client,
                                                 Form form) {
    SendRequest request{.url = client.token,
                        .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"},
                                    {"Accept", "application/json"},
                                    {"User-Agent", task.identity.user_agent()},
                                    {"Authorization",
                                     "Basic " + base::base64(fmt::format("{}:{}", client.id, client.secret.reveal()))}},
                        .body = net::client::write_form(form),
                        .trust = Trust::provider};
    auto answer = co_await send(with, task, std::move(request));
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    auto access = json_text(answer->body, "access_token");
    if (answer->status != 200 || !access || access->empty()) {
        co_return base::fail(token_refusal(client, *answer));
    }
    co_return OauthTokens{.access = base::Secret{std::move(*access)},
                          .refresh = base::Secret{json_text(answer->body, "refresh_token").value_or("")}};
}

Script<base::Result<OauthTokens>> refresh_tokens(Dialogue& with, LoginTask& task, const OauthClient& client,
                                                 base::Secret refresh) {
    Form form{{"grant_type", "refresh_token"}, {"refresh_token", std::string{refresh.reveal()}}};
    if (!client.scope.empty()) {
        form.emplace_back("scope", client.scope);
    }
    auto tokens = co_await request_tokens(with, task, client, std::move(form));
    if (tokens) {
        task.keep(TokenKind::oauth_access, tokens->access);
        if (!tokens->refresh.empty()) {
            task.keep(TokenKind::oauth_refresh, tokens->refresh);
        }
    } else if (tokens.error().kind() == base::Kind::credentials) {
        task.drop(TokenKind::oauth_refresh);
    }
    co_return tokens;
}

}  // namespace backend::snowflake
