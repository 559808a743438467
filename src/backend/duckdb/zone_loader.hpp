/// Transitions of a time zone, asked of DuckDB (its ICU knows all of them; no zone files are needed). Threads: one.
#pragma once

#include <string>

#include "backend/duckdb/handles.hpp"
#include "backend/duckdb/zone.hpp"

namespace backend::duckdb {

/// From 1900 to 2100. UTC asks nothing.
base::Result<Zone> load_zone(Connection& connection, const std::string& name);

}  // namespace backend::duckdb
