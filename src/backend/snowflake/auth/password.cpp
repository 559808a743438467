// Password, with the second factor in its forms: passcode, passcode inside the password, Duo push, kept MFA token.
#include <fmt/format.h>

#include <chrono>

#include "backend/snowflake/auth/methods.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "backend/snowflake/wire/codes.hpp"
#include "backend/snowflake/wire/request_target.hpp"

namespace backend::snowflake {

namespace {

/// A person has to find the telephone first.
constexpr std::chrono::seconds push_patience{120};

void add_password(LoginFields& fields, LoginTask& task) {
    fields.add("PASSWORD", task.settings.password);
    if (task.settings.passcode_in_password) {
        fields.add("EXT_AUTHN_DUO_METHOD", "passcode");
    } else if (!task.settings.passcode.empty() && !task.material.passcode_spent) {
        fields.add("EXT_AUTHN_DUO_METHOD", "passcode").add("PASSCODE", task.settings.passcode);
        task.passcode_used = true;
    }
}

bool asks_for_push(const Envelope& envelope) {
    const auto next = envelope.text("nextAction");
    return next && (*next == "EXT_AUTHN_DUO_ALL" || *next == "EXT_AUTHN_DUO_PUSH_N_PASSCODE") &&
           !envelope.text("token");
}

}  // namespace

LoginScript submit(Dialogue& with, LoginTask& task, LoginFields fields, bool again) {
    const std::string target = login_target(new_request_id(), task.context);
    auto reply = co_await post(with, task, target, login_body(task, fields, {}), fields.patience, again);
    if (!reply || !reply->envelope.success() || !asks_for_push(reply->envelope)) {
        co_return reply;
    }
    // The server wants a person to answer on a device: ask for the push, wait for it, then fetch the tokens.
    if (!task.material.interactive_allowed) {
        co_return base::fail(nobody_to_ask(Method::password_mfa));
    }
    LoginFields push = fields;
    std::erase_if(push.fields, [](const auto& field) { return field.first == "EXT_AUTHN_DUO_METHOD"; });
    push.add("EXT_AUTHN_DUO_METHOD", "push");
    auto answered =
        co_await post(with, task, target, login_body(task, push, reply->envelope.text("inFlightCtx").value_or("")),
                      push_patience, false);
    if (!answered || !answered->envelope.success() || answered->envelope.text("token") ||
        answered->envelope.text("nextAction") != "EXT_AUTHN_SUCCESS") {
        co_return answered;
    }
    LoginFields last = fields;
    std::erase_if(last.fields, [](const auto& field) { return field.first != "AUTHENTICATOR"; });
    co_return co_await post(with, task, target,
                            login_body(task, last, answered->envelope.text("inFlightCtx").value_or("")),
                            fields.patience, true);
}

base::Error nobody_to_ask(Method method) {
    base::Error error{base::Kind::credentials,
                      fmt::format("logging in by {} asks a person to act, and there is nobody to ask: this server runs "
                                  "without a terminal, and no kept token works. Set SNOWFLAKE_AUTHENTICATOR to a way "
                                  "that needs nobody (snowflake_jwt, programmatic_access_token, "
                                  "oauth_client_credentials, workload_identity), or log in once at a terminal, such "
                                  "as with `snowflake-mcp check`, so that a token is kept",
                                  to_string(method))};
    return std::move(error).at(base::Stage::login).about("SNOWFLAKE_AUTHENTICATOR");
}

LoginScript by_password(Dialogue& with, LoginTask& task) {
    LoginFields fields;
    add_password(fields, task);
    co_return co_await submit(with, task, std::move(fields));
}

LoginScript by_password_mfa(Dialogue& with, LoginTask& task) {
    if (!task.material.mfa_token.empty()) {
        LoginFields kept;
        kept.add("AUTHENTICATOR", "USERNAME_PASSWORD_MFA").add("PASSWORD", task.settings.password);
        kept.add("TOKEN", task.material.mfa_token).parameters.emplace_back("CLIENT_REQUEST_MFA_TOKEN");
        auto reply = co_await submit(with, task, std::move(kept));
        if (!reply || reply->envelope.success() || !is_mfa_refusal(reply->envelope.code())) {
            co_return reply;
        }
        task.drop(TokenKind::mfa);
    }
    LoginFields fields;
    fields.add("AUTHENTICATOR", "USERNAME_PASSWORD_MFA").parameters.emplace_back("CLIENT_REQUEST_MFA_TOKEN");
    add_password(fields, task);
    if (fields.fields.back().first == "PASSWORD") {  // no passcode: a push message to a person's device
        if (!task.material.interactive_allowed) {
            co_return base::fail(nobody_to_ask(Method::password_mfa));
        }
        fields.add("EXT_AUTHN_DUO_METHOD", "push");
        fields.patience = push_patience;
    }
    // Not sent again: every push rings the person's device, and a passcode is good for one login.
    auto reply = co_await submit(with, task, std::move(fields), false);
    if (reply && reply->envelope.success()) {
        if (auto token = reply->envelope.text("mfaToken"); token && !token->empty()) {
            task.keep(TokenKind::mfa, base::Secret{std::move(*token)});
        }
    }
    co_return reply;
}

}  // namespace backend::snowflake
