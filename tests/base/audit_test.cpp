#include "base/audit.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/temporary_folder.hpp"

namespace {

using base::Audit;

TEST(Audit, writes_one_json_line_an_act_to_a_file_for_its_owner_only) {
    const base_test::TemporaryFolder folder;
    const std::string path = folder.path("audit.jsonl");
    auto audit = Audit::to_file(path);
    ASSERT_TRUE(audit);
    audit->record({.id = "key:a"}, "7",
                  {.action = "tool", .target = "execute_query", .outcome = "ok", .detail = "f00"});
    audit->record({.id = "anonymous"}, "8", {.action = "refused", .target = "x\ny\u202e", .outcome = "denied"});
    std::ifstream file{path};
    std::string first;
    std::string second;
    std::getline(file, first);
    std::getline(file, second);
    EXPECT_NE(
        first.find(R"("principal":"key:a","request_id":"7","action":"tool","target":"execute_query","outcome":"ok")"),
        std::string::npos);
    EXPECT_TRUE(first.starts_with(R"({"time":"20)"));
    EXPECT_NE(second.find(R"(x\ny\\u{202E})"), std::string::npos);
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(Audit, keeps_lines_of_many_threads_whole) {
    const base_test::TemporaryFolder folder;
    const std::string path = folder.path("audit.jsonl");
    auto audit = Audit::to_file(path);
    ASSERT_TRUE(audit);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                audit->record({.id = "key:a"}, "1", {.action = "tool", .detail = "abcdefghijklmnopqrstuvwxyz"});
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    std::ifstream file{path};
    int lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
        ASSERT_TRUE(line.starts_with("{") && line.ends_with("}")) << line;
    }
    EXPECT_EQ(lines, 800);
}

TEST(Audit, goes_nowhere_without_a_path_and_says_why_a_file_cannot_be_opened) {
    auto none = Audit::to_file("");
    ASSERT_TRUE(none);
    none->record({.id = "key:a"}, "1", {.action = "tool"});
    const auto refused = Audit::to_file("/no/such/folder/audit.jsonl");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("/no/such/folder/audit.jsonl"), std::string::npos);
}

}  // namespace
