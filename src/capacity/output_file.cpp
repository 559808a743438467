#include "capacity/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/fd.hpp"
#include "base/text.hpp"

namespace capacity {
namespace {

std::unexpected<base::Error> cannot(const std::string& path, int error) {
    return base::fail(error == EPIPE ? base::Kind::cancelled : base::Kind::bad_argument,
                      fmt::format("cannot write {}: {}", base::escape_untrusted(path), std::strerror(error)));
}

/// 0 or an errno.
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t wrote = ::write(fd, text.data(), text.size());
        if (wrote < 0 && errno != EINTR) {
            return errno;
        }
        text.remove_prefix(wrote > 0 ? static_cast<std::size_t>(wrote) : 0);
    }
    return 0;
}

/// Beside `target`: written, synced, renamed; gone again when any of it fails.
int replace(const std::filesystem::path& target, std::string_view text, const struct stat* there) {
    const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path{"."};
    const std::string fresh = (folder / fmt::format(".{}.{}.new", target.filename().string(), ::getpid())).string();
    const base::Fd file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666)};
    if (file.get() < 0) {
        return errno;
    }
    int error = write_all(file.get(), text);
    if (error == 0 && ((there != nullptr && ::fchmod(file.get(), there->st_mode & 07777) != 0) ||
                       ::fsync(file.get()) != 0 || ::rename(fresh.c_str(), target.c_str()) != 0)) {
        error = errno;
    }
    if (error != 0) {
        ::unlink(fresh.c_str());
    }
    return error;
}

}  // namespace

base::Result<void> write_output(const std::string& path, std::string_view text) {
    std::filesystem::path target = path;
    std::error_code failed;
    if (std::filesystem::is_symlink(target, failed)) {
        if (auto real = std::filesystem::canonical(target, failed); !failed) {
            target = real;
        }
    }
    struct stat there{};
    const bool exists = ::stat(target.c_str(), &there) == 0;
    int error = 0;
    if (exists && !S_ISREG(there.st_mode)) {
        const base::Fd file{::open(target.c_str(), O_WRONLY | O_CLOEXEC)};
        error = file.get() < 0 ? errno : write_all(file.get(), text);
    } else {
        error = replace(target, text, exists ? &there : nullptr);
    }
    return error == 0 ? base::Result<void>{} : cannot(path, error);
}

base::Result<void> write_stdout(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, text);
    return error == 0 ? base::Result<void>{} : cannot("standard output", error);
}

}  // namespace capacity
