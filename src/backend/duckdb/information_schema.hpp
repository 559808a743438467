/// INFORMATION_SCHEMA of each database, with Snowflake's columns in Snowflake's order.
///
/// Its views are calls of one table function, which reads the catalogue: SELECT * FROM __information_schema('DB',
/// 'TABLES'). Threads: the catalogue is immutable, so any. Source: docs.snowflake.com/en/sql-reference/info-schema and
/// the pages of its views.
#pragma once

#include <memory>
#include <string_view>

#include "backend/duckdb/catalog.hpp"
#include "backend/duckdb/memory_rows.hpp"

namespace backend::duckdb {

/// The schema with its views, for a database's catalogue.
CatalogSchema information_schema_of(std::string_view database);

/// The rows of one view (`TABLES`); null where there is no such database or view.
std::unique_ptr<MemoryRows> information_schema_rows(const Catalog& catalog, std::string_view database,
                                                    std::string_view view);

/// Registers the table function; `catalog` must outlive the connection's instance.
base::Result<void> register_information_schema(const Api& api, _duckdb_connection* connection, const Catalog& catalog);

}  // namespace backend::duckdb
