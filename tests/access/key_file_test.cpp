#include "access/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "access/api_key.hpp"
#include "base/temporary_folder.hpp"

namespace {

using access_control::KeyRecord;
using access_control::make_key;
using base_test::TemporaryFolder;

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

base::Result<void> add(const std::string& path, const std::string& name) {
    return access_control::change_keys(path, [&](std::vector<KeyRecord>& keys) -> base::Result<void> {
        keys.push_back(make_key(name, {"user"}, {}, "now").record);
        return {};
    });
}

TEST(ApiKey, has_its_form_and_is_never_the_same_twice) {
    const auto a = make_key("a", {"user"}, {}, "");
    const auto b = make_key("a", {"user"}, {}, "");
    const std::string text{a.text.reveal()};
    EXPECT_TRUE(text.starts_with("smcp_" + a.record.id + "_"));
    EXPECT_EQ(text.find_first_not_of("smcp_0123456789abcdefghjkmnpqrstvwxyz"), std::string::npos);
    EXPECT_NE(text, b.text.reveal());
    EXPECT_NE(a.record.id, b.record.id);
    EXPECT_NE(a.record.digest, b.record.digest);
    const auto parts = access_control::split_key(text);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->id, a.record.id);
    EXPECT_TRUE(access_control::same(access_control::digest_of(a.record.salt, parts->secret), a.record.digest));
}

TEST(ApiKey, is_not_what_looks_nearly_like_one) {
    const std::string good{make_key("a", {}, {}, "").text.reveal()};
    for (const std::string& text :
         {std::string{}, std::string{"smcp_"}, good.substr(1), good + "0", good.substr(0, good.size() - 1),
          "smcq" + good.substr(4), good.substr(0, good.size() - 1) + "u", good.substr(0, 15) + "-" + good.substr(16)}) {
        EXPECT_FALSE(access_control::split_key(text)) << text;
    }
}

TEST(ApiKey, has_a_name_that_can_stand_anywhere) {
    for (const char* const name : {"a", "Reporting-2.eu_west", "0"}) {
        EXPECT_TRUE(access_control::is_key_name(name));
    }
    for (const std::string& name : {std::string{}, std::string{"-a"}, std::string{"a b"}, std::string{"a=b"},
                                    std::string{"é"}, std::string(65, 'a'), std::string{"a\n"}}) {
        EXPECT_FALSE(access_control::is_key_name(name)) << name;
    }
}

