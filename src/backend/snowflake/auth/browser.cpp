// Browser single sign-on (SAML): Snowflake names the page, the browser brings the token back to the loopback.
#include "backend/snowflake/auth/browser.hpp"

#include <fmt/format.h>

#include "backend/snowflake/auth/json_fields.hpp"
#include "backend/snowflake/auth/methods.hpp"
#include "backend/snowflake/auth/oauth_tokens.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "backend/snowflake/wire/codes.hpp"
#include "backend/snowflake/wire/request_target.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

/// What an SSO page brings back: by GET in the query, or by POST as JSON with the person's consent to keep a token.
struct SsoToken {
    base::Secret token;
    bool keep = true;
};

base::Result<SsoToken> sso_token(const CallbackCame& callback) {
    SsoToken found;
    if (callback.method == "POST") {
        found.token = base::Secret{json_text(callback.body, "token").value_or("")};
        found.keep = json_text(callback.body, "consent") != "false";
    }
    if (found.token.empty()) {
        for (auto& [name, value] : net::client::parse_form(callback.query).value_or(Form{})) {
            if (name == "token") {
                found.token = base::Secret{std::move(value)};
            }
        }
    }
    if (found.token.empty()) {
        return base::fail(
            provider_refusal("the browser came back without a token: the login at the identity provider "
                             "did not succeed, or its page is not Snowflake's",
                             "SNOWFLAKE_AUTHENTICATOR"));
    }
    return found;
}

/// The login in the browser: from asking Snowflake for the page to the fields of the login.
Script<base::Result<std::pair<LoginFields, bool>>> fields_by_browser(Dialogue& with, LoginTask& task) {
    if (!task.material.interactive_allowed) {
        co_return base::fail(nobody_to_ask(Method::external_browser));
    }
    auto port = co_await listen(with, Listen{});
    if (!port) {
        co_return base::fail(std::move(port.error()));
    }
    LoginFields asked;
    asked.add("AUTHENTICATOR", "EXTERNALBROWSER").add("BROWSER_MODE_REDIRECT_PORT", fmt::format("{}", *port));
    auto reply = co_await post(with, task, authenticator_target(new_request_id()), authenticator_body(task, asked),
                               std::chrono::milliseconds{0}, true);
    if (!reply) {
        co_return base::fail(std::move(reply.error()));
    }
    const auto page = reply->envelope.text("ssoUrl");
    const auto proof = reply->envelope.text("proofKey");
    if (!reply->envelope.success() || !page || !proof) {
        co_return base::fail(refusal(task, Method::external_browser, *reply));
    }
    const auto url = net::client::Url::parse(*page);
    if (!url || (!url->secure() && !is_loopback_host(url->host) && task.account.url.secure())) {
        co_return base::fail(
            provider_refusal("Snowflake named a login page that is not an https URL; it is not opened. "
                             "Check the account's SAML integration",
                             "SNOWFLAKE_AUTHENTICATOR"));
    }
    auto callback = co_await visit(with, task, *page, "/");
    if (!callback) {
        co_return base::fail(std::move(callback.error()));
    }
    auto token = sso_token(*callback);
    co_await with.ask(answer_for(token ? std::nullopt : std::optional{token.error().message()}));
    if (!token) {
        co_return base::fail(std::move(token.error()));
    }
    LoginFields fields;
    fields.add("AUTHENTICATOR", "EXTERNALBROWSER").add("TOKEN", token->token).add("PROOF_KEY", *proof);
    co_return std::pair{std::move(fields), token->keep};
}

}  // namespace

Script<base::Result<std::uint16_t>> listen(Dialogue& with, Listen where) {
    Event event = co_await with.ask(std::move(where));
    if (const auto* const listening = std::get_if<Listening>(&event)) {
        co_return listening->port;
    }
    auto* const error = std::get_if<base::Error>(&event);
    co_return base::fail(error != nullptr ? std::move(*error)
                                          : base::Error{base::Kind::internal, "the loopback listener did not answer"});
}

Script<base::Result<CallbackCame>> visit(Dialogue& with, LoginTask& task, std::string url, std::string path) {
    co_await with.ask(OpenBrowser{.url = std::move(url)});
    Event event = co_await with.ask(AwaitCallback{.path = std::move(path), .patience = task.settings.browser_timeout});
    if (auto* const callback = std::get_if<CallbackCame>(&event)) {
        co_return std::move(*callback);
    }
    auto* const error = std::get_if<base::Error>(&event);
    co_return base::fail(error != nullptr ? std::move(*error)
                                          : base::Error{base::Kind::internal, "the browser's answer was lost"});
}

AnswerBrowser answer_for(const std::optional<std::string>& problem) {
    if (problem) {
        return {.ok = false, .title = "Login failed", .text = *problem};
    }
    return {.ok = true,
            .title = "Logged in",
            .text = "Your identity was passed on to snowflake-mcp. You may close this window."};
}

LoginScript by_external_browser(Dialogue& with, LoginTask& task) {
    if (!task.material.id_token.empty()) {
        LoginFields kept;
        kept.add("AUTHENTICATOR", "ID_TOKEN").add("TOKEN", task.material.id_token);
        kept.parameters.emplace_back("CLIENT_STORE_TEMPORARY_CREDENTIAL");
        auto reply = co_await submit(with, task, std::move(kept));
        if (!reply || reply->envelope.success() || !is_id_token_refusal(reply->envelope.code())) {
            co_return reply;
        }
        task.drop(TokenKind::id);
    }
    auto made = co_await fields_by_browser(with, task);
    if (!made) {
        co_return base::fail(std::move(made.error()));
    }
    if (task.settings.store_temporary_credential && made->second) {
        made->first.parameters.emplace_back("CLIENT_STORE_TEMPORARY_CREDENTIAL");
    }
    auto reply = co_await submit(with, task, std::move(made->first));
    if (reply && reply->envelope.success() && made->second) {
        if (auto token = reply->envelope.text("idToken"); token && !token->empty()) {
            task.keep(TokenKind::id, base::Secret{std::move(*token)});
        }
    }
    co_return reply;
}

}  // namespace backend::snowflake
