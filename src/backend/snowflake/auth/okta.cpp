// Okta without a browser: the password goes to Okta alone, its SAML answer to Snowflake alone.
#include "backend/snowflake/auth/okta.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "backend/snowflake/auth/json_fields.hpp"
#include "backend/snowflake/auth/methods.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "backend/snowflake/wire/request_target.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::string_view setting = "SNOWFLAKE_AUTHENTICATOR";

struct Places {
    net::client::Url token;
    net::client::Url sso;
};

/// Asks Snowflake where Okta is to be asked; both places must be the Okta that the settings name, or the password would
/// go to a stranger.
Script<base::Result<Places>> ask_places(Dialogue& with, LoginTask& task) {
    const auto okta = net::client::Url::parse(base::trim(task.settings.authenticator));
    if (!okta || !okta->secure()) {
        co_return base::fail(
            provider_refusal("SNOWFLAKE_AUTHENTICATOR is not an https URL such as https://example.okta.com", setting));
    }
    LoginFields asked;
    asked.add("AUTHENTICATOR", base::trim(task.settings.authenticator));
    auto reply = co_await post(with, task, authenticator_target(new_request_id()), authenticator_body(task, asked),
                               std::chrono::milliseconds{0}, true);
    if (!reply) {
        co_return base::fail(std::move(reply.error()));
    }
    if (!reply->envelope.success()) {
        co_return base::fail(refusal(task, Method::okta, *reply));
    }
    auto token = net::client::Url::parse(reply->envelope.text("tokenUrl").value_or(""));
    auto sso = net::client::Url::parse(reply->envelope.text("ssoUrl").value_or(""));
    if (!token || !sso || token->origin() != okta->origin() || sso->origin() != okta->origin()) {
        co_return base::fail(provider_refusal(
            fmt::format("Snowflake names an identity provider that is not {}: the password is not sent there. Check "
                        "SNOWFLAKE_AUTHENTICATOR and the account's SAML integration",
                        okta->host),
            setting));
    }
    co_return Places{.token = std::move(*token), .sso = std::move(*sso)};
}

base::Error okta_error(const net::client::Url& url, const HttpAnswer& answer) {
    if (answer.status == 429 || answer.status >= 500) {
        base::Error busy{base::Kind::unavailable, fmt::format("{} answered HTTP {}", url.host, answer.status)};
        return std::move(busy).at(base::Stage::login);
    }
    return provider_refusal(fmt::format("{} refused the login (HTTP {}): check SNOWFLAKE_USER and SNOWFLAKE_PASSWORD, "
                                        "which are those of Okta here",
                                        url.host, answer.status),
                            "SNOWFLAKE_PASSWORD");
}

Script<base::Result<base::Secret>> one_time_token(Dialogue& with, LoginTask& task, const net::client::Url& url) {
    SendRequest request{.url = url,
                        .headers = {{"Content-Type", "application/json"},
                                    {"Accept", "application/json"},
                                    {"User-Agent", task.identity.user_agent()}},
                        .trust = Trust::provider};
    base::JsonWriter{request.body}
        .begin_object()
        .field("username", task.settings.user)
        .field("password", task.settings.password.reveal())
        .end_object();
    auto answer = co_await send(with, task, std::move(request));
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    if (answer->status != 200) {
        co_return base::fail(okta_error(url, *answer));
    }
    if (json_text(answer->body, "status") == "MFA_REQUIRED") {
        co_return base::fail(provider_refusal(
            fmt::format("{} asks for a second factor, which this way of logging in has no place for. Set "
                        "SNOWFLAKE_AUTHENTICATOR=externalbrowser",
                        url.host),
            setting));
    }
    auto token = json_text(answer->body, "sessionToken");
    if (!token) {
        token = json_text(answer->body, "cookieToken");
    }
    if (!token || token->empty()) {
        co_return base::fail(okta_error(url, *answer));
    }
    co_return base::Secret{std::move(*token)};
}

