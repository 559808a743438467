/// DuckDB, loaded at run time and only when the embedded backend is used.
///
/// Place: one a process, behind `Engine`. The header duckdb.h comes with this one, so include it in .cpp files only.
/// Threads: immutable once loaded. Lifetime: a loaded DuckDB stays in the process (it starts threads of its own and
/// cannot be unloaded safely).
#pragma once

#include <duckdb.h>

#include <string>
#include <vector>

#include "base/error.hpp"

namespace backend::duckdb {

/// The function table: `api.duckdb_query(...)` is DuckDB's.
struct Api {
#define DUCKDB_FUNCTION(name) decltype(&::name) name = nullptr;
#include "backend/duckdb/functions.def"
#undef DUCKDB_FUNCTION
};

struct Library {
    Api api;
    std::string path;     ///< the file it came from
    std::string version;  ///< "v1.5.6"
};

/// The versions whose C API and behaviour this backend was written for: v1.5.*, v1.5.6 or newer.
bool version_fits(std::string_view version);

/// Where to look, best first: `configured` alone when it is set; else a DuckDB of the system, one beside the program
/// (../lib/snowflake-mcp), one in the source tree.
std::vector<std::string> library_candidates(const std::string& configured);

/// The first candidate that loads, has every function and a fitting version. `Kind::unavailable` at `Stage::config`
/// says for each file why it would not do, and the remedy.
base::Result<const Library*> load_library(const std::vector<std::string>& candidates);

}  // namespace backend::duckdb
