#include "access/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace access_control {

namespace {

constexpr std::size_t largest_file = std::size_t{16} << 20;

std::optional<int> positive(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1) {
        return std::nullopt;
    }
    return value;
}

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most_a_day) {
        return std::nullopt;
    }
    return value;
}

constexpr std::pair<std::string_view, std::optional<std::uint64_t> base::Principal::Limits::*> day_quotas[] = {
    {"queries_per_day", &base::Principal::Limits::queries_per_day},
    {"result_bytes_per_day", &base::Principal::Limits::result_bytes_per_day},
    {"warehouse_seconds_per_day", &base::Principal::Limits::warehouse_seconds_per_day},
};

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto at = text.find(separator);
        if (const auto part = text.substr(0, at); !part.empty()) {
            parts.emplace_back(part);
        }
        text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
    }
    return parts;
}

/// What is wrong with the field, or nothing.
std::string_view set_field(KeyRecord& key, bool& hashed, std::string_view name, std::string_view value) {
    if (name == "id") {
        key.id = std::string{value};
        return value.size() == 10 ? "" : "id is not of 10 characters";
    }
    if (name == "name") {
        key.name = std::string{value};
        return is_key_name(value) ? "" : "name holds other characters than letters, digits, '.', '_' and '-'";
    }
    if (name == "roles") {
        key.roles = split(value, ',');
        return "";
    }
    if (name == "created") {
        key.created = std::string{value};
        return "";
    }
    if (name == "salt") {
        key.salt = base::from_base64url(value).value_or("");
        return key.salt.size() == 16 ? "" : "salt is not 16 bytes of base64url";
    }
    if (name == "hash") {
        const std::string bytes = base::from_base64url(value).value_or("");
        hashed = bytes.size() == key.digest.size();
        if (!hashed) {
            return "hash is not 32 bytes of base64url";
        }
        std::copy(bytes.begin(), bytes.end(), key.digest.begin());
        return "";
    }
    if (name == "requests_per_minute") {
        key.limits.requests_per_minute = positive(value);
        return key.limits.requests_per_minute ? "" : "requests_per_minute is not a number above 0";
    }
    if (name == "burst") {
        key.limits.burst = positive(value);
        return key.limits.burst ? "" : "burst is not a number above 0";
    }
    for (const auto& [field, slot] : day_quotas) {
        if (name != field) continue;
        key.limits.*slot = whole(value);
        return key.limits.*slot ? "" : "a quota is not a whole number (0: no bound)";
    }
    return "";  // of a later version
}

/// A descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    int get() const { return number_; }

private:
    int number_;
};

std::unexpected<base::Error> cannot(std::string_view what, const std::string& path, int error) {
    return base::fail(base::Error{error == ENOENT ? base::Kind::not_found : base::Kind::bad_argument,
                                  fmt::format("cannot {} {}: {}", what, path, std::strerror(error))}
                          .at(base::Stage::config)
                          .about("API_KEYS_FILE"));
}

base::Result<void> replace_file(const std::filesystem::path& target, const std::string& text) {
    const std::string fresh = target.string() + ".new";
    const Descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (file.get() < 0 || ::fchmod(file.get(), 0600) != 0) {
        return cannot("write", fresh, errno);
    }
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t got = ::write(file.get(), text.data() + written, text.size() - written);
        if (got < 0 && errno != EINTR) {
            const int error = errno;
            ::unlink(fresh.c_str());
            return cannot("write", fresh, error);
        }
        written += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    if (::fsync(file.get()) != 0 || ::rename(fresh.c_str(), target.c_str()) != 0) {
        const int error = errno;
        ::unlink(fresh.c_str());
        return cannot("write", target.string(), error);
    }
    return {};
}

}  // namespace

