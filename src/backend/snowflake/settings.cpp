#include "backend/snowflake/settings.hpp"

#include <algorithm>

#include "backend/snowflake/wire/client_identity.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr auto nowhere = std::string_view::npos;

/// The items of a comma separated text, trimmed, without empty ones.
std::vector<std::string_view> items_of(std::string_view text) {
    std::vector<std::string_view> items;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        if (const std::string_view item = base::trim(text.substr(0, comma)); !item.empty()) {
            items.push_back(item);
        }
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return items;
}

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        text.append(text.empty() ? "" : ",").append(item);
    }
    return text;
}

base::Setting application_setting(Settings& s) {
    base::Setting setting{.name = "SNOWFLAKE_APPLICATION",
                          .type = "text",
                          .meaning = "Name of this application in the account's login and session views."};
    setting.set = [&s](std::string_view text) -> base::Result<void> {
        text = base::trim(text);
        if (!is_application_name(text)) {
            return base::fail(base::Kind::bad_argument,
                              "allowed is a letter, then up to 50 letters, digits, '.', '-' and '_'");
        }
        s.application = std::string{text};
        return {};
    };
    setting.show = [&s] { return s.application; };
    return setting;
}

bool is_parameter(std::string_view item) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    const auto equals = item.find('=');
    return equals != nowhere && equals != 0 && item.substr(0, equals).find_first_not_of(letters) == nowhere;
}

base::Setting parameters_setting(Settings& s) {
    base::Setting setting{.name = "SNOWFLAKE_SESSION_PARAMETERS",
                          .type = "list",
                          .meaning = "Further session parameters set at login, as NAME=value, comma separated."};
    setting.set = [&s](std::string_view text) -> base::Result<void> {
        const auto items = items_of(text);
        if (!std::all_of(items.begin(), items.end(), is_parameter)) {
            return base::fail(base::Kind::bad_argument,
                              "allowed is a list such as WEEK_START=1,GEOGRAPHY_OUTPUT_FORMAT=WKT");
        }
        s.session_parameters.assign(items.begin(), items.end());
        return {};
    };
    setting.show = [&s] { return joined(s.session_parameters); };
    return setting;
}

base::Setting connections_setting(Settings& s) {
    base::Setting setting{.name = "SNOWFLAKE_CONNECTIONS",
                          .type = "list",
                          .meaning =
                              "Several connections of connections.toml in one server, by name, comma separated; "
                              "the first is the default."};
    setting.set = [&s](std::string_view text) -> base::Result<void> {
        if (text.find_first_of("=[\n") != nowhere) {
            return base::fail(base::Kind::bad_argument,
                              "allowed is a list of names; the connections themselves belong into connections.toml");
        }
        std::vector<std::string> names;
        for (const std::string_view name : items_of(text)) {
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                names.emplace_back(name);
            }
        }
        s.connections = std::move(names);
        return {};
    };
    setting.show = [&s] { return joined(s.connections); };
    return setting;
}

void add_account(base::SettingsTable& table, Settings& s) {
    table
        .text("SNOWFLAKE_ACCOUNT", s.account,
              "Account identifier (organization-account or locator). Unset: the embedded database answers.")
        .text("SNOWFLAKE_REGION", s.region, "Region of the account, in the old form that keeps it apart.")
        .text("SNOWFLAKE_HOST", s.host, "Host name, where it does not follow from the account.")
        .integer("SNOWFLAKE_PORT", s.port, 0, 65535, "", "Port of the account's host; 0 is the protocol's own.")
        .choice("SNOWFLAKE_PROTOCOL", s.protocol, {"https", "http"}, "http only for tests on the loopback.")
        .caution([&s] {
            return std::string{s.protocol == "http" ? "passwords and tokens go over the network in clear text" : ""};
        })
        .text("SNOWFLAKE_CONNECTION_NAME", s.connection_name,
              "A connection of ~/.snowflake/connections.toml or config.toml; what is set here wins over it. Unset: "
              "config.toml's default_connection_name, if there is one; none: no connection of those files.")
        .add(connections_setting(s))
        .add(application_setting(s));
}

void add_login(base::SettingsTable& table, Settings& s) {
    table.text("SNOWFLAKE_USER", s.user, "Login name.")
        .secret("SNOWFLAKE_PASSWORD", s.password, "Password.")
        .text("SNOWFLAKE_AUTHENTICATOR", s.authenticator,
              "How to log in: snowflake, username_password_mfa, snowflake_jwt, programmatic_access_token, oauth, "
              "oauth_client_credentials, oauth_authorization_code, externalbrowser, https://NAME.okta.com, "
              "workload_identity.")
        .text("SNOWFLAKE_PRIVATE_KEY_PATH", s.private_key_path, "File with the private key for key-pair login.")
        .secret("SNOWFLAKE_PRIVATE_KEY", s.private_key, "The private key itself (PEM or base64), or a path to it.")
        .secret("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", s.private_key_passphrase, "Passphrase of an encrypted private key.")
        .secret("SNOWFLAKE_TOKEN", s.token, "OAuth token, programmatic access token or OIDC token.")
        .text("SNOWFLAKE_TOKEN_FILE_PATH", s.token_file_path,
              "File with the token; read anew for every login, so a rotated one is taken.")
        .secret("SNOWFLAKE_PASSCODE", s.passcode, "Passcode of an authenticator app; good for one login.")
        .boolean("SNOWFLAKE_PASSCODE_IN_PASSWORD", s.passcode_in_password, "Whether the password ends in the passcode.")
        .boolean("SNOWFLAKE_CLIENT_STORE_TEMPORARY_CREDENTIAL", s.store_temporary_credential,
                 "Whether ID, MFA and OAuth tokens are kept in an owner-only file that Snowflake's drivers share.")
        .seconds("SNOWFLAKE_EXTERNAL_BROWSER_TIMEOUT_SECONDS", s.browser_timeout, 10, 3600,
                 "How long a person may take to log in with the browser.")
        .boolean("SNOWFLAKE_DISABLE_SAML_URL_CHECK", s.disable_saml_url_check,
                 "Okta: whether the form that Okta answers may name another host than the account's.");
}

