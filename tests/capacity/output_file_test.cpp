#include "capacity/output_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace capacity {
namespace {

namespace fs = std::filesystem;

class OutputFile : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "/output-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string read(const fs::path& path) const {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    std::ptrdiff_t files() const { return std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{}); }

    fs::path folder_;
};

TEST_F(OutputFile, replaces_what_stood_there_and_keeps_its_permissions) {
    const fs::path path = folder_ / "plan.html";
    std::ofstream{path} << "a much longer text than the new one";
    fs::permissions(path, fs::perms{0640});
    ASSERT_TRUE(write_output(path, "new"));
    EXPECT_EQ(read(path), "new");
    EXPECT_EQ(fs::status(path).permissions(), fs::perms{0640});
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, follows_a_link_instead_of_replacing_it) {
    std::ofstream{folder_ / "real"} << "old";
    fs::create_symlink("real", folder_ / "link");
    ASSERT_TRUE(write_output(folder_ / "link", "new"));
    EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
    EXPECT_EQ(read(folder_ / "real"), "new");
}

TEST_F(OutputFile, a_full_device_is_an_error_and_stays_a_device) {
    const auto written = write_output("/dev/full", "x");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().message(), "cannot write /dev/full: No space left on device");
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(OutputFile, what_can_not_be_written_leaves_nothing_and_changes_nothing) {
    EXPECT_FALSE(write_output(folder_ / "no" / "such" / "folder" / "x", "text"));
    EXPECT_FALSE(write_output(folder_, "text")) << "a folder";
    EXPECT_FALSE(write_output(folder_ / std::string(300, 'n'), "text")) << "a name too long";
    EXPECT_EQ(files(), 0);
}

TEST_F(OutputFile, a_relative_name_without_a_folder) {
    const fs::path before = fs::current_path();
    fs::current_path(folder_);
    const auto written = write_output("plain", "text");
    fs::current_path(before);
    ASSERT_TRUE(written);
    EXPECT_EQ(read(folder_ / "plain"), "text");
}

}  // namespace
}  // namespace capacity