base::Result<std::vector<KeyRecord>> parse_keys(std::string_view text, std::string_view file) {
    std::vector<KeyRecord> keys;
    std::istringstream lines{std::string{text}};
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const auto trimmed = base::trim(line);
        if (trimmed.empty() || trimmed.front() == '#') {
            continue;
        }
        const auto broken = [&](std::string_view why) {
            return base::fail(base::Error{base::Kind::bad_argument, fmt::format("{} line {}: {}", file, number, why)}
                                  .at(base::Stage::config)
                                  .about("API_KEYS_FILE"));
        };
        KeyRecord key;
        bool hashed = false;
        for (const std::string& field : split(trimmed, ' ')) {
            const auto equals = field.find('=');
            if (equals == std::string::npos) {
                return broken("a field is not name=value");
            }
            const std::string_view view = field;
            if (const auto why = set_field(key, hashed, view.substr(0, equals), view.substr(equals + 1));
                !why.empty()) {
                return broken(why);
            }
        }
        if (key.id.empty() || key.name.empty() || key.salt.empty() || !hashed) {
            return broken("id, name, salt and hash must be there");
        }
        if (std::any_of(keys.begin(), keys.end(),
                        [&](const KeyRecord& other) { return other.id == key.id || other.name == key.name; })) {
            return broken("a key of this id or name stands above");
        }
        keys.push_back(std::move(key));
    }
    return keys;
}

std::string format_keys(const std::vector<KeyRecord>& keys) {
    std::string text =
        "# API keys of snowflake-mcp. Written by `snowflake-mcp key add` and `key revoke`; no key itself stands "
        "here.\n";
    for (const KeyRecord& key : keys) {
        const std::string digest{key.digest.begin(), key.digest.end()};
        fmt::format_to(std::back_inserter(text), "id={} name={} roles={} salt={} hash={} created={}", key.id, key.name,
                       fmt::join(key.roles, ","), base::base64url(key.salt), base::base64url(digest), key.created);
        if (key.limits.requests_per_minute) {
            fmt::format_to(std::back_inserter(text), " requests_per_minute={}", *key.limits.requests_per_minute);
        }
        if (key.limits.burst) {
            fmt::format_to(std::back_inserter(text), " burst={}", *key.limits.burst);
        }
        for (const auto& [field, slot] : day_quotas) {
            if (const auto& quota = key.limits.*slot) {
                fmt::format_to(std::back_inserter(text), " {}={}", field, *quota);
            }
        }
        text.push_back('\n');
    }
    return text;
}

base::Result<std::vector<KeyRecord>> read_keys(const std::string& path) {
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return cannot("read", path, errno != 0 ? errno : EIO);
    }
    std::string text;
    std::array<char, 16384> block{};
    while (file.read(block.data(), block.size()) || file.gcount() > 0) {
        text.append(block.data(), static_cast<std::size_t>(file.gcount()));
        if (text.size() > largest_file) {
            return cannot("read", path, EFBIG);
        }
    }
    if (file.bad()) {
        return cannot("read", path, EISDIR);
    }
    return parse_keys(text, path);
}

base::Result<void> change_keys(const std::string& path,
                               const std::function<base::Result<void>(std::vector<KeyRecord>&)>& change) {
    std::error_code ignored;
    std::filesystem::path target = std::filesystem::weakly_canonical(path, ignored);  // a link stays a link
    if (ignored || target.empty()) {
        target = path;
    }
    const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
    const Descriptor lock{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (lock.get() < 0 || ::flock(lock.get(), LOCK_EX) != 0) {
        const int error = errno;
        return base::fail(base::Error{base::Kind::bad_argument,
                                      fmt::format("the folder {} of API_KEYS_FILE: {}", folder, std::strerror(error))}
                              .at(base::Stage::config)
                              .about("API_KEYS_FILE"));
    }
    auto keys = read_keys(target.string());
    if (!keys && keys.error().kind() != base::Kind::not_found) {
        return std::unexpected{keys.error()};
    }
    std::vector<KeyRecord> records = keys ? std::move(*keys) : std::vector<KeyRecord>{};
    if (auto changed = change(records); !changed) {
        return changed;
    }
    return replace_file(target, format_keys(records));
}

}  // namespace access_control
