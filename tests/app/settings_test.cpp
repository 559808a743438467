#include "app/settings.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "app/config_command.hpp"

namespace app {
namespace {

/// A folder of its own that is the working directory while the test runs.
class SettingsTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ =
            std::filesystem::path{testing::TempDir()} / testing::UnitTest::GetInstance()->current_test_info()->name();
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        before_ = std::filesystem::current_path();
        std::filesystem::current_path(folder_);
    }
    void TearDown() override {
        std::filesystem::current_path(before_);
        std::filesystem::remove_all(folder_);
    }
    static void write(const std::string& name, const std::string& text) { std::ofstream{name} << text; }

    std::filesystem::path folder_;
    std::filesystem::path before_;
};

TEST_F(SettingsTest, the_command_line_beats_the_env_file_which_beats_the_config_file) {
    write(".env", "MAX_CONCURRENT_REQUESTS=25\nREQUEST_QUEUE_SIZE=33\n");
    write("config.toml", "max_concurrent_requests = 7\nrequest_queue_size = 8\nmax_query_result_rows = 99\n");
    CommandLine line;
    line.settings = {{"MAX_CONCURRENT_REQUESTS", "50"}};
    const auto settings = load_settings(line);
    ASSERT_TRUE(settings) << settings.error().message();
    EXPECT_EQ((*settings)->query.max_concurrent_requests, 50u);
    EXPECT_EQ((*settings)->query.request_queue_size, 33u);
    EXPECT_EQ((*settings)->query.max_query_result_rows, 99u);
}

TEST_F(SettingsTest, a_broken_line_names_file_and_line) {
    write(".env", "MAX_MEMORY_MB=512\nthis is no setting\n");
    const auto settings = load_settings({});
    ASSERT_FALSE(settings);
    EXPECT_NE(settings.error().message().find(".env"), std::string::npos) << settings.error().message();
    EXPECT_NE(settings.error().message().find('2'), std::string::npos) << settings.error().message();
}

TEST_F(SettingsTest, a_value_out_of_range_names_setting_value_and_range) {
    CommandLine line;
    line.settings = {{"MCP_SERVER_PORT", "70000"}};
    const auto settings = load_settings(line);
    ASSERT_FALSE(settings);
    for (const char* part : {"MCP_SERVER_PORT", "70000", "65535"}) {
        EXPECT_NE(settings.error().message().find(part), std::string::npos) << settings.error().message();
    }
}

TEST_F(SettingsTest, the_pool_cannot_be_smaller_than_its_minimum) {
    CommandLine line;
    line.settings = {{"CONNECTION_POOL_MIN_SIZE", "3"}, {"CONNECTION_POOL_MAX_SIZE", "2"}};
    const auto settings = load_settings(line);
    ASSERT_FALSE(settings);
    EXPECT_NE(settings.error().message().find("CONNECTION_POOL_MAX_SIZE is 2, below CONNECTION_POOL_MIN_SIZE (3)"),
              std::string::npos)
        << settings.error().message();
}

TEST_F(SettingsTest, a_named_env_file_must_be_there) {
    CommandLine line;
    line.env_file = "nowhere.env";
    const auto settings = load_settings(line);
    ASSERT_FALSE(settings);
    EXPECT_NE(settings.error().message().find("nowhere.env"), std::string::npos);
}

TEST_F(SettingsTest, a_mounted_secret_is_read_from_its_file) {
    write("keys", "0123456789abcdef0123\n");
    CommandLine line;
    line.settings = {{"STATE_KEYS_FILE", "keys"}};
    const auto settings = load_settings(line);
    ASSERT_TRUE(settings) << settings.error().message();
    ASSERT_EQ((*settings)->process.state_keys.size(), 1u);
    EXPECT_EQ((*settings)->process.state_keys[0].reveal(), "0123456789abcdef0123");
}

TEST_F(SettingsTest, what_this_version_cannot_do_yet_warns_and_goes_on) {
    write(".env", "HTTP_VERSION=2\n");
    const auto settings = load_settings({});
    ASSERT_TRUE(settings) << settings.error().message();
    EXPECT_EQ((*settings)->reader.warnings().size() + net::warnings((*settings)->http).size(), 1u);
}

TEST_F(SettingsTest, secrets_are_masked_in_every_form) {
    CommandLine line;
    line.settings = {{"SNOWFLAKE_PASSWORD", "correct horse"}, {"STATE_KEYS", "battery staple battery"}};
    const auto settings = load_settings(line);
    ASSERT_TRUE(settings) << settings.error().message();
    std::ostringstream text, json, markdown;
    print_settings((*settings)->reader, text);
    print_settings_json((*settings)->reader, json);
    print_settings_markdown((*settings)->reader, markdown);
    for (const auto& printed : {text.str(), json.str(), markdown.str()}) {
        EXPECT_EQ(printed.find("correct horse"), std::string::npos);
        EXPECT_EQ(printed.find("battery staple"), std::string::npos);
    }
    EXPECT_NE(text.str().find("***"), std::string::npos);
}

TEST(Settings, every_name_stands_once_and_says_what_it_means) {
    std::set<std::string> names;
    for (const auto& value : default_settings()->reader.values()) {
        EXPECT_TRUE(names.insert(value.setting->name).second) << value.setting->name << " stands twice";
        EXPECT_FALSE(value.setting->meaning.empty()) << value.setting->name;
        EXPECT_FALSE(value.setting->group.empty()) << value.setting->name;
    }
    EXPECT_GT(names.size(), 60u);
}

}  // namespace
}  // namespace app
