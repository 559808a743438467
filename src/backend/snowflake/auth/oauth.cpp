// OAuth: a token that somebody else got, client credentials, and the authorization code flow with PKCE in a browser.
#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "backend/snowflake/auth/browser.hpp"
#include "backend/snowflake/auth/methods.hpp"
#include "backend/snowflake/auth/oauth_tokens.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "backend/snowflake/wire/codes.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

LoginFields token_fields(const base::Secret& token, std::string_view type) {
    LoginFields fields;
    fields.oauth_type = type;
    fields.add("AUTHENTICATOR", "OAUTH").add("TOKEN", token);
    return fields;
}

/// The account said no to the access token itself: another one may do.
bool refused_token(const base::Result<Reply>& reply) {
    return reply && !reply->envelope.success() && is_oauth_refusal(reply->envelope.code());
}

const base::Secret& refresh_token(const LoginTask& task) {
    return task.material.oauth_refresh.empty() ? task.settings.oauth.refresh_token : task.material.oauth_refresh;
}

bool asks_offline_access(const LoginTask& task, const OauthClient& client) {
    return task.settings.store_temporary_credential && !base::iequals(client.authorize.host, task.account.url.host) &&
           client.scope.find("offline_access") == std::string::npos;
}

/// Where the browser comes back to: what to listen on, and what the provider is told once the port is known.
struct Redirect {
    Listen listen;
    std::string path = "/";
    std::string text = "http://127.0.0.1:{port}";

    std::string with_port(std::uint16_t port) const {
        std::string uri = text;
        if (const auto at = uri.find("{port}"); at != std::string::npos) {
            uri.replace(at, 6, fmt::format("{}", port));
        }
        return uri;
    }
};

base::Result<Redirect> redirect_of(const std::string& setting) {
    Redirect redirect;
    if (setting.empty()) {
        return redirect;
    }
    const auto refuse = [&](std::string_view why) {
        base::Error error{base::Kind::credentials,
                          fmt::format("SNOWFLAKE_OAUTH_REDIRECT_URI {}: allowed is http with 127.0.0.1, [::1] or "
                                      "localhost, such as http://127.0.0.1:8090/callback",
                                      why)};
        return base::fail(std::move(error).at(base::Stage::config).about("SNOWFLAKE_OAUTH_REDIRECT_URI"));
    };
    redirect.text = setting;
    std::string plain = setting;
    const auto blank = plain.find("{port}");
    if (blank != std::string::npos) {
        plain.replace(blank, 6, "1");
    }
    const auto url = net::client::Url::parse(plain);
    if (!url) {
        return refuse("is not a URL");
    }
    if (url->secure() || !is_loopback_host(url->host)) {
        return refuse("does not lead to this machine");
    }
    redirect.listen.host = url->host;
    redirect.path = url->target.substr(0, url->target.find('?'));
    const auto authority_end = setting.find('/', 7);
    const bool has_port =
        setting.find(':', setting.find(']') == std::string::npos ? 7 : setting.find(']')) < authority_end;
    if (blank == std::string::npos && has_port) {
        redirect.listen.port = url->port;
    } else if (blank == std::string::npos) {
        redirect.text.insert(std::min(authority_end, setting.size()), ":{port}");
    }
    return redirect;
}

/// What the browser brought back, checked: the code.
base::Result<std::string> code_of(const CallbackCame& callback, const std::string& state) {
    const auto pairs = net::client::parse_form(callback.query);
    std::optional<std::string> code;
    std::optional<std::string> came;
    std::optional<std::string> error;
    std::string description;
    for (const auto& [name, value] : pairs.value_or(Form{})) {
        if (name == "code") code = value;
        if (name == "state") came = value;
        if (name == "error") error = value;
        if (name == "error_description") description = value;
    }
    if (error) {
        return base::fail(provider_refusal(
            fmt::format("the identity provider refused the login in the browser: {}{}. Check SNOWFLAKE_OAUTH_SCOPE, "
                        "SNOWFLAKE_ROLE and SNOWFLAKE_OAUTH_CLIENT_ID",
                        base::ellipsize(base::escape_untrusted(*error), 200),
                        description.empty()
                            ? ""
                            : fmt::format(" ({})", base::ellipsize(base::escape_untrusted(description), 300))),
            "SNOWFLAKE_OAUTH_SCOPE"));
    }
    if (!came || !base::Secret{state}.equals(*came)) {
        return base::fail(
            provider_refusal("the browser came back with another login's state: the login was not begun "
                             "here, or a page was used twice. Try again",
                             "SNOWFLAKE_AUTHENTICATOR"));
    }
    if (!code || code->empty()) {
        return base::fail(
            provider_refusal("the browser came back without an authorization code: check "
                             "SNOWFLAKE_OAUTH_AUTHORIZATION_URL",
                             "SNOWFLAKE_OAUTH_AUTHORIZATION_URL"));
    }
    return std::move(*code);
}