Script<base::Result<base::Secret>> saml_page(Dialogue& with, LoginTask& task, const Places& places) {
    auto token = co_await one_time_token(with, task, places.token);
    if (!token) {
        co_return base::fail(std::move(token.error()));
    }
    SendRequest request{.method = "GET",
                        .url = places.sso,
                        .headers = {{"Accept", "*/*"}, {"User-Agent", task.identity.user_agent()}},
                        .trust = Trust::provider};
    net::client::append_query(request.url.target, "RelayState", "/some/deep/link");
    net::client::append_query(request.url.target, "onetimetoken", token->reveal());
    auto answer = co_await send(with, task, std::move(request));
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    if (answer->status != 200) {
        co_return base::fail(okta_error(places.sso, *answer));
    }
    const auto action = form_action(answer->body);
    const auto goal = action ? net::client::Url::parse(*action) : base::Result<net::client::Url>{};
    const bool own = action && goal && goal->origin() == task.account.url.origin();
    if (!own && !task.settings.disable_saml_url_check) {
        co_return base::fail(provider_refusal(
            fmt::format(
                "{} answered with a form for {}, not for {}: it is not used. Check SNOWFLAKE_ACCOUNT and "
                "SNOWFLAKE_HOST, and the address that Okta has for this account (SNOWFLAKE_DISABLE_SAML_URL_CHECK "
                "allows another one)",
                places.sso.host, action && goal ? goal->host : "nobody", task.account.url.host),
            "SNOWFLAKE_ACCOUNT"));
    }
    co_return base::Secret{std::move(answer->body)};
}

}  // namespace

std::optional<std::string> form_action(std::string_view html) {
    const std::string lower = base::to_lower(html);
    const auto form = lower.find("<form");
    const auto end = form == std::string::npos ? form : lower.find('>', form);
    const auto action = form == std::string::npos ? form : lower.find("action", form);
    if (action == std::string::npos || end == std::string::npos || action > end) {
        return std::nullopt;
    }
    const auto open = lower.find_first_of("\"'", action);
    const auto close = open == std::string::npos ? open : lower.find(lower[open], open + 1);
    if (close == std::string::npos) {
        return std::nullopt;
    }
    constexpr std::array<std::pair<std::string_view, char>, 4> names = {
        {{"&amp;", '&'}, {"&quot;", '"'}, {"&lt;", '<'}, {"&gt;", '>'}}};
    std::string_view text = html.substr(open + 1, close - open - 1);
    std::string url;
    while (!text.empty()) {
        std::size_t used = 1;
        char c = text.front();
        for (const auto& [name, character] : names) {
            if (text.starts_with(name)) {
                c = character;
                used = name.size();
            }
        }
        if (text.starts_with("&#")) {
            const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
            unsigned number = 0;
            const char* const begin = text.data() + (hex ? 3 : 2);
            const auto [at, failed] = std::from_chars(begin, text.data() + text.size(), number, hex ? 16 : 10);
            if (failed == std::errc{} && at != text.data() + text.size() && *at == ';' && number > 0 && number < 128) {
                c = static_cast<char>(number);
                used = static_cast<std::size_t>(at - text.data()) + 1;
            }
        }
        url.push_back(c);
        text.remove_prefix(used);
    }
    return url;
}

LoginScript by_okta(Dialogue& with, LoginTask& task) {
    auto places = co_await ask_places(with, task);
    if (!places) {
        co_return base::fail(std::move(places.error()));
    }
    for (int attempt = 1;; ++attempt) {
        // Okta is asked with a new one-time token each time: the old one may be spent.
        auto page = co_await saml_page(with, task, *places);
        if (page) {
            LoginFields fields;
            fields.add("AUTHENTICATOR", base::trim(task.settings.authenticator)).add("RAW_SAML_RESPONSE", *page);
            co_return co_await submit(with, task, std::move(fields));
        }
        if (attempt == login_attempts || !is_passing(page.error())) {
            co_return base::fail(std::move(page.error()));
        }
        if (auto waited = co_await wait_before(with, task, attempt, page.error()); !waited) {
            co_return base::fail(std::move(waited.error()));
        }
    }
}

}  // namespace backend::snowflake
