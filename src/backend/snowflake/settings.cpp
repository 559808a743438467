#include "backend/snowflake/settings.hpp"

namespace backend::snowflake {

base::SettingsTable settings_table(Settings& s) {
    base::SettingsTable table{"Snowflake"};
    table
        .text("SNOWFLAKE_ACCOUNT", s.account,
              "Account identifier (organization-account or locator). Unset: the embedded database answers.")
        .text("SNOWFLAKE_USER", s.user, "Login name.")
        .secret("SNOWFLAKE_PASSWORD", s.password, "Password.")
        .text("SNOWFLAKE_AUTHENTICATOR", s.authenticator,
              "How to log in: snowflake, snowflake_jwt, oauth, externalbrowser, …")
        .text("SNOWFLAKE_PRIVATE_KEY_PATH", s.private_key_path, "File with the private key for key-pair login.")
        .secret("SNOWFLAKE_PRIVATE_KEY", s.private_key, "The private key itself (PEM or base64), or a path to it.")
        .secret("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", s.private_key_passphrase, "Passphrase of an encrypted private key.")
        .secret("SNOWFLAKE_TOKEN", s.token, "OAuth token or programmatic access token.")
        .text("SNOWFLAKE_TOKEN_FILE_PATH", s.token_file_path, "File with the token; read again when it changes.")
        .text("SNOWFLAKE_WAREHOUSE", s.warehouse, "Warehouse that runs the queries.")
        .text("SNOWFLAKE_DATABASE", s.database, "Database that names resolve in.")
        .text("SNOWFLAKE_SCHEMA", s.schema, "Schema that names resolve in.")
        .text("SNOWFLAKE_ROLE", s.role, "Role of the sessions.")
        .text("SNOWFLAKE_HOST", s.host, "Host name, where it does not follow from the account.")
        .integer("SNOWFLAKE_PORT", s.port, 1, 65535, "", "Port of the account's host.")
        .choice("SNOWFLAKE_PROTOCOL", s.protocol, {"https", "http"}, "http only for tests on the loopback.");
    return table;
}

}  // namespace backend::snowflake
