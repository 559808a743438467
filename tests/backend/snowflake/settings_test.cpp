#include "backend/snowflake/settings.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using backend::snowflake::Settings;

base::Result<void> set(Settings& settings, std::string_view name, std::string_view text) {
    base::SettingsTable table = settings_table(settings);
    for (base::Setting& setting : table.settings()) {
        if (setting.name == name) {
            return setting.set(text);
        }
    }
    return base::fail(base::Kind::not_found, "no such setting");
}

std::string shown(Settings& settings, std::string_view name) {
    const base::SettingsTable table = settings_table(settings);
    for (const base::Setting& setting : table.settings()) {
        if (setting.name == name) {
            return setting.show();
        }
    }
    return "no such setting";
}

TEST(SnowflakeSettings, read_lists_and_show_them_as_they_are_written) {
    Settings settings;
    ASSERT_TRUE(set(settings, "SNOWFLAKE_CONNECTIONS", " prod, dev ,prod,,"));
    EXPECT_EQ(settings.connections, (std::vector<std::string>{"prod", "dev"}));
    EXPECT_EQ(shown(settings, "SNOWFLAKE_CONNECTIONS"), "prod,dev");
    ASSERT_TRUE(set(settings, "SNOWFLAKE_SESSION_PARAMETERS", "WEEK_START=1, X=a b"));
    EXPECT_EQ(shown(settings, "SNOWFLAKE_SESSION_PARAMETERS"), "WEEK_START=1,X=a b");
}

TEST(SnowflakeSettings, refuse_what_they_cannot_mean) {
    Settings settings;
    // The Python connector reads whole connections out of this variable; here it is a list of names.
    EXPECT_FALSE(set(settings, "SNOWFLAKE_CONNECTIONS", "[dev]\naccount = \"a\""));
    EXPECT_FALSE(set(settings, "SNOWFLAKE_SESSION_PARAMETERS", "no value"));
    EXPECT_FALSE(set(settings, "SNOWFLAKE_SESSION_PARAMETERS", "A;B=1"));
    EXPECT_FALSE(set(settings, "SNOWFLAKE_APPLICATION", "my app"));
    EXPECT_FALSE(set(settings, "SNOWFLAKE_QUERY_RESULT_FORMAT", "csv"));
    EXPECT_FALSE(set(settings, "SNOWFLAKE_SECONDARY_ROLES", "SOME"));
    EXPECT_FALSE(set(settings, "SNOWFLAKE_PORT", "65536"));
}

TEST(SnowflakeSettings, keep_every_secret_out_of_sight) {
    Settings settings;
    for (const auto* const name :
         {"SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "SNOWFLAKE_TOKEN",
          "SNOWFLAKE_PASSCODE", "SNOWFLAKE_OAUTH_CLIENT_SECRET", "SNOWFLAKE_OAUTH_REFRESH_TOKEN"}) {
        ASSERT_TRUE(set(settings, name, "hunter2")) << name;
        EXPECT_EQ(shown(settings, name).find("hunter2"), std::string::npos) << name;
    }
}

}  // namespace
