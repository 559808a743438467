#include "backend/snowflake/auth/token_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::size_t largest_file = std::size_t{4} << 20;
/// The drivers' lock is a folder that is made and removed; one that is older than this was left behind.
constexpr std::chrono::seconds stale_lock{1};
constexpr std::chrono::milliseconds lock_patience{1'000};

std::unexpected<base::Error> refuse(const std::string& file, std::string why) {
    return base::fail(
        base::Error{base::Kind::unavailable, fmt::format("{}: {}", file, why)}.at(base::Stage::login).about(file));
}

std::string system_text() { return std::strerror(errno); }  // NOLINT(concurrency-mt-unsafe): glibc's is

class File {
public:
    File(const std::string& path, int flags, mode_t mode = 0)
        : descriptor_{open(path.c_str(), flags | O_CLOEXEC, mode)} {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor_ >= 0) {
            close(descriptor_);
        }
    }
    int get() const { return descriptor_; }

private:
    int descriptor_;
};

/// The drivers' way to take turns: who makes the folder has the lock.
class FolderLock {
public:
    explicit FolderLock(std::string path) : path_{std::move(path)} {
        const auto until = std::chrono::steady_clock::now() + lock_patience;
        while (!(held_ = mkdir(path_.c_str(), 0700) == 0)) {
            struct stat status{};
            if (errno != EEXIST || std::chrono::steady_clock::now() > until) {
                return;
            }
            if (stat(path_.c_str(), &status) == 0 &&
                std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(status.st_ctim.tv_sec) >
                    stale_lock + std::chrono::seconds{1}) {
                rmdir(path_.c_str());
                continue;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;
    ~FolderLock() {
        if (held_) {
            rmdir(path_.c_str());
        }
    }
    bool held() const { return held_; }

private:
    std::string path_;
    bool held_ = false;
};

/// The folder must be ours alone: whoever may write into it could swap the file.
base::Result<void> check_folder(const std::string& folder, const std::string& file) {
    struct stat status{};
    if (stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        return refuse(file, fmt::format("there is no folder {}", folder));
    }
    if (status.st_uid != geteuid()) {
        return refuse(file, fmt::format("the folder {} belongs to another user; no token is kept there", folder));
    }
    if ((status.st_mode & 0077) != 0) {
        return refuse(file, fmt::format("others have access to the folder {} (mode {:o}); no token is kept there until "
                                        "it is 0700 (chmod 700)",
                                        folder, status.st_mode & 07777));
    }
    return {};
}

/// The whole text; empty where there is no file.
base::Result<std::string> read_owned(const std::string& path) {
    const File file{path, O_RDONLY | O_NOFOLLOW};
    if (file.get() < 0) {
        if (errno == ENOENT) {
            return std::string{};
        }
        return refuse(path, system_text());
    }
    struct stat status{};
    if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return refuse(path, "is not a file");
    }
    if (status.st_uid != geteuid() || (status.st_mode & 0077) != 0) {
        return refuse(path,
                      fmt::format("belongs to another user, or others may read it (mode {:o}); it is not used until "
                                  "it is yours with mode 0600",
                                  status.st_mode & 07777));
    }
    if (static_cast<std::size_t>(status.st_size) > largest_file) {
        return refuse(path, "is larger than 4 MiB; it is not used");
    }
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto got = read(file.get(), text.data() + have, text.size() - have);
        if (got <= 0) {
            break;
        }
        have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
}

/// The object of the file with a "tokens" object inside; a fresh one where the text is none.
boost::json::object parse_cache(std::string_view text) {
    boost::system::error_code failed;
    boost::json::value parsed = boost::json::parse(text, failed);
    boost::json::object root = !failed && parsed.is_object() ? std::move(parsed.get_object()) : boost::json::object{};
    if (const auto* const tokens = root.if_contains("tokens"); tokens == nullptr || !tokens->is_object()) {
        root["tokens"] = boost::json::object{};
    }
    return root;
}

/// Beside the file, then renamed over it: a reader sees one or the other.
base::Result<void> replace(const std::string& path, std::string_view text) {
    const std::string fresh = fmt::format("{}.{}", path, base::hex(base::random_bytes(6)));
    {
        const File file{fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600};
        if (file.get() < 0) {
            return refuse(path, system_text());
        }
        while (!text.empty()) {
            const auto put = write(file.get(), text.data(), text.size());
            if (put <= 0) {
                unlink(fresh.c_str());
                return refuse(path, system_text());
            }
            text.remove_prefix(static_cast<std::size_t>(put));
        }
    }
    if (rename(fresh.c_str(), path.c_str()) != 0) {
        unlink(fresh.c_str());
        return refuse(path, system_text());
    }
    return {};
}

std::string key_of(std::string_view host, std::string_view user, TokenKind kind) {
    const auto digest =
        base::sha256(fmt::format("{}:{}:{}", base::to_upper(host), base::to_upper(user), to_string(kind)));
    return base::hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// mkdir -p, the last one for the owner only.
void make_folders(const std::string& folder) {
    for (auto slash = folder.find('/', 1); slash != std::string::npos; slash = folder.find('/', slash + 1)) {
        mkdir(folder.substr(0, slash).c_str(), 0755);
    }
    mkdir(folder.c_str(), 0700);
}

}  // namespace

std::string_view to_string(TokenKind kind) {
    switch (kind) {
        case TokenKind::id: return "ID_TOKEN";
        case TokenKind::mfa: return "MFA_TOKEN";
        case TokenKind::oauth_access: return "OAUTH_ACCESS_TOKEN";
        case TokenKind::oauth_refresh: return "OAUTH_REFRESH_TOKEN";
    }
    return "";
}

std::string TokenCache::folder(const Environment& environment) {
    if (auto folder = environment("SF_TEMPORARY_CREDENTIAL_CACHE_DIR")) {
        return std::move(*folder);
    }
    if (auto folder = environment("XDG_CACHE_HOME")) {
        return *folder + "/snowflake";
    }
    if (auto folder = environment("HOME")) {
        return *folder + "/.cache/snowflake";
    }
    return {};
}

base::Result<std::optional<base::Secret>> TokenCache::find(std::string_view host, std::string_view user,
                                                           TokenKind kind) const {
    struct stat status{};
    if (folder_.empty() || user.empty() || stat(file().c_str(), &status) != 0) {
        return std::optional<base::Secret>{};
    }
    if (auto checked = check_folder(folder_, file()); !checked) {
        return base::fail(std::move(checked.error()));
    }
    const auto text = read_owned(file());
    if (!text) {
        return base::fail(text.error());
    }
    const boost::json::object root = parse_cache(*text);
    const auto* const token = root.at("tokens").get_object().if_contains(key_of(host, user, kind));
    if (token == nullptr || !token->is_string() || token->get_string().empty()) {
        return std::optional<base::Secret>{};
    }
    return std::optional{base::Secret{std::string{token->get_string()}}};
}

base::Result<void> TokenCache::apply(std::string_view host, std::string_view user,
                                     const std::vector<CacheChange>& changes) const {
    if (folder_.empty() || user.empty() || changes.empty()) {
        return {};
    }
    make_folders(folder_);
    if (auto checked = check_folder(folder_, file()); !checked) {
        return checked;
    }
    const FolderLock lock{file() + ".lck"};
    if (!lock.held()) {
        return refuse(file(), "another program keeps it locked; the token is not kept");
    }
    const auto text = read_owned(file());
    if (!text) {
        return base::fail(text.error());
    }
    boost::json::object root = parse_cache(*text);
    boost::json::object& tokens = root.at("tokens").get_object();
    for (const CacheChange& change : changes) {
        const std::string key = key_of(host, user, change.kind);
        if (change.token) {
            tokens[key] = boost::json::string_view{change.token->reveal()};
        } else {
            tokens.erase(key);
        }
    }
    return replace(file(), boost::json::serialize(root));
}

}  // namespace backend::snowflake
