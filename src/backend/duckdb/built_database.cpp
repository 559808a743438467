#include "backend/duckdb/built_database.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <system_error>
#include <vector>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace backend::duckdb {
namespace {

namespace fs = std::filesystem;

std::string short_hash(std::string_view text) {
    const auto digest = base::sha256(text);
    return base::hex({reinterpret_cast<const char*>(digest.data()), 8});
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// build/data beside third_party/ where the sample data's sources stand; empty for an installed program.
fs::path source_tree_folder() {
    std::error_code error;
    const fs::path sources{SAMPLE_DATA_PATH};
    if (!fs::exists(sources, error)) return {};
    return sources.parent_path().parent_path().parent_path() / "build" / "data";
}

bool can_write(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    return fs::is_directory(folder, error) && access(folder.c_str(), W_OK | X_OK) == 0;
}

/// Others of the same user's programs must not be able to put files there before us.
bool is_ours(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    fs::permissions(folder, fs::perms::owner_all, error);
    return !error && can_write(folder);
}

void remove_older(const fs::path& folder, const std::string& prefix, const std::string& keep) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{folder, error}) {
        const std::string name = entry.path().filename().string();
        std::error_code ignored;
        if (name.starts_with(prefix) && name != keep) fs::remove_all(entry.path(), ignored);
    }
}

/// A folder that is removed unless it was moved away.
class Scratch {
public:
    explicit Scratch(fs::path path) : path_{std::move(path)} {}
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

base::Result<void> build(const Api& api, const fs::path& file, const BuildPlan& plan) {
    auto instance = Instance::open(api, file.string(),
                                   {{"autoinstall_known_extensions", "false"},
                                    {"autoload_known_extensions", "false"},
                                    {"memory_limit", "2GB"},
                                    {"threads", "2"}});
    if (!instance) return base::fail(instance.error());
    auto connection = Connection::open(*instance);
    if (!connection) return base::fail(connection.error());
    if (auto filled = plan.fill(**connection); !filled) return filled;
    return (*connection)->run("CHECKPOINT");
}

}  // namespace

base::Result<fs::path> cache_folder(const std::string& configured) {
    if (!configured.empty()) {
        if (can_write(configured)) return fs::path{configured};
        return base::fail(
            base::Error{base::Kind::unavailable,
                        fmt::format("EMBEDDED_CACHE_DIR {} is no folder that can be written to", configured)}
                .at(base::Stage::config)
                .about("EMBEDDED_CACHE_DIR"));
    }
    if (const fs::path folder = source_tree_folder(); !folder.empty() && can_write(folder)) return folder;
    const std::string cache = environment("XDG_CACHE_HOME");
    const std::string home = environment("HOME");
    if (!cache.empty() && can_write(fs::path{cache} / "snowflake-mcp")) return fs::path{cache} / "snowflake-mcp";
    if (!home.empty() && can_write(fs::path{home} / ".cache" / "snowflake-mcp"))
        return fs::path{home} / ".cache" / "snowflake-mcp";
    std::error_code error;
    const fs::path temporary = fs::temp_directory_path(error) / fmt::format("snowflake-mcp-{}", getuid());
    if (!error && is_ours(temporary)) return temporary;
    return base::fail(base::Error{base::Kind::unavailable,
                                  "there is no folder to keep built databases in: name one in EMBEDDED_CACHE_DIR"}
                          .at(base::Stage::config)
                          .about("EMBEDDED_CACHE_DIR"));
}

base::Result<fs::path> built_database(const Api& api, const fs::path& folder, const BuildPlan& plan) {
    const std::string prefix =
        plan.group.empty() ? plan.name + "." : fmt::format("{}.{}.", plan.name, short_hash(plan.group));
    const std::string own = prefix + short_hash(plan.key);
    const fs::path finished = folder / own;
    const std::string file = plan.name + ".duckdb";
    std::error_code error;
    if (fs::exists(finished / file, error)) return finished / file;

    const Scratch scratch{folder / fmt::format(".{}.{}.{}", own, getpid(), base::hex(base::random_bytes(4)))};
    fs::create_directories(scratch.path(), error);
    if (error)
        return base::fail(base::Error{base::Kind::unavailable,
                                      fmt::format("cannot make {}: {}", scratch.path().string(), error.message())}
                              .at(base::Stage::config)
                              .about("EMBEDDED_CACHE_DIR"));
    if (auto built = build(api, scratch.path() / file, plan); !built) return base::fail(built.error());
    fs::rename(scratch.path(), finished, error);
    if (error && !fs::exists(finished / file))
        return base::fail(
            base::Error{base::Kind::unavailable, fmt::format("cannot make {}: {}", finished.string(), error.message())}
                .at(base::Stage::config)
                .about("EMBEDDED_CACHE_DIR"));
    remove_older(folder, prefix, own);
    return finished / file;
}

std::string duckdb_string(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += c;
        out += c;
    }
    return out += '\'';
}

std::string duckdb_name(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += c;
        out += c;
    }
    return out += '"';
}

std::string identifier_from(std::string_view text) {
    std::string out;
    bool gap = false;  // other characters since the last one that stays
    for (const char c : base::to_upper(text)) {
        const bool plain =
            (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
        if (!plain) {
            gap = true;
            continue;
        }
        if (gap && !out.empty() && out.back() != '_' && c != '_') out += '_';
        gap = false;
        out += c;
    }
    if (out.empty()) return "COLUMN";
    if (out.front() >= '0' && out.front() <= '9') out.insert(out.begin(), '_');
    return out;
}

std::vector<std::string> identifiers_from(const std::vector<std::string>& texts) {
    std::vector<std::string> names;
    std::set<std::string> taken;
    for (const std::string& text : texts) {
        const std::string wanted = identifier_from(text);
        std::string name = wanted;
        for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace backend::duckdb
