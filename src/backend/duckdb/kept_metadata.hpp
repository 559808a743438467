/// What DuckDB does not keep of a database that was built here: the text a view was made from (its own is rewritten:
/// count(*) becomes count_star()), comments of schemas, warnings.
///
/// Place: a hidden schema of built databases; the catalogue reads it. Threads: as the connection.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/duckdb/handles.hpp"

namespace backend::duckdb {

inline constexpr std::string_view hidden_schema = "__SNOWFLAKE_META";

struct KeptMetadata {
    std::map<std::pair<std::string, std::string>, std::string> view_definitions;  ///< schema and view
    std::map<std::string, std::string> schema_comments;
    std::vector<std::string> warnings;
};

/// Writes it into the connection's database, once.
base::Result<void> keep_metadata(Connection& connection, const KeptMetadata& metadata);

/// Empty where `database` (its attached name) keeps none.
base::Result<KeptMetadata> kept_metadata(Connection& connection, std::string_view database);

}  // namespace backend::duckdb
