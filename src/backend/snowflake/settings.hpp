/// How to reach a Snowflake account: the names that Snowflake's own tools use (DESIGN.md section 6). Plain values.
///
/// One `Settings` is one connection. Several named ones come out of connections.toml: auth/connections.hpp.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "backend/session.hpp"
#include "base/secret.hpp"
#include "base/settings.hpp"

namespace backend::snowflake {

/// For OAuth's flows (authenticators oauth_authorization_code, oauth_client_credentials; refreshing for oauth).
struct OauthSettings {
    std::string client_id;
    base::Secret client_secret;
    std::string authorization_url;
    std::string token_request_url;
    std::string redirect_uri;
    std::string scope;
    base::Secret refresh_token;
    bool single_use_refresh_tokens = false;
};

/// For authenticator workload_identity.
struct WorkloadIdentitySettings {
    std::string provider;                         ///< AWS, AZURE, GCP, OIDC; empty: none
    std::string entra_resource;                   ///< AZURE: empty is Snowflake's own
    std::vector<std::string> impersonation_path;  ///< AWS: role ARNs; GCP: service accounts
    bool aws_outbound_token = false;              ///< AWS: a token of GetWebIdentityToken instead of a signed request
};

struct Settings {
    std::string account;  ///< set: this server speaks to Snowflake; empty: to the embedded database
    std::string region;
    std::string user;
    base::Secret password;
    std::string authenticator = "snowflake";
    std::string private_key_path;
    base::Secret private_key;
    base::Secret private_key_passphrase;
    base::Secret token;
    std::string token_file_path;
    base::Secret passcode;
    bool passcode_in_password = false;
    std::string warehouse;
    std::string database;
    std::string schema;
    std::string role;
    std::string secondary_roles = "NONE";  ///< NONE, ALL
    std::string host;
    int port = 0;  ///< 0: 443, or 80 for http
    std::string protocol = "https";
    std::string application = "snowflake-mcp";

    OauthSettings oauth;
    WorkloadIdentitySettings workload_identity;
    bool disable_saml_url_check = false;
    bool store_temporary_credential = true;
    std::chrono::seconds browser_timeout{120};

    std::string timezone;
    std::string result_format = "arrow";  ///< arrow, json, server
    bool session_keep_alive = true;
    bool abort_detached_query = true;
    std::chrono::seconds async_timeout{3600};     ///< of a statement that outlives its call
    std::vector<std::string> session_parameters;  ///< NAME=value

    std::string connection_name;           ///< a table of connections.toml; "none": not even the default one
    std::vector<std::string> connections;  ///< several of them in one server

    /// What a session is in when nothing else is said.
    Context context() const {
        return {.role = role,
                .secondary_roles = secondary_roles,
                .warehouse = warehouse,
                .database = database,
                .schema = schema};
    }
};

/// Bound to `settings`, which must outlive the table.
base::SettingsTable settings_table(Settings& settings);

}  // namespace backend::snowflake
