#include "backend/duckdb/dialect/type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace backend::duckdb::dialect {

namespace {

int storage_digits(Storage storage) {
    switch (storage) {
        case Storage::i32: return 10;
        case Storage::i64: return 19;
        default: return 38;
    }
}

/// The numbers in `NAME(a, b)`.
std::array<int, 2> type_arguments(std::string_view type, std::array<int, 2> otherwise) {
    const std::size_t open = type.find('(');
    if (open == std::string_view::npos) return otherwise;
    const char* at = type.data() + open + 1;
    const char* const end = type.data() + type.size();
    std::size_t count = 0;
    while (count < 2 && at < end) {
        while (at < end && (*at == ' ' || *at == ',')) ++at;
        const auto [next, error] = std::from_chars(at, end, otherwise[count]);
        if (error != std::errc{}) break;
        ++count;
        at = next;
    }
    return otherwise;
}

ColumnType integer_column(Storage storage, std::string_view snowflake_type) {
    return {Type::integer(storage, type_arguments(snowflake_type, {38, 0})[0]), {}};
}

ColumnType json_column(std::string_view snowflake_type) {
    constexpr std::string_view wrapper = "__sf_json(CAST({} AS VARCHAR))";
    if (snowflake_type.starts_with("OBJECT")) return {Type::of(TypeKind::object), wrapper};
    if (snowflake_type.starts_with("ARRAY")) return {Type::of(TypeKind::array), wrapper};
    return {Type::of(TypeKind::variant), wrapper};
}

}  // namespace

Type Type::of(TypeKind kind) {
    Type type;
    type.kind = kind;
    if (type.is_timestamp() || kind == TypeKind::time) type.scale = 9;
    if (kind == TypeKind::number) type = integer();
    return type;
}

Type Type::number(int precision, int scale) {
    Type type;
    type.kind = TypeKind::number;
    type.precision = static_cast<std::uint8_t>(precision);
    type.scale = static_cast<std::uint8_t>(scale);
    type.digits = type.precision;
    return type;
}

Type Type::integer(Storage storage, int precision) {
    Type type;
    type.kind = TypeKind::number;
    type.storage = storage;
    type.precision = static_cast<std::uint8_t>(precision);
    type.digits = static_cast<std::uint8_t>(std::min(storage_digits(storage), precision));
    return type;
}

Type Type::text(std::uint32_t length) {
    Type type;
    type.kind = TypeKind::text;
    type.length = length;
    return type;
}

std::string Type::name() const {
    switch (kind) {
        case TypeKind::null: return "VARCHAR(16777216)";
        case TypeKind::boolean: return "BOOLEAN";
        case TypeKind::number: return fmt::format("NUMBER({},{})", precision, scale);
        case TypeKind::real: return "FLOAT";
        case TypeKind::text: return fmt::format("VARCHAR({})", length);
        case TypeKind::binary: return "BINARY(8388608)";
        case TypeKind::date: return "DATE";
        case TypeKind::time: return fmt::format("TIME({})", scale);
        case TypeKind::timestamp_ntz: return fmt::format("TIMESTAMP_NTZ({})", scale);
        case TypeKind::timestamp_ltz: return fmt::format("TIMESTAMP_LTZ({})", scale);
        case TypeKind::variant: return "VARIANT";
        case TypeKind::object: return "OBJECT";
        case TypeKind::array: return "ARRAY";
        case TypeKind::interval: return "INTERVAL";
        case TypeKind::unsupported: break;
    }
    return "VARCHAR(16777216)";
}

std::string Type::duckdb() const {
    switch (kind) {
        case TypeKind::boolean: return "BOOLEAN";
        case TypeKind::number:
            switch (storage) {
                case Storage::i32: return "INTEGER";
                case Storage::i64: return "BIGINT";
                case Storage::i128: return "HUGEINT";
                case Storage::decimal: return fmt::format("DECIMAL({},{})", digits, scale);
            }
            break;
        case TypeKind::real: return "DOUBLE";
        case TypeKind::binary: return "BLOB";
        case TypeKind::date: return "DATE";
        case TypeKind::time: return "TIME";
        case TypeKind::timestamp_ntz: return "TIMESTAMP";
        case TypeKind::timestamp_ltz: return "TIMESTAMPTZ";
        default: break;
    }
    return "VARCHAR";
}

ColumnType column_type(std::string_view duckdb_type, std::string_view snowflake_type) {
    const auto is_any = [&](auto... names) { return ((duckdb_type == names) || ...); };
    if (duckdb_type == "VARCHAR") return {Type::text(), {}};
    if (is_any("INTEGER", "SMALLINT", "TINYINT", "UTINYINT", "USMALLINT")) {
        return integer_column(Storage::i32, snowflake_type);
    }
    if (is_any("BIGINT", "UINTEGER")) return integer_column(Storage::i64, snowflake_type);
    if (is_any("HUGEINT", "UBIGINT")) {
        ColumnType column = integer_column(Storage::i128, snowflake_type);
        column.wrapper = "CAST({} AS HUGEINT)";
        return column;
    }
    if (duckdb_type == "DOUBLE") return {Type::of(TypeKind::real), {}};
    if (duckdb_type == "FLOAT") return {Type::of(TypeKind::real), "CAST({} AS DOUBLE)"};
    if (duckdb_type == "BOOLEAN") return {Type::of(TypeKind::boolean), {}};
    if (duckdb_type == "DATE") return {Type::of(TypeKind::date), {}};
    if (duckdb_type == "TIME") return {Type::of(TypeKind::time), {}};
    if (duckdb_type == "TIMESTAMP") return {Type::of(TypeKind::timestamp_ntz), {}};
    if (is_any("TIMESTAMP_S", "TIMESTAMP_MS")) return {Type::of(TypeKind::timestamp_ntz), "CAST({} AS TIMESTAMP)"};
    if (duckdb_type == "TIMESTAMP_NS") {
        return {Type::of(TypeKind::timestamp_ntz),
                "(CASE WHEN epoch_ns({}) % 1000 = 0 THEN CAST({} AS TIMESTAMP) WHEN {} IS NOT NULL THEN "
                "error('Nanoseconds are not supported by the embedded backend, which keeps microseconds') END)"};
    }
    if (is_any("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")) return {Type::of(TypeKind::timestamp_ltz), {}};
    if (duckdb_type == "BLOB") return {Type::of(TypeKind::binary), {}};
    if (duckdb_type == "JSON") return json_column(snowflake_type);
    if (duckdb_type.ends_with("]")) return {Type::of(TypeKind::array), "__sf_json(CAST(to_json({}) AS VARCHAR))"};
    if (duckdb_type.starts_with("STRUCT") || duckdb_type.starts_with("MAP")) {
        return {Type::of(TypeKind::object), "__sf_json(CAST(to_json({}) AS VARCHAR))"};
    }
    if (duckdb_type == "UUID" || duckdb_type.starts_with("ENUM")) return {Type::text(), "CAST({} AS VARCHAR)"};
    if (duckdb_type.starts_with("DECIMAL")) {
        const auto [width, scale] = type_arguments(duckdb_type, {18, 3});
        Type type = Type::number(width, scale);
        type.precision = static_cast<std::uint8_t>(type_arguments(snowflake_type, {width, scale})[0]);
        return {type, {}};
    }
    return {Type::of(TypeKind::unsupported), {}};
}

}  // namespace backend::duckdb::dialect
