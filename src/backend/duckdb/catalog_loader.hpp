/// Reads the catalogue of attached databases, once, at start. Threads: one.
#pragma once

#include <span>
#include <vector>

#include "backend/duckdb/catalog.hpp"
#include "backend/duckdb/handles.hpp"
#include "backend/duckdb/served_database.hpp"

namespace backend::duckdb {

/// `warnings` get what was kept when a database was built.
base::Result<std::vector<CatalogDatabase>> load_catalog(Connection& connection,
                                                        std::span<const ServedDatabase> databases,
                                                        std::vector<std::string>& warnings);

}  // namespace backend::duckdb
