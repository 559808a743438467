/// Writing names and values into Snowflake SQL, and reading names that a person typed.
///
/// Place: whoever composes SQL (tools, backends). Threads: pure functions.
///
/// Source: https://docs.snowflake.com/en/sql-reference/identifiers-syntax and …/name-resolution.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace sql {

/// `"name"` with `"` doubled: the exact name, whatever its case and characters.
std::string quote_identifier(std::string_view name);

/// The name bare where Snowflake reads it back the same (`ORDERS`), else quoted (`"orders"`, `"my table"`, `"SELECT"`).
std::string quote_identifier_if_needed(std::string_view name);

/// Each part quoted and joined by dots: {"DB", "S", "T"} is `"DB"."S"."T"`. Empty parts stay empty (`"DB".."T"`).
std::string quote_name(const std::vector<std::string>& parts);

/// `'value'` with `'` and `\` doubled.
std::string quote_string(std::string_view value);

/// Parts of a dotted name as a person types it: unquoted parts fold to capitals, quoted ones stay. `db..table` has an
/// empty middle part (the schema PUBLIC). Error `bad_argument` when the text is anything but a name of 1 to `max_parts`
/// parts.
base::Result<std::vector<std::string>> parse_name(std::string_view text, std::size_t max_parts = 3);

/// Is the (already folded) word reserved, so that it can't be an unquoted name?
bool is_reserved_word(std::string_view upper);

}  // namespace sql
