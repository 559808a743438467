/// Which way to log in the settings name (SNOWFLAKE_AUTHENTICATOR), and whether it may ask a person. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "backend/snowflake/settings.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

enum class Method : std::uint8_t {
    password,
    password_mfa,
    key_pair,
    access_token,  // programmatic access token
    oauth,         // a token that somebody else got
    oauth_client_credentials,
    oauth_authorization_code,
    external_browser,
    okta,
    workload_identity,
    container,  // the token of a container inside Snowflake
};

/// As the settings say it, whatever the case. "snowflake" with no password but a key means the key pair, with no
/// password but a token the token. `inside_container`: nothing else was given and there is a container's token. Errors:
/// `Kind::credentials`, stage config, about the setting: an unknown name (with the nearest known one), a user,
/// password, key, token, client id or provider that is missing.
base::Result<Method> method_of(const Settings& settings, bool inside_container);

/// It shows a person something, unless a kept token works.
bool asks_a_person(Method method);

/// Of the method: "SNOWFLAKE_JWT".
std::string_view to_string(Method method);

}  // namespace backend::snowflake
