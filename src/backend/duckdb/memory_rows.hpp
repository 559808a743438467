/// Rows that were made here, without DuckDB: what SHOW, DESCRIBE and INFORMATION_SCHEMA answer.
///
/// Place: between the catalogue and `ResultSet` (or a table function). Threads: a value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backend/result_set.hpp"
#include "base/clock.hpp"

namespace backend::duckdb {

/// std::monostate is NULL; a time is a TIMESTAMP_LTZ.
using MemoryValue = std::variant<std::monostate, std::string, std::int64_t, bool, base::WallTime>;

struct MemoryRows {
    std::vector<Column> columns;
    std::vector<std::vector<MemoryValue>> rows;
};

Cell cell_of(const MemoryValue& value);

/// A result set over them.
std::unique_ptr<ResultSet> memory_result(MemoryRows rows, std::string query_id);

/// DuckDB's type of a column of such rows.
std::string duckdb_type_of(std::string_view snowflake_type);

/// As DuckDB SQL for FROM: (SELECT * FROM (VALUES ...) AS t("a", "b")). For `->>` chains over SHOW.
std::string as_values_sql(const MemoryRows& rows);

}  // namespace backend::duckdb
