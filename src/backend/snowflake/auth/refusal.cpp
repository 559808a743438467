#include "backend/snowflake/auth/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "backend/snowflake/wire/codes.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

using std::chrono::seconds;

constexpr seconds notable_difference{20};
constexpr std::chrono::minutes lock_time{15};
constexpr std::size_t longest_message = 500;

/// What to do about it, and which setting it is about.
struct Advice {
    std::string_view setting;
    std::string text;
};

bool contains_fold(std::string_view text, std::string_view part) {
    return base::to_lower(text).find(part) != std::string::npos;
}

std::string said(const Reply& reply) {
    std::string text = base::ellipsize(base::escape_untrusted(base::trim(reply.envelope.message())), longest_message);
    while (!text.empty() && text.back() == '.') {
        text.pop_back();
    }
    return text.empty() ? fmt::format("code {}", code_text(reply.envelope.code())) : text;
}

/// "the server's clock is 312 s ahead of ours", or nothing where they agree.
std::string clock_words(const Reply& reply) {
    if (!reply.clock_difference || std::chrono::abs(*reply.clock_difference) < notable_difference) {
        return {};
    }
    return fmt::format("the server's clock is {} s {} this machine's",
                       std::chrono::abs(*reply.clock_difference).count(),
                       reply.clock_difference->count() > 0 ? "ahead of" : "behind");
}

Advice jwt_advice(const LoginTask& task, const Reply& reply) {
    const int code = reply.envelope.code();
    if (const std::string clock = clock_words(reply); !clock.empty()) {
        return {
            .setting = "",
            .text = fmt::format("The cause is most likely the clock: {}, and the token of a key-pair login is valid "
                                "for a minute only. Set this machine's clock right (NTP)",
                                clock)};
    }
    if (code == code::jwt_expired || code == code::jwt_not_yet_valid) {
        return {.setting = "", .text = "The token was fresh: compare this machine's clock with the true time (NTP)"};
    }
    const std::string fingerprint = task.material.key ? task.material.key->fingerprint() : std::string{};
    return {
        .setting = "SNOWFLAKE_PRIVATE_KEY_PATH",
        .text = fmt::format("Check that the public key belonging to the private key of SNOWFLAKE_PRIVATE_KEY_PATH (or "
                            "SNOWFLAKE_PRIVATE_KEY) is the one that user {} has: DESCRIBE USER must show {} as "
                            "RSA_PUBLIC_KEY_FP or RSA_PUBLIC_KEY_2_FP. Check SNOWFLAKE_USER (it is the LOGIN_NAME) "
                            "and SNOWFLAKE_ACCOUNT ({}) too",
                            base::escape_untrusted(task.settings.user), fingerprint,
                            base::escape_untrusted(task.account.jwt_name()))};
}

Advice mfa_advice(int code) {
    switch (code) {
        case code::mfa_denied:
            return {.setting = "SNOWFLAKE_AUTHENTICATOR",
                    .text = "The second factor was denied on the person's device"};
        case code::mfa_not_enrolled:
            return {.setting = "SNOWFLAKE_USER", .text = "The user must enrol in multi-factor authentication first"};
        case code::mfa_user_locked:
            return {.setting = "SNOWFLAKE_USER",
                    .text =
                        "The user is locked out of the second factor; an administrator "
                        "can unlock it"};
        case code::mfa_timeout:
            return {.setting = "SNOWFLAKE_PASSCODE",
                    .text =
                        "Nobody answered the request for the second factor in time: answer it on the device, or set "
                        "SNOWFLAKE_PASSCODE"};
        case code::mfa_passcode_invalid:
            return {.setting = "SNOWFLAKE_PASSCODE", .text = "SNOWFLAKE_PASSCODE is wrong or was used before"};
        case code::mfa_push_disabled:
            return {.setting = "SNOWFLAKE_PASSCODE",
                    .text = "Push messages are off for this user: set SNOWFLAKE_PASSCODE"};
        default:
            return {.setting = "SNOWFLAKE_PASSCODE",
                    .text =
                        "The account asks for a second factor: set SNOWFLAKE_PASSCODE with SNOWFLAKE_AUTHENTICATOR="
                        "username_password_mfa, or, for a server, log in with a key pair (snowflake_jwt) or a "
                        "programmatic access token"};
    }
}

Advice token_advice(Method method) {
    switch (method) {
        case Method::workload_identity:
            return {.setting = "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER",
                    .text =
                        "Check that the Snowflake user has this workload's identity (CREATE USER … WORKLOAD_IDENTITY), "
                        "and SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER"};
        case Method::access_token:
            return {.setting = "SNOWFLAKE_TOKEN",
                    .text =
                        "Check that the programmatic access token of SNOWFLAKE_TOKEN or SNOWFLAKE_TOKEN_FILE_PATH is "
                        "whole, not expired or disabled, and belongs to SNOWFLAKE_USER; such a user needs a network "
                        "policy"};
        case Method::oauth:
        case Method::oauth_client_credentials:
        case Method::oauth_authorization_code:
            return {.setting = "SNOWFLAKE_TOKEN",
                    .text =
                        "Check that the access token is for this account, not expired, that its scope allows "
                        "SNOWFLAKE_ROLE, and that the account's security integration knows its issuer"};
        default: return {.setting = "SNOWFLAKE_TOKEN", .text = "Check the token and whether it has expired"};
    }
}