void add_oauth(base::SettingsTable& table, Settings& s) {
    table.text("SNOWFLAKE_OAUTH_CLIENT_ID", s.oauth.client_id, "OAuth client id.")
        .secret("SNOWFLAKE_OAUTH_CLIENT_SECRET", s.oauth.client_secret, "OAuth client secret.")
        .text("SNOWFLAKE_OAUTH_AUTHORIZATION_URL", s.oauth.authorization_url,
              "Where the browser goes to log in; unset: the account itself.")
        .text("SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL", s.oauth.token_request_url,
              "Where tokens are asked for; unset: the account itself.")
        .text("SNOWFLAKE_OAUTH_REDIRECT_URI", s.oauth.redirect_uri,
              "Where the browser comes back: a loopback address; unset: 127.0.0.1 with a free port.")
        .text("SNOWFLAKE_OAUTH_SCOPE", s.oauth.scope, "OAuth scope; unset: session:role: and SNOWFLAKE_ROLE.")
        .secret("SNOWFLAKE_OAUTH_REFRESH_TOKEN", s.oauth.refresh_token,
                "Refresh token: asks for an access token where there is none, or where it has expired.")
        .boolean("SNOWFLAKE_OAUTH_ENABLE_SINGLE_USE_REFRESH_TOKENS", s.oauth.single_use_refresh_tokens,
                 "Whether to ask for refresh tokens that are good for one use.")
        .text("SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER", s.workload_identity.provider,
              "Who attests this workload: AWS, AZURE, GCP or OIDC.")
        .text("SNOWFLAKE_WORKLOAD_IDENTITY_ENTRA_RESOURCE", s.workload_identity.entra_resource,
              "Azure: the resource that the token is for; unset: Snowflake's own.")
        .list("SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH", s.workload_identity.impersonation_path,
              "Roles (AWS) or service accounts (GCP) to become in turn.")
        .boolean("SNOWFLAKE_WORKLOAD_IDENTITY_AWS_USE_OUTBOUND_TOKEN", s.workload_identity.aws_outbound_token,
                 "AWS: whether to ask STS for a web identity token instead of signing a GetCallerIdentity request.");
}

void add_session(base::SettingsTable& table, Settings& s) {
    table.text("SNOWFLAKE_WAREHOUSE", s.warehouse, "Warehouse that runs the queries.")
        .text("SNOWFLAKE_DATABASE", s.database, "Database that names resolve in.")
        .text("SNOWFLAKE_SCHEMA", s.schema, "Schema that names resolve in.")
        .text("SNOWFLAKE_ROLE", s.role, "Role of the sessions.")
        .choice("SNOWFLAKE_SECONDARY_ROLES", s.secondary_roles, {"NONE", "ALL"},
                "Secondary roles of the sessions: NONE, so that the role above is all they have, or ALL.")
        .text("SNOWFLAKE_TIMEZONE", s.timezone,
              "Time zone of the sessions (IANA name): TIMESTAMP_LTZ is shown in it; unset: the user's or account's.")
        .choice("SNOWFLAKE_QUERY_RESULT_FORMAT", s.result_format, {"arrow", "json", "server"},
                "Which result format is asked for; whatever comes is read.")
        .boolean("SNOWFLAKE_CLIENT_SESSION_KEEP_ALIVE", s.session_keep_alive,
                 "Whether heartbeats may keep a session beyond four idle hours.")
        .boolean("SNOWFLAKE_ABORT_DETACHED_QUERY", s.abort_detached_query,
                 "Whether Snowflake aborts a running query five minutes after this server is gone.")
        .seconds("SNOWFLAKE_ASYNC_QUERY_TIMEOUT_SECONDS", s.async_timeout, 1, 604'800,
                 "How long a statement may run in Snowflake that outlives its call (submit_query, a task).")
        .add(parameters_setting(s));
}

}  // namespace

base::SettingsTable settings_table(Settings& s) {
    base::SettingsTable table{"Snowflake"};
    add_account(table, s);
    add_login(table, s);
    add_oauth(table, s);
    add_session(table, s);
    return table;
}

}  // namespace backend::snowflake
