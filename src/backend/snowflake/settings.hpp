/// How to reach a Snowflake account: the names that Snowflake's own tools use (DESIGN.md section 6). Plain values.
#pragma once

#include <string>

#include "base/secret.hpp"
#include "base/settings.hpp"

namespace backend::snowflake {

struct Settings {
    std::string account;  ///< set: this server speaks to Snowflake; empty: to the embedded database
    std::string user;
    base::Secret password;
    std::string authenticator = "snowflake";
    std::string private_key_path;
    base::Secret private_key;
    base::Secret private_key_passphrase;
    base::Secret token;
    std::string token_file_path;
    std::string warehouse;
    std::string database;
    std::string schema;
    std::string role;
    std::string host;
    int port = 443;
    std::string protocol = "https";
};

base::SettingsTable settings_table(Settings& settings);

}  // namespace backend::snowflake
