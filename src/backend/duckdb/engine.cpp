#include "backend/duckdb/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "backend/duckdb/built_database.hpp"
#include "backend/duckdb/catalog_loader.hpp"
#include "backend/duckdb/handles.hpp"
#include "backend/duckdb/information_schema.hpp"
#include "backend/duckdb/sample_data.hpp"
#include "backend/duckdb/served_database.hpp"
#include "backend/duckdb/statement_run.hpp"
#include "backend/duckdb/zone_loader.hpp"

namespace backend::duckdb {
namespace {

/// The dialect's macros in a file of their own.
base::Result<std::filesystem::path> system_database(const Library& library, const std::filesystem::path& cache,
                                                    const Dialect& dialect) {
    const std::vector<std::string>& statements = dialect.setup_statements();
    BuildPlan plan{.name = std::string{dialect::system_database}, .key = library.version};
    for (const std::string& statement : statements) plan.key += "\n" + statement;
    plan.group = plan.key;  // other versions of this program may run beside us
    plan.fill = [&](Connection& connection) -> base::Result<void> {
        if (auto registered = dialect.register_functions(library.api, connection.handle()); !registered)
            return registered;
        for (const std::string& statement : statements)
            if (auto ran = connection.run(statement); !ran)
                return base::fail(base::Error{base::Kind::internal, fmt::format("the dialect's macro fails: {} in {}",
                                                                                ran.error().message(), statement)}
                                      .at(base::Stage::config));
        return {};
    };
    return built_database(library.api, cache, plan);
}

int threads_of(const Settings& settings) {
    if (settings.threads > 0) return settings.threads;
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

Instance::Options locked_options(const Settings& settings, const std::filesystem::path& cache) {
    const std::string threads = std::to_string(threads_of(settings));
    return {
        {"access_mode", "READ_ONLY"},
        {"threads", threads},
        {"external_threads", threads},  // task_threads.hpp
        {"memory_limit", fmt::format("{}MB", settings.memory_mb)},
        {"temp_directory", (cache / "spill").string()},
        {"max_temp_directory_size", "1GB"},
        {"default_null_order", "nulls_last_on_asc_first_on_desc"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"allow_unsigned_extensions", "false"},
    };
}

base::Error cannot_attach(const ServedDatabase& database, const std::string& why) {
    const std::string_view first_line{why.data(), std::min(why.find('\n'), why.size())};
    return base::Error{
        base::Kind::unavailable,
        fmt::format("{}{}{} cannot be opened as a DuckDB database: {}. Name a DuckDB 1.5 file that no other "
                    "program has open for writing",
                    database.setting, database.setting.empty() ? "" : " ", database.file.string(), first_line)}
        .at(base::Stage::config)
        .about(database.setting);
}

/// Beyond this, SQL reaches neither files nor settings.
base::Result<void> lock_down(Connection& connection, const Settings& settings) {
    for (const std::string& sql : {fmt::format("SET GLOBAL TimeZone = {}", duckdb_string(settings.time_zone)),
                                   std::string{"SET GLOBAL enable_external_access = false"},
                                   std::string{"SET GLOBAL lock_configuration = true"}}) {
        if (auto ran = connection.run(sql); !ran) {
            if (sql.find("TimeZone") != std::string::npos)
                return base::fail(
                    base::Error{base::Kind::bad_argument,
                                fmt::format("EMBEDDED_TIME_ZONE is {}: allowed is an IANA name such as Europe/Paris",
                                            settings.time_zone)}
                        .at(base::Stage::config)
                        .about("EMBEDDED_TIME_ZONE"));
            return ran;
        }
    }
    return {};
}

/// PUBLIC where there is one, else MAIN (DuckDB's own default), else the first.
std::string default_schema(const CatalogDatabase& database) {
    for (const std::string_view wanted : {"PUBLIC", "MAIN"})
        for (const CatalogSchema& schema : database.schemas)
            if (schema.name == wanted) return schema.name;
    return database.schemas.empty() ? "" : database.schemas.front().name;
}

/// Views of an existing file may name its tables without schema; DuckDB looks for them in the search path. (What a
/// statement names is qualified before.) Empty: nothing to set.
std::string search_path_for(const std::vector<ServedDatabase>& databases) {
    const auto existing = std::ranges::find(databases, std::string_view{"EMBEDDED_DATABASE"}, &ServedDatabase::setting);
    if (existing == databases.end()) return {};
    const std::string path =
        fmt::format("{}.main,{}.main", duckdb_name(dialect::system_database), duckdb_name(existing->own_name));
    return fmt::format("SET search_path = {}", duckdb_string(path));
}

}  // namespace

Engine::~Engine() = default;

base::Result<std::unique_ptr<Engine>> Engine::open(const Settings& settings, Dialect dialect) {
    const auto library = load_library(library_candidates(settings.library));
    if (!library) return base::fail(library.error());
    const Api& api = (*library)->api;
    const auto cache = cache_folder(settings.cache_dir);
    if (!cache) return base::fail(cache.error());

    std::unique_ptr<Engine> engine{new Engine};
    auto databases = served_databases(api, *cache, settings);
    if (!databases) return base::fail(databases.error());
    const auto system = system_database(**library, *cache, dialect);
    if (!system) return base::fail(system.error());

    auto instance = Instance::open(api, system->string(), locked_options(settings, *cache));
    if (!instance) return base::fail(instance.error());
    engine->instance_ = std::move(*instance);
    auto connection = Connection::open(engine->instance_);
    if (!connection) return base::fail(connection.error());
    if (auto registered = dialect.register_functions(api, (*connection)->handle()); !registered)
        return base::fail(registered.error());
    for (const ServedDatabase& database : *databases) {
        auto attached = (*connection)
                            ->run(fmt::format("ATTACH {} AS {} (READ_ONLY, TYPE duckdb)",
                                              duckdb_string(database.file.string()), duckdb_name(database.own_name)));
        if (!attached) return base::fail(cannot_attach(database, attached.error().message()));
    }
    auto loaded = load_catalog(**connection, *databases, engine->warnings_);
    if (!loaded) return base::fail(loaded.error());
    const std::string first = loaded->front().name;
    engine->catalog_ = std::make_unique<Catalog>(std::move(*loaded));
    if (auto registered = register_information_schema(api, (*connection)->handle(), *engine->catalog_); !registered)
        return base::fail(registered.error());
    if (auto locked = lock_down(**connection, settings); !locked) return base::fail(locked.error());
    auto zone = load_zone(**connection, settings.time_zone);
    if (!zone) return base::fail(zone.error());

    // Whoever runs a statement is one of the threads.
    engine->threads_ = std::make_shared<TaskThreads>(engine->instance_, threads_of(settings) - 1);
    engine->search_path_ = search_path_for(*databases);
    engine->zone_ = std::move(*zone);
    engine->dialect_ = dialect;
    engine->version_ = (*library)->version;
    engine->warehouse_ = {
        .name = "EMBEDDED",
        .comment = fmt::format("DuckDB {} inside this server, at most {} MB", (*library)->version, settings.memory_mb)};
    const CatalogDatabase& database = **engine->catalog_->find_database({first, true});
    engine->defaults_ = {.role = "EMBEDDED",
                         .warehouse = engine->warehouse_.name,
                         .database = database.name,
                         .schema = default_schema(database)};
    return engine;
}

base::Result<std::shared_ptr<SharedConnection>> Engine::connect() const {
    auto connection = Connection::open(instance_);
    if (!connection) return base::fail(connection.error());
    auto shared = std::make_shared<SharedConnection>();
    shared->connection = std::move(*connection);
    shared->threads = threads_;
    if (search_path_.empty()) return shared;
    if (auto set = shared->connection->run(search_path_); !set) return base::fail(set.error());
    return shared;
}

}  // namespace backend::duckdb
