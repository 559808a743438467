/// GET_DDL: what would make an object again, in Snowflake's words. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "backend/duckdb/catalog.hpp"

namespace backend::duckdb {

/// Kinds TABLE, VIEW, SCHEMA, DATABASE. Errors: Snowflake's for unknown names; a kind that there is not.
base::Result<std::string> get_ddl(const Catalog& catalog, std::string_view kind, std::string_view name,
                                  bool fully_qualified, const Context& context);

/// One relation; `qualifier` ("DB.S.") goes before its name.
std::string relation_ddl(const CatalogRelation& relation, std::string_view qualifier);

}  // namespace backend::duckdb
