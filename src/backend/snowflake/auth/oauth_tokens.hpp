/// Access tokens from an OAuth token endpoint, the account's own or an identity provider's (RFC 6749).
///
/// Place: the OAuth methods. Pure. The client's secret goes to the token endpoint of the settings only, never along a
/// redirect.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/script.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "net/client/url.hpp"

namespace backend::snowflake {

/// Where and as whom tokens are asked for, defaults filled in.
struct OauthClient {
    net::client::Url authorize;
    net::client::Url token;
    std::string id;
    base::Secret secret;
    std::string scope;  ///< may be empty
};

struct OauthTokens {
    base::Secret access;
    base::Secret refresh;  ///< may be empty
};

/// A URL of the settings that gets secrets: https, or http on the loopback (or like the account itself). Errors name
/// `setting`.
base::Result<net::client::Url> provider_url(const LoginTask& task, std::string_view text, std::string_view setting);

/// Errors: `Kind::credentials`, stage config, about the setting.
base::Result<OauthClient> oauth_client(const LoginTask& task);

using Form = std::vector<std::pair<std::string, std::string>>;

/// Posts `form` to the token endpoint. Errors: `Kind::credentials` with the endpoint's own `error` and
/// `error_description`, `unavailable` where it does not answer.
Script<base::Result<OauthTokens>> request_tokens(Dialogue& with, LoginTask& task, const OauthClient& client, Form form);

/// By refresh token; what comes is kept, and a refresh token that is refused is dropped.
Script<base::Result<OauthTokens>> refresh_tokens(Dialogue& with, LoginTask& task, const OauthClient& client,
                                                 base::Secret refresh);

}  // namespace backend::snowflake
