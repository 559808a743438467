/// What is served: the sample data, a folder of files, a DuckDB file.
///
/// Place: at start; `Engine` attaches what this names. Threads: one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backend/duckdb/library.hpp"
#include "backend/duckdb/settings.hpp"
#include "base/error.hpp"

namespace backend::duckdb {

struct ServedDatabase {
    std::filesystem::path file;
    std::string own_name;  ///< ATTACH ... AS
    std::string name;      ///< shown
    std::string comment;
    std::string setting;  ///< what named it: EMBEDDED_DATABASE; empty for the sample data
};

/// EMBEDDED_DATA_DIR and EMBEDDED_DATABASE where they are set (both: both), else SAMPLE_DATA. Never empty. The first is
/// the sessions' own. Errors at `Stage::config` name the setting, the path and the remedy.
base::Result<std::vector<ServedDatabase>> served_databases(const Api& api, const std::filesystem::path& cache,
                                                           const Settings& settings);

}  // namespace backend::duckdb