Script<base::Result<OauthTokens>> tokens_by_browser(Dialogue& with, LoginTask& task, const OauthClient& client) {
    if (!task.material.interactive_allowed) {
        co_return base::fail(nobody_to_ask(Method::oauth_authorization_code));
    }
    auto redirect = redirect_of(task.settings.oauth.redirect_uri);
    if (!redirect) {
        co_return base::fail(std::move(redirect.error()));
    }
    auto port = co_await listen(with, redirect->listen);
    if (!port) {
        co_return base::fail(std::move(port.error()));
    }
    const std::string uri = redirect->with_port(*port);
    const std::string state = base::base64url(task.random_bytes(32));
    const base::Secret verifier{base::base64url(task.random_bytes(32))};
    const auto digest = base::sha256(verifier.reveal());
    net::client::Url page = client.authorize;
    for (const auto& [name, value] :
         Form{{"response_type", "code"},
              {"client_id", client.id},
              {"redirect_uri", uri},
              {"state", state},
              {"scope", client.scope},
              {"code_challenge", base::base64url({reinterpret_cast<const char*>(digest.data()), digest.size()})},
              {"code_challenge_method", "S256"}}) {
        if (!value.empty()) {
            net::client::append_query(page.target, name, value);
        }
    }
    auto callback = co_await visit(with, task, page.to_string(), redirect->path);
    if (!callback) {
        co_return base::fail(std::move(callback.error()));
    }
    auto code = code_of(*callback, state);
    co_await with.ask(answer_for(code ? std::nullopt : std::optional{code.error().message()}));
    if (!code) {
        co_return base::fail(std::move(code.error()));
    }
    Form form{{"grant_type", "authorization_code"},
              {"code", *code},
              {"redirect_uri", uri},
              {"code_verifier", std::string{verifier.reveal()}}};
    if (task.settings.oauth.single_use_refresh_tokens) {
        form.emplace_back("enable_single_use_refresh_tokens", "true");
    }
    auto tokens = co_await request_tokens(with, task, client, std::move(form));
    if (tokens) {
        task.keep(TokenKind::oauth_access, tokens->access);
        if (!tokens->refresh.empty()) {
            task.keep(TokenKind::oauth_refresh, tokens->refresh);
        }
    }
    co_return tokens;
}

}  // namespace

LoginScript by_oauth(Dialogue& with, LoginTask& task) {
    // A kept refresh token is this one's successor, or another method's.
    const base::Secret refresh = task.settings.oauth.refresh_token.empty() ? base::Secret{} : refresh_token(task);
    std::optional<base::Result<Reply>> refused;
    // The token that was given comes first, unless it was refused before and there is a way to another one.
    if (!task.material.token.empty() && (!task.material.token_refused || refresh.empty())) {
        refused = co_await submit(with, task, token_fields(task.material.token, {}));
        if (!refused_token(*refused)) {
            co_return std::move(*refused);
        }
        task.token_refused = true;
    }
    if (!task.material.oauth_access.empty() && !refresh.empty()) {
        refused = co_await submit(with, task, token_fields(task.material.oauth_access, {}));
        if (!refused_token(*refused)) {
            co_return std::move(*refused);
        }
        task.drop(TokenKind::oauth_access);
    }
    if (refresh.empty()) {
        co_return std::move(*refused);
    }
    auto client = oauth_client(task);
    if (!client) {
        co_return base::fail(std::move(client.error()));
    }
    auto tokens = co_await refresh_tokens(with, task, *client, refresh);
    if (!tokens) {
        co_return base::fail(std::move(tokens.error()));
    }
    co_return co_await submit(with, task, token_fields(tokens->access, {}));
}

LoginScript by_client_credentials(Dialogue& with, LoginTask& task) {
    constexpr std::string_view type = "oauth_client_credentials";
    if (!task.material.oauth_access.empty()) {
        auto reply = co_await submit(with, task, token_fields(task.material.oauth_access, type));
        if (!refused_token(reply)) {
            co_return reply;
        }
        task.drop(TokenKind::oauth_access);
    }
    auto client = oauth_client(task);
    if (!client) {
        co_return base::fail(std::move(client.error()));
    }
    Form form{{"grant_type", "client_credentials"}};
    if (!client->scope.empty()) {
        form.emplace_back("scope", client->scope);
    }
    auto tokens = co_await request_tokens(with, task, *client, std::move(form));
    if (!tokens) {
        co_return base::fail(std::move(tokens.error()));
    }
    task.keep(TokenKind::oauth_access, tokens->access);
    co_return co_await submit(with, task, token_fields(tokens->access, type));
}

LoginScript by_authorization_code(Dialogue& with, LoginTask& task) {
    constexpr std::string_view type = "oauth_authorization_code";
    auto client = oauth_client(task);
    if (!client) {
        co_return base::fail(std::move(client.error()));
    }
    if (asks_offline_access(task, *client)) {
        client->scope.append(client->scope.empty() ? "" : " ").append("offline_access");
    }
    if (!task.material.oauth_access.empty()) {
        auto reply = co_await submit(with, task, token_fields(task.material.oauth_access, type));
        if (!refused_token(reply)) {
            co_return reply;
        }
        task.drop(TokenKind::oauth_access);
    }
    if (const base::Secret refresh = refresh_token(task); !refresh.empty()) {
        if (auto tokens = co_await refresh_tokens(with, task, *client, refresh)) {
            auto reply = co_await submit(with, task, token_fields(tokens->access, type));
            if (!refused_token(reply)) {
                co_return reply;
            }
            task.drop(TokenKind::oauth_access);
        }
    }
    auto tokens = co_await tokens_by_browser(with, task, *client);
    if (!tokens) {
        co_return base::fail(std::move(tokens.error()));
    }
    co_return co_await submit(with, task, token_fields(tokens->access, type));
}

}  // namespace backend::snowflake
