/// DuckDB files that are built from something else once and kept: the sample data, a data folder, the dialect's macros.
///
/// Place: at start, before anything is served. Threads: one; several processes may build the same file at the same
/// time, the first to finish wins. A file is named by a key of all it was made from, and appears complete or not at
/// all.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "backend/duckdb/handles.hpp"
#include "base/error.hpp"

namespace backend::duckdb {

/// Where built files are kept: `configured`, else build/data of the source tree this program was built in, else
/// $XDG_CACHE_HOME or ~/.cache (snowflake-mcp/), else a folder of this user in the system's temporary folder. The first
/// that can be written to. Error names EMBEDDED_CACHE_DIR.
base::Result<std::filesystem::path> cache_folder(const std::string& configured);

struct BuildPlan {
    std::string name;   ///< of the database: the file is <folder>/<name>.<key>/<name>.duckdb
    std::string group;  ///< older builds of the same name and group are removed; empty: all of the name
    std::string key;    ///< any text; what it was made from and by what
    std::function<base::Result<void>(Connection&)> fill;
};

/// Path of the finished file; builds it where it is not there yet.
base::Result<std::filesystem::path> built_database(const Api& api, const std::filesystem::path& folder,
                                                   const BuildPlan& plan);

/// `text` as a SQL string, and as a quoted name, of DuckDB (no backslash escapes).
std::string duckdb_string(std::string_view text);
std::string duckdb_name(std::string_view name);

/// A name that needs no quotes: letters, digits and underscores in capitals; anything else is an underscore.
std::string identifier_from(std::string_view text);
/// The same for a list; what would be there twice gets _2, _3, …
std::vector<std::string> identifiers_from(const std::vector<std::string>& texts);

}  // namespace backend::duckdb
