#include "access/access.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "access/key_file.hpp"
#include "access/key_table.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"
#include "net/server/exchange.hpp"

namespace access_control {

namespace {

constexpr std::string_view missing_code = "missing_key";
constexpr std::string_view wrong_code = "wrong_key";

/// What changes when a file is written or replaced.
struct FileStamp {
    ino_t inode = 0;
    off_t size = 0;
    timespec changed{};
    mode_t mode = 0;
    bool operator==(const FileStamp& other) const {
        return inode == other.inode && size == other.size && changed.tv_sec == other.changed.tv_sec &&
               changed.tv_nsec == other.changed.tv_nsec;
    }
};

std::optional<FileStamp> stamp_of(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    return FileStamp{.inode = status.st_ino, .size = status.st_size, .changed = status.st_mtim, .mode = status.st_mode};
}

void warn_of_open_file(const std::string& path, const std::optional<FileStamp>& stamp) {
    if (stamp && (stamp->mode & (S_IWGRP | S_IWOTH)) != 0) {
        base::log::warn("API_KEYS_FILE {} may be written by others: chmod 600 it", path);
    }
}

base::Error denied(std::string_view code, std::string message) {
    return base::Error{base::Kind::denied, std::move(message)}.at(base::Stage::access).code(std::string{code});
}

/// `Bearer <token>` (RFC 6750, section 2.1), the scheme in any case; empty for anything else.
std::string_view bearer_token(std::string_view header) {
    constexpr std::string_view scheme = "Bearer ";
    if (header.size() <= scheme.size() || !base::iequals(header.substr(0, scheme.size()), scheme)) {
        return {};
    }
    return base::trim(header.substr(scheme.size()));
}

}  // namespace

struct Access::State {
    State(const Settings& given, base::Metrics& metrics, SharedBudget* shared)
        : settings{given},
          limits{given, metrics, shared},
          denied_missing{metrics.counter("mcp_access_denied_total", "Requests without a key or with a wrong one.",
                                         {{"reason", "missing"}})},
          denied_wrong{metrics.counter("mcp_access_denied_total", "Requests without a key or with a wrong one.",
                                       {{"reason", "wrong"}})} {}

    std::shared_ptr<const KeyTable> keys() const {
        const base::MutexLock lock{mutex};
        return table;
    }

    void hold(const std::vector<KeyRecord>& records) {
        const std::vector<base::Secret> none;
        auto fresh =
            std::make_shared<const KeyTable>(records, settings.enable_api_key_auth ? settings.valid_api_keys : none);
        const base::MutexLock lock{mutex};
        table = std::move(fresh);
    }

    /// Once a second until the end; a worker never reads the file.
    void watch() {
        const base::MutexLock lock{watch_mutex};
        while (!ending) {
            ended.wait_for(watch_mutex, std::chrono::seconds{1});
            if (!ending) {
                refresh();
            }
        }
    }

    bool refresh() {
        const base::MutexLock lock{refresh_mutex};
        const auto now = stamp_of(settings.api_keys_file);
        if (now == stamp) {
            return false;
        }
        const bool vanished = !now;
        stamp = now;
        if (vanished) {
            base::log::error("API_KEYS_FILE {} is gone: the keys read last stay good", settings.api_keys_file);
            return false;
        }
        const auto records = read_keys(settings.api_keys_file);
        if (!records) {
            base::log::error("{}: the keys read last stay good", records.error().message());
            return false;
        }
        warn_of_open_file(settings.api_keys_file, now);
        hold(*records);
        base::log::info("API_KEYS_FILE was read again: {} keys", records->size());
        return true;
    }

    const Settings settings;
    Limits limits;
    base::Counter denied_missing, denied_wrong;

    mutable base::Mutex mutex;
    std::shared_ptr<const KeyTable> table BASE_GUARDED_BY(mutex);

    base::Mutex refresh_mutex;
    std::optional<FileStamp> stamp BASE_GUARDED_BY(refresh_mutex);

