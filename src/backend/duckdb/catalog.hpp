/// What the embedded database holds, read once and kept in memory: it cannot change while it is served.
///
/// Place: one an engine; names resolve here, SHOW, DESCRIBE, GET_DDL and INFORMATION_SCHEMA answer from here, without a
/// query. Threads: immutable once loaded; any.
///
/// Names: `name` is what Snowflake's world sees. A name of DuckDB that is plain lower case (`orders`, what DuckDB makes
/// of unquoted DDL) is shown in capitals, as Snowflake would have folded it; any other name stays as it is. An unquoted
/// name in a statement means the shown name in capitals, or else the one name that differs in case only; a quoted one
/// means exactly the shown name or DuckDB's own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/duckdb/translation.hpp"
#include "base/clock.hpp"

namespace backend::duckdb {

struct CatalogRelation {
    enum class Kind : std::uint8_t { table, view };
    std::string name;
    std::string own_name;  ///< DuckDB's
    Kind kind = Kind::table;
    std::string comment;
    std::optional<std::uint64_t> rows;  ///< of tables
    std::string definition;             ///< of views: SELECT ...
    std::string sql;                    ///< FoundRelation::sql
    bool needs_alias = false;
    bool repeatable = true;  ///< FoundRelation::repeatable
    std::vector<RelationColumn> columns;
};

struct CatalogSchema {
    std::string name;
    std::string own_name;
    std::string comment;
    std::vector<CatalogRelation> relations;  ///< by name
};

struct CatalogDatabase {
    std::string name;
    std::string own_name;
    std::string comment;
    base::WallTime created;
    std::vector<CatalogSchema> schemas;  ///< by name; INFORMATION_SCHEMA among them
};

inline constexpr std::string_view information_schema = "INFORMATION_SCHEMA";

class Catalog final : public CatalogLookup {
public:
    /// Adds INFORMATION_SCHEMA to each database and sorts.
    explicit Catalog(std::vector<CatalogDatabase> databases);

    const std::vector<CatalogDatabase>& databases() const { return databases_; }

    base::Result<FoundRelation> relation(std::span<const NamePart> parts, const Context& context) const override;
    base::Result<std::string> ddl(std::string_view kind, std::string_view name, bool fully_qualified,
                                  const Context& context) const override;

    /// Errors: Snowflake's own ("... does not exist or not authorized").
    struct Place {
        const CatalogDatabase* database = nullptr;
        const CatalogSchema* schema = nullptr;
        const CatalogRelation* relation = nullptr;
    };
    base::Result<const CatalogDatabase*> find_database(const NamePart& name) const;
    base::Result<Place> find_schema(std::span<const NamePart> parts, const Context& context) const;
    base::Result<Place> find_relation(std::span<const NamePart> parts, const Context& context) const;
    /// The context's own database and schema; null where it names none (or none that exists).
    const CatalogDatabase* current_database(const Context& context) const;
    const CatalogSchema* current_schema(const Context& context) const;

    /// `context` with its names as they are shown, defaults filled in. Errors: names that do not exist.
    base::Result<Context> resolve(Context context, const Context& defaults) const;

private:
    std::vector<CatalogDatabase> databases_;
};

/// `orders` is shown as ORDERS, `Order lines` as it is.
std::string shown_name(std::string_view own_name);

/// A dotted name as it stands in text ('db.s."t"') with what was quoted.
base::Result<std::vector<NamePart>> parse_parts(std::string_view text, std::size_t max_parts);

}  // namespace backend::duckdb
