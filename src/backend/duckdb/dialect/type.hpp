/// Snowflake's types as the dialect's binder reckons with them, and how DuckDB stores their values.
///
/// A NUMBER has two sides: Snowflake's precision and scale (what arithmetic rules and result metadata speak of) and the
/// storage that the written DuckDB expression really has, with a bound on its digits, so that `100000 * 100000` is
/// widened before DuckDB's INTEGER overflows. Threads: values.
///
/// Source: https://docs.snowflake.com/en/sql-reference/data-types-numeric and …/operators-arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace backend::duckdb::dialect {

enum class TypeKind : std::uint8_t {
    null,
    boolean,
    number,
    real,
    text,
    binary,
    date,
    time,
    timestamp_ntz,
    timestamp_ltz,
    variant,
    object,
    array,
    interval,     // only beside + and -
    unsupported,  // a column of a DuckDB type that Snowflake has nothing for
};

enum class Storage : std::uint8_t { i32, i64, i128, decimal };

struct Type {
    TypeKind kind = TypeKind::null;
    Storage storage = Storage::decimal;
    std::uint8_t precision = 38;        ///< NUMBER: Snowflake's
    std::uint8_t scale = 0;             ///< NUMBER: of both sides; TIME and TIMESTAMP: digits of the fraction
    std::uint8_t digits = 38;           ///< NUMBER: at most so many; with storage `decimal` it is DuckDB's width
    std::uint32_t length = 16'777'216;  ///< VARCHAR

    static Type of(TypeKind kind);
    static Type number(int precision, int scale);                             ///< DuckDB: DECIMAL(precision, scale)
    static Type integer(Storage storage = Storage::i64, int precision = 38);  ///< NUMBER(precision, 0)
    static Type text(std::uint32_t length = 16'777'216);

    bool is(TypeKind other) const { return kind == other; }
    bool is_numeric() const { return kind == TypeKind::number || kind == TypeKind::real; }
    bool is_integer() const { return kind == TypeKind::number && storage != Storage::decimal; }
    bool is_timestamp() const { return kind == TypeKind::timestamp_ntz || kind == TypeKind::timestamp_ltz; }
    bool is_temporal() const { return kind == TypeKind::date || kind == TypeKind::time || is_timestamp(); }
    bool is_semi_structured() const {
        return kind == TypeKind::variant || kind == TypeKind::object || kind == TypeKind::array;
    }

    /// Snowflake's: NUMBER(38,0), VARCHAR(16777216), TIMESTAMP_NTZ(9).
    std::string name() const;
    /// What to CAST to in DuckDB.
    std::string duckdb() const;
};

/// The type of a column and what must stand round a reference to it: `{}` is the column's place ("CAST({} AS
/// VARCHAR)").
struct ColumnType {
    Type type;
    std::string_view wrapper;
};

/// From the catalogue: DuckDB's type decides storage, Snowflake's (`NUMBER(38,0)`) precision and VARIANT/OBJECT/ARRAY.
ColumnType column_type(std::string_view duckdb_type, std::string_view snowflake_type);

}  // namespace backend::duckdb::dialect
