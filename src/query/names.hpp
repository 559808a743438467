/// Names of databases, schemas and objects as a tool's arguments give them, and the SQL that is composed of them.
///
/// Place: between `tools` (which sees no SQL parser) and `sql`. What is composed here goes through the guard like any
/// other text. Threads: pure functions.
///
/// Rule of an argument: a bare word folds to capitals as in SQL (`orders` finds ORDERS), a name in double quotes is
/// exact (`"orders"`), and text that could not stand bare in SQL (`my table`, `2024`) is the exact name.
#pragma once

#include "query/namespace.hpp"

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace query {

/// The longest name Snowflake has, in characters (https://docs.snowflake.com/en/sql-reference/identifiers-syntax).
inline constexpr std::size_t max_name_characters = 255;

/// One name. `argument` is what the error is about. Errors: `bad_argument` (empty, too long, control characters).
base::Result<std::string> fold_name(std::string_view argument, std::string_view text);

/// Was it written in double quotes, so that only this case is meant?
bool is_exact_name(std::string_view text);

/// A table, view or other object; parts that were not given are empty.
struct ObjectName {
    std::string database;
    std::string schema;
    std::string name;
    bool exact = false;  ///< `name` was quoted: no other case is meant

    /// `"DB"."SCHEMA"."NAME"`, without the parts that are missing in front.
    std::string sql() const;
    /// The same for people: parts quoted only where they must be.
    std::string shown() const;

    friend bool operator==(const ObjectName&, const ObjectName&) = default;
};

/// `name` may be dotted (`SALES.ORDERS`, `DB.SALES.ORDERS`); `database` and `schema` may be empty. Errors:
/// `bad_argument`, also where a dotted name and the other arguments disagree.
base::Result<ObjectName> object_name(std::string_view argument, std::string_view name, std::string_view database,
                                     std::string_view schema);

std::string quoted_name(std::string_view name);  ///< `"name"`
std::string quoted_text(std::string_view text);  ///< `'text'`
/// A pattern for SHOW … LIKE that at least this name matches (it matches without case, and `_` is any character).
std::string like_pattern(std::string_view name);
/// A name as a person would have to write it in SQL or in an argument.
std::string shown_name(std::string_view name);

/// `EXPLAIN <statement>`; a text that begins with EXPLAIN already stays as it is.
std::string explain(std::string_view statement);

}  // namespace query