Advice password_advice(const LoginTask& task, Method method) {
    if (method != Method::password && method != Method::password_mfa) {
        return method == Method::key_pair || method == Method::okta || method == Method::external_browser
                   ? Advice{.setting = "SNOWFLAKE_USER", .text = "Check SNOWFLAKE_USER (it is the LOGIN_NAME)"}
                   : token_advice(method);
    }
    return {.setting = "SNOWFLAKE_PASSWORD",
            .text = fmt::format("Check SNOWFLAKE_USER ({}), SNOWFLAKE_PASSWORD and SNOWFLAKE_ACCOUNT. It is not tried "
                                "again, since repeated failures lock the user",
                                base::escape_untrusted(task.settings.user))};
}

Advice advice(const LoginTask& task, Method method, const Reply& reply) {
    const int code = reply.envelope.code();
    const std::string_view message = reply.envelope.message();
    if (contains_fold(message, "locked")) {
        return {.setting = "SNOWFLAKE_USER",
                .text =
                    "The user is locked for a while after too many failed logins: mend the cause, then wait 15 "
                    "minutes or have an administrator unlock the user (ALTER USER … SET MINS_TO_UNLOCK = 0)"};
    }
    if (is_jwt_refusal(code) || (method == Method::key_pair && code == code::login_failed)) {
        return jwt_advice(task, reply);
    }
    if (is_mfa_refusal(code)) {
        return mfa_advice(code);
    }
    if (is_id_token_refusal(code)) {
        return {.setting = "SNOWFLAKE_AUTHENTICATOR", .text = "The kept token of the browser login has expired"};
    }
    if (is_oauth_refusal(code) || code == code::pat_invalid) {
        return token_advice(method);
    }
    switch (code) {
        case code::bad_user_or_password: return password_advice(task, method);
        case code::user_not_allowed:
            return {.setting = "SNOWFLAKE_USER",
                    .text =
                        "Check SNOWFLAKE_USER and SNOWFLAKE_PASSWORD, and whether the user is disabled or a network "
                        "policy keeps this machine out"};
        case code::role_missing:
            return {.setting = "SNOWFLAKE_ROLE",
                    .text = fmt::format("Check SNOWFLAKE_ROLE ({}): it must exist and be granted to the user",
                                        base::escape_untrusted(task.context.role))};
        case code::object_missing:
            return {.setting = contains_fold(message, "warehouse")  ? "SNOWFLAKE_WAREHOUSE"
                               : contains_fold(message, "schema")   ? "SNOWFLAKE_SCHEMA"
                               : contains_fold(message, "database") ? "SNOWFLAKE_DATABASE"
                                                                    : "SNOWFLAKE_ROLE",
                    .text =
                        "Check SNOWFLAKE_ROLE, SNOWFLAKE_WAREHOUSE, SNOWFLAKE_DATABASE and SNOWFLAKE_SCHEMA: what "
                        "they name must exist and the role must be allowed to use it"};
        case code::sso_url_failed:
            return {.setting = "SNOWFLAKE_AUTHENTICATOR",
                    .text =
                        "The account has no single sign-on for this: check its SAML integration, or SNOWFLAKE_"
                        "AUTHENTICATOR"};
        case code::bad_request:
            return {.setting = "SNOWFLAKE_ACCOUNT",
                    .text =
                        "Check SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER and SNOWFLAKE_"
                        "AUTHENTICATOR"};
        default:
            return {.setting = "SNOWFLAKE_AUTHENTICATOR",
                    .text = fmt::format("Check SNOWFLAKE_AUTHENTICATOR ({}), SNOWFLAKE_USER and SNOWFLAKE_ACCOUNT",
                                        to_string(method))};
    }
}

}  // namespace

base::Error refusal(const LoginTask& task, Method method, const Reply& reply) {
    const Advice found = advice(task, method, reply);
    base::Error error{base::Kind::credentials, fmt::format("Snowflake account {} refused the login by {}: {}. {}.",
                                                           base::escape_untrusted(task.account.name), to_string(method),
                                                           said(reply), found.text)};
    error = std::move(error).at(base::Stage::login).code(code_text(reply.envelope.code()));
    if (!found.setting.empty()) {
        error = std::move(error).about(std::string{found.setting});
    }
    if (contains_fold(reply.envelope.message(), "locked")) {
        error = std::move(error).retry_after(lock_time);
    }
    return error;
}

base::Error provider_refusal(std::string what, std::string_view setting) {
    base::Error error{base::Kind::credentials, std::move(what)};
    return std::move(error).at(base::Stage::login).about(std::string{setting});
}

}  // namespace backend::snowflake
