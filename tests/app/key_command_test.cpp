#include "app/key_command.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "access/access.hpp"
#include "base/temporary_folder.hpp"

namespace {

using app::KeyArguments;
using Action = app::KeyArguments::Action;
using base_test::TemporaryFolder;

struct Command {
    TemporaryFolder folder;
    access_control::Settings settings{.api_keys_file = folder.path("keys")};
    std::string out;
    std::string err;

    int run(const KeyArguments& arguments) {
        std::ostringstream out_stream;
        std::ostringstream err_stream;
        const int code = app::run_key_command(arguments, settings, out_stream, err_stream);
        out = out_stream.str();
        err = err_stream.str();
        return code;
    }
    bool serves(const std::string& key) {
        base::Metrics metrics;
        const auto access = access_control::Access::open(settings, metrics);
        return access && (*access)->identify([&](std::string_view name) -> std::string_view {
            return name == "Authorization" ? std::string_view{key} : std::string_view{};
        });
    }
};

TEST(KeyCommand, prints_a_new_key_once_and_the_server_takes_it) {
    Command command;
    ASSERT_EQ(command.run({.action = Action::add, .name = "reporting"}), 0) << command.err;
    ASSERT_TRUE(command.out.starts_with("smcp_"));
    ASSERT_EQ(command.out.find('\n'), command.out.size() - 1) << "one line, for scripts";
    const std::string key = command.out.substr(0, command.out.size() - 1);
    EXPECT_EQ(command.err.find(key), std::string::npos);
    EXPECT_TRUE(command.serves("Bearer " + key));
    ASSERT_EQ(command.run({.action = Action::list}), 0);
    EXPECT_NE(command.out.find("reporting"), std::string::npos);
    EXPECT_EQ(command.out.find(key), std::string::npos) << "never again";
}

TEST(KeyCommand, revokes_a_key) {
    Command command;
    ASSERT_EQ(command.run({.action = Action::add, .name = "a"}), 0);
    const std::string key = command.out.substr(0, command.out.size() - 1);
    ASSERT_EQ(command.run({.action = Action::revoke, .name = "a"}), 0);
    EXPECT_FALSE(command.serves("Bearer " + key));
    EXPECT_EQ(command.run({.action = Action::revoke, .name = "a"}), 2);
    EXPECT_NE(command.err.find("no key named 'a'"), std::string::npos);
}

TEST(KeyCommand, lists_roles_and_limits_as_json) {
    Command command;
    ASSERT_EQ(command.run({.action = Action::list, .json = true}), 0);
    EXPECT_EQ(command.out, "[]\n");
    ASSERT_EQ(command.run({.action = Action::add,
                           .name = "a",
                           .roles = {"user", "admin"},
                           .requests_per_minute = 60,
                           .burst = 5,
                           .json = true}),
              0);
    EXPECT_NE(command.out.find("\"key\":\"smcp_"), std::string::npos);
    ASSERT_EQ(command.run({.action = Action::list, .json = true}), 0);
    EXPECT_NE(command.out.find(R"("roles":["user","admin"],"requests_per_minute":60,"burst":5,"created":"20)"),
              std::string::npos)
        << command.out;
    EXPECT_EQ(command.out.find("key\""), std::string::npos);
    EXPECT_EQ(command.out.find("hash"), std::string::npos);
}

TEST(KeyCommand, refuses_what_cannot_be_and_says_what_can) {
    Command command;
    const auto refusal = [&](const KeyArguments& arguments) {
        EXPECT_EQ(command.run(arguments), 2);
        EXPECT_EQ(command.out, "");
        EXPECT_EQ(std::count(command.err.begin(), command.err.end(), '\n'), 1) << "one line";
        return command.err;
    };
    EXPECT_NE(refusal({.action = Action::add, .name = "two words"}).find("letters, digits"), std::string::npos);
    EXPECT_NE(refusal({.action = Action::add, .name = "a\x1b"}).find("\\u{1B}"), std::string::npos);
    EXPECT_NE(refusal({.action = Action::add, .name = "a", .roles = {"root"}}).find("user and admin"),
              std::string::npos);
    EXPECT_NE(refusal({.action = Action::add, .name = "a", .requests_per_minute = 0}).find("1 or more"),
              std::string::npos);
    EXPECT_NE(refusal({.action = Action::add, .name = "a", .burst = -1}).find("1 or more"), std::string::npos);
    ASSERT_EQ(command.run({.action = Action::add, .name = "a"}), 0);
    EXPECT_NE(refusal({.action = Action::add, .name = "a"}).find("a key named a already"), std::string::npos);
    command.settings.api_keys_file = "";
    EXPECT_NE(refusal({.action = Action::list}).find("API_KEYS_FILE is not set"), std::string::npos);
    command.settings.api_keys_file = "/no/such/folder/keys";
    EXPECT_NE(refusal({.action = Action::add, .name = "a"}).find("/no/such/folder"), std::string::npos);
}

}  // namespace
