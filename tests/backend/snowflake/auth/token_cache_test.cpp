#include "backend/snowflake/auth/token_cache.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <thread>
#include <vector>

#include "backend/snowflake/auth/folder.hpp"

namespace {

using namespace backend::snowflake;
using auth_test::Folder;
using base::Secret;

constexpr auto file_name = "credential_cache_v1.json";

CacheChange keep(TokenKind kind, const std::string& token) { return {.kind = kind, .token = Secret{token}}; }

std::string found(const TokenCache& cache, TokenKind kind, std::string_view user = "alice") {
    const auto token = cache.find("acct.snowflakecomputing.com", user, kind);
    return !token ? "error: " + token.error().message() : !*token ? "(none)" : std::string{(*token)->reveal()};
}

void apply(const TokenCache& cache, const std::vector<CacheChange>& changes, std::string_view user = "alice") {
    const auto done = cache.apply("acct.snowflakecomputing.com", user, changes);
    EXPECT_TRUE(done) << done.error().message();
}

TEST(TokenCache, stands_where_snowflake_s_drivers_look) {
    const auto with = [](std::map<std::string, std::string> variables) {
        return TokenCache::folder([variables](const std::string& name) {
            const auto one = variables.find(name);
            return one == variables.end() ? std::nullopt : std::optional{one->second};
        });
    };
    EXPECT_EQ(with({{"SF_TEMPORARY_CREDENTIAL_CACHE_DIR", "/a"}, {"XDG_CACHE_HOME", "/b"}, {"HOME", "/c"}}), "/a");
    EXPECT_EQ(with({{"XDG_CACHE_HOME", "/b"}, {"HOME", "/c"}}), "/b/snowflake");
    EXPECT_EQ(with({{"HOME", "/c"}}), "/c/.cache/snowflake");
    EXPECT_EQ(with({}), "");
}

TEST(TokenCache, keeps_tokens_in_an_owner_only_file_of_the_drivers_form) {
    const Folder folder;
    const TokenCache cache{folder.path("deep/er")};
    EXPECT_EQ(found(cache, TokenKind::id), "(none)");
    apply(cache, {keep(TokenKind::id, "id-1"), keep(TokenKind::mfa, "mfa-1")});
    EXPECT_EQ(folder.mode("deep/er"), 0700U);
    EXPECT_EQ(folder.mode(std::string{"deep/er/"} + file_name), 0600U);
    EXPECT_EQ(found(cache, TokenKind::id), "id-1");
    EXPECT_EQ(found(cache, TokenKind::mfa), "mfa-1");
    EXPECT_EQ(found(cache, TokenKind::oauth_access), "(none)");
    EXPECT_EQ(found(cache, TokenKind::id, "bob"), "(none)");
    EXPECT_EQ(found(cache, TokenKind::id, "ALICE"), "id-1");
    // sha256("ACCT.SNOWFLAKECOMPUTING.COM:ALICE:ID_TOKEN"), as the Python connector's TokenKey.hash_key makes it
    const auto root = boost::json::parse(folder.read(std::string{"deep/er/"} + file_name));
    EXPECT_EQ(root.at("tokens").as_object().at("7d564480a2ce80857f8eb7a544b1d926dd4dd80ef0da5a4d00bfca71fc85fa91"),
              "id-1");
}

TEST(TokenCache, leaves_other_programs_tokens_alone) {
    const Folder folder;
    folder.write(file_name, R"({"tokens":{"other":"theirs"},"more":1})");
    const TokenCache cache{folder.path()};
    apply(cache, {keep(TokenKind::id, "id-1")});
    apply(cache, {{.kind = TokenKind::id, .token = std::nullopt}});
    EXPECT_EQ(boost::json::parse(folder.read(file_name)),
              boost::json::parse(R"({"tokens":{"other":"theirs"},"more":1})"));
}

TEST(TokenCache, mends_a_broken_file) {
    for (const std::string broken : {"", "{\"tokens\":", "[]", "{\"tokens\":7}", "\xff\xfe"}) {
        const Folder folder;
        folder.write(file_name, broken);
        const TokenCache cache{folder.path()};
        EXPECT_EQ(found(cache, TokenKind::id), "(none)");
        apply(cache, {keep(TokenKind::id, "id-1")});
        EXPECT_EQ(found(cache, TokenKind::id), "id-1");
    }
}

TEST(TokenCache, trusts_no_file_or_folder_that_others_can_reach) {
    const Folder folder;
    folder.write(file_name, R"({"tokens":{}})", 0644);
    const TokenCache cache{folder.path()};
    EXPECT_TRUE(found(cache, TokenKind::id).starts_with("error: "));
    EXPECT_FALSE(cache.apply("h", "u", {keep(TokenKind::id, "x")}));
    EXPECT_EQ(folder.read(file_name), R"({"tokens":{}})");
    chmod(folder.path(file_name).c_str(), 0600);
    chmod(folder.path().c_str(), 0755);
    EXPECT_NE(found(cache, TokenKind::id).find("chmod 700"), std::string::npos);
    EXPECT_FALSE(cache.apply("h", "u", {keep(TokenKind::id, "x")}));
    chmod(folder.path().c_str(), 0700);
    EXPECT_EQ(found(cache, TokenKind::id), "(none)");
}

TEST(TokenCache, follows_no_link) {
    const Folder folder;
    const Folder elsewhere;
    elsewhere.write("target", R"({"tokens":{}})");
    ASSERT_EQ(symlink(elsewhere.path("target").c_str(), folder.path(file_name).c_str()), 0);
    EXPECT_FALSE(TokenCache{folder.path()}.apply("h", "u", {keep(TokenKind::id, "x")}));
    EXPECT_EQ(elsewhere.read("target"), R"({"tokens":{}})");
}

TEST(TokenCache, loses_nothing_between_writers_and_takes_over_a_lock_left_behind) {
    const Folder folder;
    const TokenCache cache{folder.path()};
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&cache, i] {
            for (int round = 0; round < 10; ++round) {
                apply(cache, {keep(TokenKind::id, "token-" + std::to_string(i))}, "user" + std::to_string(i));
                ASSERT_EQ(found(cache, TokenKind::id, "user" + std::to_string(i)), "token-" + std::to_string(i));
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(boost::json::parse(folder.read(file_name)).at("tokens").as_object().size(), 4U);
    EXPECT_EQ(folder.mode(std::string{file_name} + ".lck"), 0U) << "the lock is gone";
}

TEST(TokenCache, does_nothing_without_a_place_or_a_user) {
    EXPECT_TRUE(TokenCache{""}.apply("h", "u", {keep(TokenKind::id, "x")}));
    const Folder folder;
    EXPECT_TRUE(TokenCache{folder.path()}.apply("h", "", {keep(TokenKind::id, "x")}));
    EXPECT_EQ(folder.mode(file_name), 0U);
}

}  // namespace
