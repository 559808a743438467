#include "backend/snowflake/auth/method.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::array<std::pair<std::string_view, Method>, 10> names = {{
    {"SNOWFLAKE", Method::password},
    {"USERNAME_PASSWORD_MFA", Method::password_mfa},
    {"SNOWFLAKE_JWT", Method::key_pair},
    {"PROGRAMMATIC_ACCESS_TOKEN", Method::access_token},
    {"OAUTH", Method::oauth},
    {"OAUTH_CLIENT_CREDENTIALS", Method::oauth_client_credentials},
    {"OAUTH_AUTHORIZATION_CODE", Method::oauth_authorization_code},
    {"EXTERNALBROWSER", Method::external_browser},
    {"WORKLOAD_IDENTITY", Method::workload_identity},
    {"SPCS", Method::container},
}};

std::unexpected<base::Error> refuse(std::string_view setting, std::string why) {
    return base::fail(
        base::Error{base::Kind::credentials, std::move(why)}.at(base::Stage::config).about(std::string{setting}));
}

bool has_key(const Settings& settings) { return !settings.private_key.empty() || !settings.private_key_path.empty(); }
bool has_token(const Settings& settings) { return !settings.token.empty() || !settings.token_file_path.empty(); }

base::Result<Method> named(std::string_view name) {
    if (base::iequals(name.substr(0, 8), "https://")) {
        return Method::okta;
    }
    std::vector<std::string_view> known;
    const std::string upper = base::to_upper(name);
    for (const auto& [text, method] : names) {
        if (upper == text) {
            return method;
        }
        known.push_back(text);
    }
    const std::string_view near = base::nearest(upper, known);
    return refuse("SNOWFLAKE_AUTHENTICATOR",
                  fmt::format("SNOWFLAKE_AUTHENTICATOR is \"{}\", which is none that this server knows{}",
                              base::escape_untrusted(name),
                              near.empty() ? std::string{} : fmt::format("; did you mean {}?", near)));
}

/// Says which setting is missing for `method`, or nothing.
std::optional<std::pair<std::string_view, std::string_view>> missing(Method method, const Settings& s) {
    using Missing = std::pair<std::string_view, std::string_view>;
    const bool user = !s.user.empty();
    switch (method) {
        case Method::password:
        case Method::password_mfa:
            if (!user) return Missing{"SNOWFLAKE_USER", "the login name"};
            if (s.password.empty()) {
                return Missing{"SNOWFLAKE_PASSWORD",
                               "the password (or choose another way with SNOWFLAKE_AUTHENTICATOR, such as a key pair)"};
            }
            break;
        case Method::key_pair:
            if (!user) return Missing{"SNOWFLAKE_USER", "the login name that the public key belongs to"};
            if (!has_key(s)) return Missing{"SNOWFLAKE_PRIVATE_KEY_PATH", "the file with the private key"};
            break;
        case Method::access_token:
            if (!has_token(s) && s.password.empty()) {
                return Missing{"SNOWFLAKE_TOKEN", "the programmatic access token (or SNOWFLAKE_TOKEN_FILE_PATH)"};
            }
            break;
        case Method::oauth:
            if (!has_token(s) && s.oauth.refresh_token.empty()) {
                return Missing{"SNOWFLAKE_TOKEN", "the OAuth access token (or SNOWFLAKE_TOKEN_FILE_PATH)"};
            }
            break;
        case Method::oauth_client_credentials:
            if (s.oauth.client_id.empty()) return Missing{"SNOWFLAKE_OAUTH_CLIENT_ID", "the OAuth client id"};
            if (s.oauth.client_secret.empty()) {
                return Missing{"SNOWFLAKE_OAUTH_CLIENT_SECRET", "the OAuth client secret"};
            }
            if (s.oauth.token_request_url.empty()) {
                return Missing{"SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL", "the identity provider's token endpoint"};
            }
            break;
        case Method::external_browser:
            if (!user) return Missing{"SNOWFLAKE_USER", "the login name"};
            break;
        case Method::okta:
            if (!user) return Missing{"SNOWFLAKE_USER", "the login name at Okta"};
            if (s.password.empty()) return Missing{"SNOWFLAKE_PASSWORD", "the password at Okta"};
            break;
        case Method::workload_identity:
            if (s.workload_identity.provider.empty()) {
                return Missing{"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER", "AWS, AZURE, GCP or OIDC"};
            }
            if (base::iequals(s.workload_identity.provider, "OIDC") && !has_token(s)) {
                return Missing{"SNOWFLAKE_TOKEN_FILE_PATH", "the file with the OIDC token (or SNOWFLAKE_TOKEN)"};
            }
            break;
        case Method::oauth_authorization_code:
        case Method::container: break;
    }
    return std::nullopt;
}

}  // namespace

base::Result<Method> method_of(const Settings& settings, bool inside_container) {
    auto method = named(base::trim(settings.authenticator));
    if (!method) {
        return method;
    }
    if (*method == Method::password && settings.password.empty()) {
        if (has_key(settings)) {
            method = Method::key_pair;
        } else if (has_token(settings)) {
            method = Method::access_token;
        } else if (inside_container) {
            method = Method::container;
        }
    }
    if (const auto lacks = missing(*method, settings)) {
        return refuse(lacks->first, fmt::format("{} is not set: {} for logging in by {}", lacks->first, lacks->second,
                                                to_string(*method)));
    }
    return method;
}

bool asks_a_person(Method method) {
    return method == Method::password_mfa || method == Method::external_browser ||
           method == Method::oauth_authorization_code;
}

std::string_view to_string(Method method) {
    if (method == Method::okta) {
        return "Okta";
    }
    for (const auto& [text, one] : names) {
        if (one == method) {
            return text;
        }
    }
    return "";
}

}  // namespace backend::snowflake
