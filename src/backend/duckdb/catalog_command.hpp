/// SHOW and DESCRIBE: read here, answered from the catalogue with Snowflake's columns in Snowflake's order.
///
/// Threads: pure functions.
/// Source: docs.snowflake.com/en/sql-reference/sql/show and the pages show-databases, -schemas, -tables, -views,
/// -objects, -columns, -warehouses; …/sql/desc-table, desc-view, desc-database, desc-schema.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backend/duckdb/catalog.hpp"
#include "backend/duckdb/memory_rows.hpp"

namespace backend::duckdb {

struct ShowCommand {
    enum class Kind : std::uint8_t { databases, schemas, tables, views, objects, columns, warehouses };
    enum class Scope : std::uint8_t {
        unsaid,    // the current schema, else the current database, else everything
        account,   // everything
        database,  // `parts`, or the current one
        schema,    // `parts`, or the current one
        relation,  // `parts`
        name,      // IN x: a schema or a database, whichever there is
    };
    Kind kind = Kind::tables;
    bool terse = false;
    bool history = false;
    std::optional<std::string> like;  ///< any case, % and _
    Scope scope = Scope::unsaid;
    std::vector<NamePart> parts;
    std::optional<std::string> starts_with;  ///< exact case
    std::optional<std::uint64_t> limit;
    std::optional<std::string> after;  ///< LIMIT n FROM 'x': names after x
};

struct DescribeCommand {
    enum class Kind : std::uint8_t { relation, schema, database };
    Kind kind = Kind::relation;
    std::vector<NamePart> parts;
};

using CatalogCommand = std::variant<ShowCommand, DescribeCommand>;

/// Nothing where the text does not begin with SHOW, DESCRIBE or DESC. Errors: what the embedded backend does not have
/// (SHOW ROLES), or what is no such statement.
base::Result<std::optional<CatalogCommand>> parse_catalog_command(std::string_view text);

/// The one warehouse of the embedded backend.
struct EmbeddedWarehouse {
    std::string name;
    std::string comment;
};

/// `context` is resolved (`Catalog::resolve`).
base::Result<MemoryRows> answer(const CatalogCommand& command, const Catalog& catalog, const Context& context,
                                const EmbeddedWarehouse& warehouse);

/// LIKE as SHOW has it: any case, `%`, `_`, backslash escapes.
bool matches_like(std::string_view text, std::string_view pattern);

}  // namespace backend::duckdb
