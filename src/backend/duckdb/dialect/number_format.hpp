/// Snowflake's format models for numbers: 9 0 . , D G S MI $ B X FM TM9 TME EEEE and literals. Threads: pure.
///
/// Source: https://docs.snowflake.com/en/sql-reference/sql-format-models
#pragma once

#include <string>
#include <string_view>

namespace backend::duckdb::dialect {

/// `digits` is plain decimal text (-12.391). False: the format has an element we lack; `#` where the number has no
/// room.
bool format_number(std::string_view digits, std::string_view format, std::string& out);

enum class NumberParse { good, bad, unsupported };
/// The number that `text` is by the format, as plain decimal text.
NumberParse unformat_number(std::string_view text, std::string_view format, std::string& digits);

}  // namespace backend::duckdb::dialect
