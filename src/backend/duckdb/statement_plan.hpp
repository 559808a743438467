/// What a statement comes to: rows from the catalogue, a SELECT for DuckDB, or the explanation of one.
///
/// Place: `DuckdbSession::execute`, before anything blocks. Threads: pure functions (the catalogue is immutable).
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "backend/duckdb/engine.hpp"
#include "backend/duckdb/memory_rows.hpp"

namespace backend::duckdb {

enum class ExplainFormat : std::uint8_t { tabular, json, text };

/// EXPLAIN [USING ...] of a SELECT: DuckDB's plan of it is asked for and shown.
struct ExplainPlan {
    ExplainFormat format = ExplainFormat::tabular;
    Translation translation;
};

using StatementPlan = std::variant<MemoryRows, Translation, ExplainPlan>;

/// `statement.context` is resolved. Errors: the catalogue's and the dialect's.
base::Result<StatementPlan> plan_statement(const Engine& engine, const Statement& statement,
                                           std::string_view session_id);

/// DuckDB's plan (EXPLAIN (FORMAT JSON)) as Snowflake lays plans out.
MemoryRows explain_rows(ExplainFormat format, std::string_view duckdb_json);

}  // namespace backend::duckdb