    base::Mutex watch_mutex;
    std::condition_variable_any ended;
    bool ending BASE_GUARDED_BY(watch_mutex) = false;
    std::thread watcher;
};

Access::Access(std::unique_ptr<State> state) : state_{std::move(state)} {}

Access::~Access() {
    {
        const base::MutexLock lock{state_->watch_mutex};
        state_->ending = true;
        state_->ended.notify_all();
    }
    if (state_->watcher.joinable()) {
        state_->watcher.join();
    }
}

base::Result<std::unique_ptr<Access>> Access::open(const Settings& settings, base::Metrics& metrics,
                                                   SharedBudget* shared) {
    if (auto fits = check(settings); !fits) {
        return std::unexpected{fits.error()};
    }
    auto state = std::make_unique<State>(settings, metrics, shared);
    std::vector<KeyRecord> records;
    if (!settings.api_keys_file.empty()) {
        const base::MutexLock lock{state->refresh_mutex};
        state->stamp = stamp_of(settings.api_keys_file);
        auto read = read_keys(settings.api_keys_file);
        if (!read && read.error().kind() == base::Kind::not_found) {
            return base::fail(base::Error{base::Kind::credentials,
                                          fmt::format("API_KEYS_FILE is {}, which does not exist: make a key with "
                                                      "`snowflake-mcp key add NAME`",
                                                      settings.api_keys_file)}
                                  .at(base::Stage::config)
                                  .about("API_KEYS_FILE"));
        }
        if (!read) {
            return std::unexpected{read.error()};
        }
        warn_of_open_file(settings.api_keys_file, state->stamp);
        records = std::move(*read);
        if (records.empty()) {
            base::log::warn("API_KEYS_FILE {} holds no key yet: make one with `snowflake-mcp key add NAME`",
                            settings.api_keys_file);
        }
    }
    state->hold(records);
    for (const std::string& text : warnings(settings)) {
        base::log::warn("{}", text);
    }
    if (!settings.api_keys_file.empty()) {
        state->watcher = std::thread{[&watched = *state] { watched.watch(); }};
    }
    return std::unique_ptr<Access>{new Access{std::move(state)}};
}

bool Access::keys_required() const { return state_->settings.has_keys() && !state_->settings.allow_anonymous; }

bool Access::refresh() { return !state_->settings.api_keys_file.empty() && state_->refresh(); }

base::Result<base::PrincipalPtr> Access::identify(const HeaderLookup& header) const {
    const Settings& settings = state_->settings;
    if (!settings.has_keys()) {
        return anonymous();
    }
    const std::string_view token = bearer_token(header("Authorization"));
    const std::string_view named = base::trim(header(settings.api_key_header));
    if (token.empty() && named.empty()) {
        if (settings.allow_anonymous) {
            return anonymous();
        }
        state_->denied_missing.add();
        return base::fail(denied(missing_code, fmt::format("an API key is needed: send it as `Authorization: Bearer "
                                                           "<key>` or `{}: <key>`",
                                                           settings.api_key_header)));
    }
    base::PrincipalPtr who = state_->keys()->find(token.empty() ? named : token);
    const bool contradict = !token.empty() && !named.empty() && token != named;
    if (!who || contradict) {
        state_->denied_wrong.add();
        return base::fail(denied(wrong_code, "this API key is not good: ask the operator of this server for one"));
    }
    return who;
}

base::Result<base::PrincipalPtr> Access::identify(const net::Exchange& exchange) const {
    const Settings& settings = state_->settings;
    if (settings.has_keys() && (exchange.count("Authorization") > 1 || exchange.count(settings.api_key_header) > 1)) {
        state_->denied_wrong.add();
        return base::fail(denied(wrong_code, "more than one API key was sent: send one"));
    }
    return identify([&exchange](std::string_view name) { return exchange.header(name); });
}

Limits& Access::limits() { return state_->limits; }

base::PrincipalPtr Access::anonymous() {
    static const auto everybody = std::make_shared<const base::Principal>(
        base::Principal{.id = "anonymous", .kind = base::Principal::Kind::anonymous, .roles = {"user"}});
    return everybody;
}

base::PrincipalPtr Access::os_user() {
    const uid_t user = ::geteuid();
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    const bool known = ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
    return std::make_shared<const base::Principal>(
        base::Principal{.id = known ? fmt::format("os:{}", entry.pw_name) : fmt::format("os:{}", user),
                        .kind = base::Principal::Kind::os_user,
                        .roles = {"user", "admin"}});
}

bool is_missing(const base::Error& error) { return error.code() == missing_code; }

std::string_view challenge_of(const base::Error& error) {
    return is_missing(error) ? "Bearer realm=\"snowflake-mcp\""
                             : "Bearer realm=\"snowflake-mcp\", error=\"invalid_token\"";
}

}  // namespace access_control