TEST(KeyFile, keeps_the_quotas_of_a_key) {
    const base::Principal::Limits limits{
        .queries_per_day = 500, .result_bytes_per_day = 0, .warehouse_seconds_per_day = 3'600};
    const auto text = access_control::format_keys({make_key("a", {"user"}, limits, "t").record});
    EXPECT_NE(text.find(" queries_per_day=500 result_bytes_per_day=0 warehouse_seconds_per_day=3600\n"),
              std::string::npos)
        << text;
    const auto back = access_control::parse_keys(text, "keys");
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->front().limits.queries_per_day, 500u);
    EXPECT_EQ(back->front().limits.result_bytes_per_day, 0u) << "no bound, whatever the server's own";
    EXPECT_EQ(back->front().limits.warehouse_seconds_per_day, 3'600u);
    for (const auto* wrong : {"queries_per_day=-1", "queries_per_day=", "result_bytes_per_day=1e9",
                              "warehouse_seconds_per_day=99999999999999999"}) {
        auto line = text.substr(text.find("id="));
        line.replace(line.find("queries_per_day=500"), 19, wrong);
        const auto refused = access_control::parse_keys(line, "keys");
        ASSERT_FALSE(refused) << wrong;
        EXPECT_NE(refused.error().message().find("quota"), std::string::npos) << refused.error().message();
    }
}

TEST(KeyFile, comes_back_as_it_was_written) {
    std::vector<KeyRecord> keys{make_key("one", {"user", "admin"}, {.requests_per_minute = 60, .burst = 5}, "t").record,
                                make_key("two", {}, {}, "").record};
    const auto read = access_control::parse_keys(access_control::format_keys(keys), "keys");
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(read->size(), 2u);
    EXPECT_EQ((*read)[0].name, "one");
    EXPECT_EQ((*read)[0].roles, (std::vector<std::string>{"user", "admin"}));
    EXPECT_EQ((*read)[0].limits.requests_per_minute, 60);
    EXPECT_EQ((*read)[0].limits.burst, 5);
    EXPECT_EQ((*read)[0].digest, keys[0].digest);
    EXPECT_EQ((*read)[0].salt, keys[0].salt);
    EXPECT_EQ((*read)[1].roles, std::vector<std::string>{});
    EXPECT_FALSE((*read)[1].limits.burst);
}

TEST(KeyFile, never_holds_a_key) {
    const TemporaryFolder folder;
    const auto path = folder.path("keys");
    const auto key = make_key("a", {"user"}, {}, "");
    ASSERT_TRUE(access_control::change_keys(path, [&](std::vector<KeyRecord>& keys) -> base::Result<void> {
        keys.push_back(key.record);
        return {};
    }));
    const auto secret = std::string{access_control::split_key(key.text.reveal())->secret};
    EXPECT_EQ(text_of(path).find(secret), std::string::npos);
    EXPECT_NE(text_of(path).find(key.record.id), std::string::npos);
}

TEST(KeyFile, is_for_its_owner_only_even_where_it_was_open_before) {
    const TemporaryFolder folder;
    const auto path = folder.write("keys", "# mine\n");
    ::chmod(path.c_str(), 0644);
    ASSERT_TRUE(add(path, "a"));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(KeyFile, is_changed_behind_a_link_that_stays_one) {
    const TemporaryFolder folder;
    const auto target = folder.write("real/keys", "");
    std::filesystem::create_symlink(target, folder.path("link"));
    ASSERT_TRUE(add(folder.path("link"), "a"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
    EXPECT_EQ(access_control::read_keys(target)->size(), 1u);
}

TEST(KeyFile, stays_as_it_was_when_a_change_is_refused) {
    const TemporaryFolder folder;
    const auto path = folder.path("keys");
    ASSERT_TRUE(add(path, "a"));
    const auto before = text_of(path);
    const auto refused = access_control::change_keys(path, [](std::vector<KeyRecord>& keys) -> base::Result<void> {
        keys.clear();
        return base::fail(base::Kind::not_found, "no");
    });
    EXPECT_FALSE(refused);
    EXPECT_EQ(text_of(path), before);
    const auto broken = folder.write("broken", "what is this\n");
    EXPECT_FALSE(add(broken, "a"));
    EXPECT_EQ(text_of(broken), "what is this\n") << "a file that is not understood is not replaced";
}

TEST(KeyFile, loses_no_key_when_several_write_at_once) {
    const TemporaryFolder folder;
    const auto path = folder.path("keys");
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] { EXPECT_TRUE(add(path, "k" + std::to_string(i))); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(access_control::read_keys(path)->size(), 8u);
}

TEST(KeyFile, names_the_line_that_is_broken) {
    const auto good = access_control::format_keys({make_key("a", {"user"}, {}, "t").record});
    const auto line = good.substr(good.find("id="));
    const auto problem = [](const std::string& text) {
        const auto keys = access_control::parse_keys(text, "keys");
        return keys ? std::string{} : keys.error().message();
    };
    EXPECT_EQ(problem(line), "");
    EXPECT_EQ(problem("\n  # c\n" + line.substr(0, line.size() - 1) + "\r\n"), "");
    EXPECT_EQ(problem(line.substr(0, line.size() - 1) + " later=1\n"), "") << "a field of a later version";
    EXPECT_NE(problem("# c\n" + line + line).find("keys line 3: a key of this id or name stands above"),
              std::string::npos);
    EXPECT_NE(problem("id=abc").find("keys line 1: id"), std::string::npos);
    EXPECT_NE(problem("nonsense").find("name=value"), std::string::npos);
    EXPECT_NE(problem("name=a").find("must be there"), std::string::npos);
    EXPECT_NE(problem("hash=AAAA").find("hash is not 32 bytes"), std::string::npos);
    EXPECT_NE(problem("burst=0").find("burst"), std::string::npos);
    EXPECT_NE(problem("requests_per_minute=x").find("requests_per_minute"), std::string::npos);
}

TEST(KeyFile, tells_a_missing_file_from_one_that_cannot_be_read) {
    const TemporaryFolder folder;
    EXPECT_EQ(access_control::read_keys(folder.path("none")).error().kind(), base::Kind::not_found);
    EXPECT_EQ(access_control::read_keys(folder.path("")).error().kind(), base::Kind::bad_argument);
    const auto refused = add(folder.path("no/folder/keys"), "a");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("no/folder"), std::string::npos);
}

}  // namespace
