#include "backend/snowflake/auth/connections.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "backend/snowflake/auth/folder.hpp"

namespace {

using namespace backend::snowflake;
using auth_test::Folder;

Environment variables(std::map<std::string, std::string> all) {
    return [all = std::move(all)](const std::string& name) {
        const auto one = all.find(name);
        return one == all.end() ? std::nullopt : std::optional{one->second};
    };
}

constexpr auto two = R"(
[dev]
account = "org-dev"
user = "dan"
authenticator = "externalbrowser"
warehouse = "DEV_WH"

[prod]
account = "org-prod"
user = "pia"
private_key_file = "~/key.p8"
private_key_file_pwd = "opens"
port = 8443
session_parameters = { WEEK_START = 1, TIMEZONE = "UTC" }
workload_identity_impersonation_path = ["a", "b"]
color = "blue"
)";

TEST(Connections, are_not_needed_where_the_account_is_set) {
    Settings settings;
    settings.account = "acct";
    const auto found = resolve_connections(settings, variables({{"SNOWFLAKE_HOME", "/nowhere"}}));
    ASSERT_TRUE(found);
    ASSERT_EQ(found->all.size(), 1U);
    EXPECT_EQ(found->all[0].name, "default");
    EXPECT_EQ(found->all[0].settings.account, "acct");
}

TEST(Connections, are_none_where_nothing_names_one) {
    const Folder home;
    home.write("connections.toml", two);
    const auto found = resolve_connections({}, variables({{"SNOWFLAKE_HOME", home.path()}}));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->all.empty()) << "a file that lies there does not choose Snowflake";
}

TEST(Connections, come_by_name_with_what_is_set_winning) {
    const Folder home;
    home.write("connections.toml", two);
    Settings settings;
    settings.connection_name = "prod";
    settings.warehouse = "MINE";
    const auto found = resolve_connections(settings, variables({{"SNOWFLAKE_HOME", home.path()}}));
    ASSERT_TRUE(found) << found.error().message();
    ASSERT_EQ(found->all.size(), 1U);
    const Settings& made = found->all[0].settings;
    EXPECT_EQ(made.account, "org-prod");
    EXPECT_EQ(made.user, "pia");
    EXPECT_EQ(made.warehouse, "MINE");
    EXPECT_EQ(made.private_key_path, "~/key.p8");
    EXPECT_EQ(made.private_key_passphrase.reveal(), "opens");
    EXPECT_EQ(made.port, 8443);
    EXPECT_EQ(made.session_parameters, (std::vector<std::string>{"TIMEZONE=UTC", "WEEK_START=1"}));
    EXPECT_EQ(made.workload_identity.impersonation_path, (std::vector<std::string>{"a", "b"}));
    ASSERT_EQ(found->warnings.size(), 1U);
    EXPECT_NE(found->warnings[0].find("color"), std::string::npos);
}

TEST(Connections, may_be_several_each_with_its_own_account) {
    const Folder home;
    home.write("connections.toml", two);
    Settings settings;
    settings.connections = {"prod", "dev"};
    settings.account = "another";
    settings.host = "another.example";
    settings.role = "READER";
    const auto found = resolve_connections(settings, variables({{"SNOWFLAKE_HOME", home.path()}}));
    ASSERT_TRUE(found) << found.error().message();
    ASSERT_EQ(found->all.size(), 2U);
    EXPECT_EQ(found->all[0].name, "prod");
    EXPECT_EQ(found->all[0].settings.account, "org-prod");
    EXPECT_EQ(found->all[1].settings.account, "org-dev");
    EXPECT_EQ(found->all[1].settings.host, "");
    EXPECT_EQ(found->all[1].settings.role, "READER");
    EXPECT_EQ(found->all[1].settings.warehouse, "DEV_WH");
}

TEST(Connections, follow_config_toml_and_its_default) {
    const Folder home;
    home.write("config.toml", "default_connection_name = \"b\"\n[connections.b]\naccount = \"org-b\"\n[cli]\nx = 1\n");
    const auto environment = variables({{"SNOWFLAKE_HOME", home.path()}});
    auto found = resolve_connections({}, environment);
    ASSERT_TRUE(found) << found.error().message();
    ASSERT_EQ(found->all.size(), 1U);
    EXPECT_EQ(found->all[0].settings.account, "org-b");
    Settings none;
    none.connection_name = "none";
    EXPECT_TRUE(resolve_connections(none, environment)->all.empty());
    // connections.toml is the only source of connections where it is there
    home.write("connections.toml", "[a]\naccount = \"org-a\"\n");
    found = resolve_connections({}, environment);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().argument(), "default_connection_name");
    const auto other = variables({{"SNOWFLAKE_HOME", home.path()}, {"SNOWFLAKE_DEFAULT_CONNECTION_NAME", "a"}});
    EXPECT_EQ(resolve_connections({}, other)->all[0].settings.account, "org-a");
}

TEST(Connections, say_which_ones_there_are) {
    const Folder home;
    home.write("connections.toml", two);
    Settings settings;
    settings.connection_name = "test";
    const auto found = resolve_connections(settings, variables({{"SNOWFLAKE_HOME", home.path()}}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().argument(), "SNOWFLAKE_CONNECTION_NAME");
    EXPECT_NE(found.error().message().find("dev, prod"), std::string::npos) << found.error().message();
}

TEST(Connections, look_at_who_may_read_and_write_the_file) {
    const Folder home;
    Settings settings;
    settings.connection_name = "dev";
    const auto environment = variables({{"SNOWFLAKE_HOME", home.path()}});
    home.write("connections.toml", "[dev]\naccount = \"a\"\n", 0644);
    const auto warned = resolve_connections(settings, environment);
    ASSERT_TRUE(warned);
    ASSERT_EQ(warned->warnings.size(), 1U);
    EXPECT_NE(warned->warnings[0].find("chmod 600"), std::string::npos);
    home.write("connections.toml", "[dev]\naccount = \"a\"\n", 0666);
    const auto refused = resolve_connections(settings, environment);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("may be written by others"), std::string::npos);
}

TEST(Connections, never_repeat_a_broken_line) {
    const auto parsed = parse_connections("[dev]\npassword = hunter2\n", "connections.toml", true);
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message().find("connections.toml line 2"), std::string::npos);
    EXPECT_EQ(parsed.error().message().find("hunter2"), std::string::npos);
}

TEST(Connections, check_values_as_settings_do) {
    const Folder home;
    home.write("connections.toml", "[dev]\naccount = \"a\"\nport = 99999\n");
    Settings settings;
    settings.connection_name = "dev";
    const auto found = resolve_connections(settings, variables({{"SNOWFLAKE_HOME", home.path()}}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().argument(), "SNOWFLAKE_PORT");
}

}  // namespace
