#include "backend/duckdb/type_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace backend::duckdb {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

constexpr std::string_view number = "NUMBER(38,0)";
constexpr std::string_view text = "VARCHAR(16777216)";
constexpr std::string_view binary = "BINARY(8388608)";
constexpr std::string_view wall_clock = "TIMESTAMP_NTZ(9)";

constexpr std::array by_name{
    Names{"BIGINT", number},
    Names{"BIT", text},
    Names{"BLOB", binary},
    Names{"BOOLEAN", "BOOLEAN"},
    Names{"DATE", "DATE"},
    Names{"DOUBLE", "FLOAT"},
    Names{"FLOAT", "FLOAT"},
    Names{"GEOMETRY", binary},
    Names{"HUGEINT", number},
    Names{"INTEGER", number},
    Names{"JSON", "VARIANT"},
    Names{"SMALLINT", number},
    Names{"TIME", "TIME(9)"},
    Names{"TIMESTAMP", wall_clock},
    Names{"TIMESTAMP WITH TIME ZONE", "TIMESTAMP_LTZ(9)"},
    Names{"TIMESTAMP_MS", wall_clock},
    Names{"TIMESTAMP_NS", wall_clock},
    Names{"TIMESTAMP_S", wall_clock},
    Names{"TIME_NS", "TIME(9)"},
    Names{"TINYINT", number},
    Names{"UBIGINT", number},
    Names{"UHUGEINT", number},
    Names{"UINTEGER", number},
    Names{"USMALLINT", number},
    Names{"UTINYINT", number},
    Names{"VARCHAR", text},
    Names{"VARIANT", "VARIANT"},
};

int to_int(std::string_view digits) {
    int value = -1;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

}  // namespace

std::string snowflake_type(std::string_view duckdb_type) {
    if (duckdb_type.ends_with("]")) return "ARRAY";
    if (duckdb_type.starts_with("DECIMAL(")) return "NUMBER(" + std::string{duckdb_type.substr(8)};
    if (duckdb_type.starts_with("STRUCT(") || duckdb_type.starts_with("MAP(")) return "OBJECT";
    if (duckdb_type.starts_with("UNION(")) return "VARIANT";
    const auto found = std::ranges::find(by_name, duckdb_type, &Names::first);
    return std::string{found == by_name.end() ? text : found->second};
}

TypeParts type_parts(std::string_view snowflake_type) {
    const std::size_t open = snowflake_type.find('(');
    TypeParts parts{.name = std::string{snowflake_type.substr(0, open)}};
    if (open == std::string_view::npos) return parts;
    const std::string_view inside = snowflake_type.substr(open + 1, snowflake_type.size() - open - 2);
    const std::size_t comma = inside.find(',');
    parts.first = to_int(inside.substr(0, comma));
    if (comma != std::string_view::npos) parts.second = to_int(inside.substr(comma + 1));
    return parts;
}

}  // namespace backend::duckdb
