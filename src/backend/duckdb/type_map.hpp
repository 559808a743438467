/// DuckDB's types as Snowflake's.
///
/// | DuckDB | Snowflake | value |
/// |---|---|---|
/// | every integer, HUGEINT | NUMBER(38,0) | all digits |
/// | DECIMAL(p,s) | NUMBER(p,s) | all digits |
/// | FLOAT, DOUBLE | FLOAT | FLOAT by its shortest decimal text |
/// | VARCHAR, ENUM, UUID, BIT, INTERVAL, TIME WITH TIME ZONE, BIGNUM | VARCHAR(16777216) | DuckDB's text |
/// | BOOLEAN | BOOLEAN | |
/// | BLOB, GEOMETRY (WKB) | BINARY(8388608) | |
/// | DATE | DATE | |
/// | TIME, TIME_NS | TIME(9) | |
/// | TIMESTAMP of any unit | TIMESTAMP_NTZ(9) | |
/// | TIMESTAMP WITH TIME ZONE | TIMESTAMP_LTZ(9) | an instant, shown in the session's zone |
/// | JSON, UNION, VARIANT | VARIANT | JSON |
/// | LIST, ARRAY | ARRAY | JSON |
/// | STRUCT, MAP | OBJECT | JSON |
///
/// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace backend::duckdb {

/// What `duckdb_columns()` and DESCRIBE call a type: `DECIMAL(10,2)`, `STRUCT(a INTEGER)`, `VARCHAR[]`, `JSON`.
std::string snowflake_type(std::string_view duckdb_type);

/// `NUMBER(38,0)` in parts, for INFORMATION_SCHEMA and SHOW COLUMNS: NUMBER, 38, 0; VARCHAR, 16777216; -1: has none.
struct TypeParts {
    std::string name;
    int first = -1;
    int second = -1;
};
TypeParts type_parts(std::string_view snowflake_type);

}  // namespace backend::duckdb
