/// All settings of the process: the tables of the folders, joined, and where they are read from (DESIGN.md section 6).
///
/// Precedence: command line > environment > `.env` > `config.toml` > built-in. Threads: main's, before the workers
/// start.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "access/settings.hpp"
#include "admin/settings.hpp"
#include "app/command_line.hpp"
#include "app/process_settings.hpp"
#include "backend/duckdb/settings.hpp"
#include "backend/pool.hpp"
#include "backend/snowflake/allowed_names.hpp"
#include "backend/snowflake/auth/connections.hpp"
#include "backend/snowflake/settings.hpp"
#include "base/error.hpp"
#include "base/settings.hpp"
#include "capacity/report/settings.hpp"
#include "net/client/settings.hpp"
#include "net/redis/settings.hpp"
#include "net/server/http_settings.hpp"
#include "query/batching/settings.hpp"
#include "query/cache/settings.hpp"
#include "query/guard_stage.hpp"
#include "query/settings.hpp"
#include "tools/settings.hpp"
#include "tools/snowflake/settings.hpp"
#include "transport/settings.hpp"

namespace app {

/// Not movable: the tables hold references to its members.
struct Settings {
    Settings();
    Settings(const Settings&) = delete;
    Settings& operator=(const Settings&) = delete;

    ProcessSettings process;
    net::HttpSettings http;
    transport::Settings transport;
    access_control::Settings access;
    admin::Settings admin;
    query::Settings query;
    query::GuardSettings guard;
    query::BatchSettings batching;
    query::cache::Settings cache;
    net::redis::Settings redis;
    tools::Settings tools;
    tools::snowflake::Settings snowflake_tools;
    backend::Pool::Settings pool;
    backend::duckdb::Settings embedded;
    backend::snowflake::Settings snowflake;
    backend::snowflake::AllowedSettings allowed;
    net::client::ClientSettings client;
    capacity::report::ReportSettings report;

    base::SettingsReader reader;
    /// What SNOWFLAKE_… and connections.toml make together; the first is the default. Made by `load_settings`.
    std::vector<backend::snowflake::Connection> connections;
    std::vector<std::string> connection_warnings;

    /// With an account configured the server speaks to Snowflake, else to the embedded database.
    bool uses_snowflake() const { return !connections.empty(); }
    /// There is a Redis for what replicas share: CACHE_TYPE=redis, or somebody has set REDIS_HOST.
    bool has_redis() const;
};

/// Reads all sources and applies them. Warnings are in `reader.warnings()`. Errors name the setting, its value and
/// origin.
base::Result<std::unique_ptr<Settings>> load_settings(const CommandLine& line);

/// The same without any source: defaults only, for generated documents.
std::unique_ptr<Settings> default_settings();

/// Folders that are searched for `.env` and `config.toml`, strongest first.
std::vector<std::string> settings_folders();

}  // namespace app
