#include "query/cache/sqlite_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace {

using query::cache::SqliteFile;
namespace fs = std::filesystem;

class SqliteFileTest : public testing::Test {
protected:
    SqliteFileTest() {
        std::string name = (fs::temp_directory_path() / "file-cache-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~SqliteFileTest() override {
        fs::permissions(folder_, fs::perms::owner_all);
        fs::remove_all(folder_);
    }
    SqliteFile open(std::uint64_t bytes = 64 << 20) {
        auto file = SqliteFile::open(folder_ / "cache", bytes);
        EXPECT_TRUE(file) << file.error().message();
        return std::move(*file);
    }
    std::uint64_t bytes_on_disk() const {
        std::uint64_t sum = 0;
        for (const auto& entry : fs::directory_iterator{folder_ / "cache"}) sum += entry.file_size();
        return sum;
    }
    fs::path folder_;
};

TEST_F(SqliteFileTest, keeps_until_its_time) {
    auto file = open();
    const std::string bytes("a\0b", 3);
    ASSERT_TRUE(file.put("k", bytes, 1'000, 5'000));
    EXPECT_EQ(*file.get("k", 4'999), bytes);
    EXPECT_EQ(*file.get("k", 5'000), std::nullopt);
    EXPECT_EQ(*file.get("other", 1'000), std::nullopt);
    ASSERT_TRUE(file.put("k", "newer", 2'000, 9'000));
    EXPECT_EQ(*file.get("k", 8'000), "newer");
    ASSERT_TRUE(file.put("empty", "", 2'000, 9'000));
    EXPECT_EQ(*file.get("empty", 8'000), "");
    ASSERT_TRUE(file.clear());
    EXPECT_EQ(*file.get("k", 1'000), std::nullopt);
    EXPECT_EQ(file.figures().entries, 0U);
}

TEST_F(SqliteFileTest, survives_a_restart) {
    {
        auto file = open();
        ASSERT_TRUE(file.put("k", "v", 1, 100));
    }
    auto file = open();
    EXPECT_EQ(*file.get("k", 1), "v");
    EXPECT_EQ(file.figures().entries, 1U);
}

TEST_F(SqliteFileTest, survives_a_kill) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto file = SqliteFile::open(folder_ / "cache", 64 << 20);
        const bool put = file && file->put("k", std::string(50'000, 'v'), 1, 100);
        if (!put) ::_exit(1);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto file = open();
    EXPECT_EQ(*file.get("k", 1), std::string(50'000, 'v'));
    EXPECT_EQ(file.figures().begun_anew, 0U);
}

TEST_F(SqliteFileTest, never_grows_beyond_its_bound) {
    constexpr std::uint64_t bound = 4 << 20;
    auto file = open(bound);
    for (int i = 0; i < 600; ++i) {
        ASSERT_TRUE(file.put("key " + std::to_string(i), std::string(30'000, 'v'), i, 1'000'000)) << i;
    }
    EXPECT_EQ(*file.get("key 599", 1), std::string(30'000, 'v'));
    EXPECT_EQ(*file.get("key 0", 1), std::nullopt) << "the oldest goes";
    EXPECT_GT(file.figures().evicted, 400U);
    EXPECT_LE(file.figures().bytes, bound);
    EXPECT_LE(fs::file_size(folder_ / "cache" / "answers.sqlite"), bound);
    EXPECT_LE(bytes_on_disk(), bound * 2) << "with the log";
}

TEST_F(SqliteFileTest, what_is_past_its_time_goes_before_what_is_old) {
    constexpr std::uint64_t bound = 4 << 20;
    auto file = open(bound);
    ASSERT_TRUE(file.put("old but good", "v", 0, 1'000'000));
    for (int i = 1; i < 90; ++i)
        ASSERT_TRUE(file.put("ended " + std::to_string(i), std::string(30'000, 'v'), i, i + 1));
    for (int i = 0; i < 60; ++i)
        ASSERT_TRUE(file.put("new " + std::to_string(i), std::string(30'000, 'v'), 500, 1'000'000));
    EXPECT_EQ(*file.get("old but good", 500), "v");
}

TEST_F(SqliteFileTest, keeps_nothing_that_would_drive_out_much) {
    auto file = open(4 << 20);
    ASSERT_TRUE(file.put("k", std::string(2 << 20, 'v'), 1, 100));
    EXPECT_EQ(*file.get("k", 1), std::nullopt);
}

TEST_F(SqliteFileTest, begins_anew_where_the_file_is_damaged) {
    {
        auto file = open();
        for (int i = 0; i < 100; ++i) ASSERT_TRUE(file.put(std::to_string(i), std::string(5'000, 'v'), 1, 100));
    }
    const auto path = folder_ / "cache" / "answers.sqlite";
    {
        std::ofstream damage{path, std::ios::binary | std::ios::trunc};
        damage
            << "this is no database, and it is longer than a header of one hundred bytes would be, by some words more";
    }
    auto file = open();
    EXPECT_EQ(*file.get("1", 1), std::nullopt);
    EXPECT_EQ(file.figures().begun_anew, 1U);
    ASSERT_TRUE(file.put("k", "v", 1, 100));
    EXPECT_EQ(*file.get("k", 1), "v");
}

TEST_F(SqliteFileTest, begins_anew_where_a_page_is_damaged_while_it_is_used) {
    {
        auto file = open();
        for (int i = 0; i < 200; ++i) ASSERT_TRUE(file.put(std::to_string(i), std::string(5'000, 'v'), 1, 100));
    }
    const auto path = folder_ / "cache" / "answers.sqlite";
    {
        std::fstream damage{path, std::ios::binary | std::ios::in | std::ios::out};
        damage.seekp(4096);
        damage << std::string(static_cast<std::size_t>(fs::file_size(path)) - 4096, '\x5a');
    }
    auto opened = SqliteFile::open(folder_ / "cache", 64 << 20);
    ASSERT_TRUE(opened);
    for (int i = 0; i < 200; ++i) (void)opened->get(std::to_string(i), 1);
    ASSERT_TRUE(opened->put("k", "v", 1, 100));
    EXPECT_EQ(*opened->get("k", 1), "v");
    EXPECT_GE(opened->figures().begun_anew, 1U);
}

/// The kernel refuses to let files grow: what a full disk looks like from here.
TEST_F(SqliteFileTest, a_full_disk_is_an_error_and_what_was_kept_stays_readable) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{400'000, 400'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        auto file = SqliteFile::open(folder_ / "cache", 64 << 20);
        if (!file || !file->put("first", "v", 1, 100)) ::_exit(2);
        bool refused = false;
        for (int i = 0; i < 50 && !refused; ++i) {
            const auto put = file->put(std::to_string(i), std::string(50'000, 'v'), 1, 100);
            refused = !put && put.error().kind() == base::Kind::unavailable;
        }
        if (!refused) ::_exit(3);
        const auto kept = file->get("first", 1);
        if (!kept || *kept != "v") ::_exit(4);
        file = base::fail(base::Kind::internal, "closed");
        auto again = SqliteFile::open(folder_ / "cache", 64 << 20);
        if (!again || again->figures().begun_anew > 0) ::_exit(5);
        const auto still = again->get("first", 1);
        ::_exit(still && *still == "v" ? 0 : 6);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SqliteFileTest, is_read_by_others_while_one_writes) {
    auto writer = open();
    auto reader = open();
    ASSERT_TRUE(writer.put("k", "v", 1, 100));
    EXPECT_EQ(*reader.get("k", 1), "v");
}

TEST_F(SqliteFileTest, is_its_owners_only) {
    open();
    struct stat facts{};
    ASSERT_EQ(::stat((folder_ / "cache").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0700U);
    ASSERT_EQ(::stat((folder_ / "cache" / "answers.sqlite").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(SqliteFileTest, a_folder_that_cannot_be_used_is_named) {
    std::ofstream{folder_ / "file"} << "x";
    const auto file = SqliteFile::open(folder_ / "file" / "cache", 1 << 20);
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().message(), testing::HasSubstr("CACHE_DIR"));
    EXPECT_THAT(file.error().message(), testing::HasSubstr((folder_ / "file" / "cache").string()));
}

}  // namespace
