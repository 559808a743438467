/// A folder of this test's own, removed with it.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace auth_test {

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "auth-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder"};
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::string path(const std::string& name = "") const { return name.empty() ? path_ : path_ + "/" + name; }
    std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
        std::ofstream{path(name), std::ios::binary | std::ios::trunc} << text;
        chmod(path(name).c_str(), mode);
        return path(name);
    }
    std::string read(const std::string& name) const {
        std::ifstream in{path(name), std::ios::binary};
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    unsigned mode(const std::string& name = "") const {
        struct stat status{};
        return stat(path(name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
    }

private:
    std::string path_;
};

}  // namespace auth_test
