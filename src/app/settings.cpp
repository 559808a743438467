#include "app/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "backend/pool_settings.hpp"

extern char** environ;

namespace app {
namespace {

base::SettingsReader::NamedText environment() {
    base::SettingsReader::NamedText all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        if (const auto equals = text.find('='); equals != std::string_view::npos) {
            all.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return all;
}

bool is_file(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
}

/// The one named, which must be there, or every one that is found.
base::Result<void> read_files(const std::string& named, const std::string& name,
                              const std::function<base::Result<void>(const std::string&)>& read) {
    if (!named.empty()) {
        return read(named);
    }
    for (const std::string& folder : settings_folders()) {
        const std::string path = folder.empty() ? name : folder + "/" + name;
        if (is_file(path)) {
            if (auto done = read(path); !done) {
                return done;
            }
        }
    }
    return {};
}

std::optional<std::string> variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

/// What the outside world adds: the proxies that other tools know, the connections in Snowflake's own files.
base::Result<void> take_surroundings(Settings& settings) {
    net::client::take_lower_case_proxies(settings.client, variable);
    auto connections = backend::snowflake::resolve_connections(settings.snowflake, variable);
    if (!connections) {
        return base::fail(std::move(connections.error()));
    }
    settings.connections = std::move(connections->all);
    settings.connection_warnings = std::move(connections->warnings);
    return {};
}

}  // namespace

Settings::Settings() {
    reader.add(backend::snowflake::settings_table(snowflake));
    reader.add(backend::snowflake::settings_table(allowed));
    reader.add(net::client::settings_table(client));
    reader.add(backend::duckdb::settings_table(embedded));
    reader.add(net::settings_table(http));
    reader.add(transport::settings_table(transport));
    reader.add(access_control::settings_table(access));
    reader.add(query::settings_table(guard));
    reader.add(query::settings_table(query));
    reader.add(query::settings_table(batching));
    reader.add(query::cache::settings_table(cache));
    reader.add(net::redis::settings_table(redis));
    reader.add(backend::settings_table(pool));
    reader.add(tools::settings_table(tools));
    reader.add(tools::snowflake::settings_table(snowflake_tools));
    reader.add(admin::settings_table(admin));
    reader.add(capacity::report::settings_table(report));
    reader.add(settings_table(process));
}

bool Settings::has_redis() const {
    const auto values = reader.values();
    return cache.type == "redis" || std::ranges::any_of(values, [](const base::SettingValue& value) {
               return value.setting->name == "REDIS_HOST" && value.source != base::Source::built_in;
           });
}

std::vector<std::string> settings_folders() {
    std::vector<std::string> folders{""};
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
        folders.push_back(std::string{home} + "/.config/snowflake-mcp");
    }
    folders.emplace_back("/etc/snowflake-mcp");
    return folders;
}

base::Result<std::unique_ptr<Settings>> load_settings(const CommandLine& line) {
    auto settings = std::make_unique<Settings>();
    base::SettingsReader& reader = settings->reader;
    reader.from_command_line(line.settings);
    reader.from_environment(environment());
    auto read = read_files(line.env_file, ".env", [&](const std::string& path) { return reader.from_env_file(path); });
    if (read) {
        read = read_files(line.config_file, "config.toml",
                          [&](const std::string& path) { return reader.from_toml_file(path); });
    }
    if (read) {
        read = reader.apply();
    }
    if (read) {
        read = take_surroundings(*settings);
    }
    if (read) {
        read = backend::validate(settings->pool);
    }
    if (read) {
        read = access_control::check(settings->access);
    }
    if (read) {
        read = admin::check(settings->admin);
    }
    if (read) {
        read = transport::check(settings->transport, settings->access.has_keys());
    }
    settings->embedded.memory_mb = std::min(settings->embedded.memory_mb, settings->process.max_memory_mb / 2);
    if (!read) {
        return base::fail(std::move(read.error()));
    }
    return settings;
}

std::unique_ptr<Settings> default_settings() {
    auto settings = std::make_unique<Settings>();
    // Nothing to read: every value is built in, and applying that cannot fail.
    (void)settings->reader.apply();
    return settings;
}

}  // namespace app
