/// The embedded DuckDB: one instance a process, read-only, locked down, with its catalogue in memory.
///
/// Place: behind `DuckdbBackend`; shared by all sessions. Threads: `open` at start; everything else any thread
/// (immutable). Lifetime: outlives every connection's use; connections keep the instance open by themselves.
///
/// What is open: the system database (the dialect's macros, built once), which comes first in every search path, and
/// the served databases beside it, all read-only files. No SQL reaches files, the network or the configuration.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/duckdb/catalog.hpp"
#include "backend/duckdb/catalog_command.hpp"
#include "backend/duckdb/settings.hpp"
#include "backend/duckdb/translation.hpp"
#include "backend/duckdb/zone.hpp"
#include "backend/session.hpp"
#include "base/error.hpp"

namespace backend::duckdb {

struct SharedConnection;
class Instance;
class TaskThreads;

/// The seam of `translation.hpp`, so that the engine can be tested with another dialect.
struct Dialect {
    base::Result<Translation> (*translate)(std::string_view text, const TranslationContext& context);
    const std::vector<std::string>& (*setup_statements)();
    base::Result<void> (*register_functions)(const Api& api, _duckdb_connection* connection);
};
Dialect snowflake_dialect();

class Engine {
public:
    /// Blocks: loads the library, builds what is not built yet, opens. Errors at `Stage::config`, one line each, with
    /// the remedy: no library, a missing folder, a broken file.
    static base::Result<std::unique_ptr<Engine>> open(const Settings& settings, Dialect dialect = snowflake_dialect());
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    base::Result<std::shared_ptr<SharedConnection>> connect() const;
    const Catalog& catalog() const { return *catalog_; }
    const Context& defaults() const { return defaults_; }
    const EmbeddedWarehouse& warehouse() const { return warehouse_; }
    const TaskThreads& threads() const { return *threads_; }
    const Zone& zone() const { return zone_; }
    const Dialect& dialect() const { return dialect_; }
    const std::string& version() const { return version_; }
    /// What the person should know: files that were left out of EMBEDDED_DATA_DIR and why.
    const std::vector<std::string>& warnings() const { return warnings_; }

private:
    Engine() = default;
    Dialect dialect_{};
    std::shared_ptr<Instance> instance_;
    std::shared_ptr<TaskThreads> threads_;
    std::unique_ptr<Catalog> catalog_;
    std::string search_path_;  // a statement for each new connection; empty: none
    Context defaults_;
    EmbeddedWarehouse warehouse_;
    Zone zone_;
    std::string version_;
    std::vector<std::string> warnings_;
};

}  // namespace backend::duckdb
