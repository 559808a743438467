#include "access/settings.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using access_control::Settings;
using base::Secret;

TEST(MayListen, lets_every_loopback_listener_start_without_keys) {
    for (const char* const host :
         {"127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost", "LOCALHOST", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(access_control::may_listen(host, {})) << host;
    }
}

TEST(MayListen, refuses_every_other_listener_without_keys) {
    for (const char* const host : {"0.0.0.0", "::", "[::]", "192.168.1.7", "10.0.0.1", "example.com", "", "*",
                                   "localhost.example.com", "127.0.0.1.example.com", "::ffff:10.0.0.1", "1270.0.0.1"}) {
        const auto refused = access_control::may_listen(host, {});
        ASSERT_FALSE(refused) << host;
        EXPECT_EQ(refused.error().kind(), base::Kind::credentials);
        for (const char* const remedy : {"key add", "API_KEYS_FILE", "127.0.0.1", "ALLOW_ANONYMOUS=true"}) {
            EXPECT_NE(refused.error().message().find(remedy), std::string::npos);
        }
    }
}

TEST(MayListen, lets_it_start_with_keys_or_when_anonymous_access_is_allowed) {
    EXPECT_TRUE(access_control::may_listen("0.0.0.0", {.api_keys_file = "/etc/keys"}));
    EXPECT_TRUE(access_control::may_listen("0.0.0.0", {.allow_anonymous = true}));
    EXPECT_TRUE(access_control::may_listen("0.0.0.0", {.enable_api_key_auth = true, .valid_api_keys = {Secret{"k"}}}));
    EXPECT_FALSE(access_control::may_listen("0.0.0.0", {.valid_api_keys = {Secret{"k"}}}))
        << "keys that nobody is asked for are none";
    EXPECT_FALSE(access_control::may_listen("0.0.0.0", {.enable_api_key_auth = true}));
}

TEST(AccessSettings, warn_at_every_start_of_what_is_open) {
    const auto said = [](const Settings& settings, std::string_view text) {
        for (const auto& warning : access_control::warnings(settings)) {
            if (warning.find(text) != std::string::npos) {
                return true;
            }
        }
        return false;
    };
    EXPECT_TRUE(access_control::warnings({}).empty());
    EXPECT_TRUE(said({.allow_anonymous = true}, "ALLOW_ANONYMOUS"));
    EXPECT_TRUE(said({.enable_api_key_auth = true, .valid_api_keys = {Secret{std::string(20, 'k')}}}, "plain text"));
    EXPECT_TRUE(said({.enable_api_key_auth = true, .valid_api_keys = {Secret{"hunter2"}}}, "can be guessed"));
    EXPECT_FALSE(said({.enable_api_key_auth = true, .valid_api_keys = {Secret{"hunter2"}}}, "hunter2"));
    EXPECT_TRUE(said({.valid_api_keys = {Secret{"k"}}}, "nobody is asked"));
}

TEST(AccessSettings, refuse_key_checks_without_a_key) {
    const auto refused = access_control::check({.enable_api_key_auth = true});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("VALID_API_KEYS"), std::string::npos);
    EXPECT_TRUE(access_control::check({}));
    EXPECT_TRUE(access_control::check({.api_keys_file = "/etc/keys", .enable_api_key_auth = true}));
}

TEST(AccessSettings, take_the_name_of_a_header_and_nothing_else) {
    Settings settings;
    base::SettingsReader reader;
    reader.add(access_control::settings_table(settings));
    reader.from_command_line({{"API_KEY_HEADER", " X-Company-Key "}, {"VALID_API_KEYS", "one, two"}});
    ASSERT_TRUE(reader.apply());
    EXPECT_EQ(settings.api_key_header, "X-Company-Key");
    EXPECT_EQ(settings.valid_api_keys.size(), 2u);
    for (const char* const wrong : {"X Key", "X-Key:", "Authorization", ""}) {
        base::SettingsReader other;
        other.add(access_control::settings_table(settings));
        other.from_command_line({{"API_KEY_HEADER", wrong}});
        EXPECT_FALSE(other.apply()) << wrong;
    }
}

}  // namespace
