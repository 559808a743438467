/// The seam between the engine (connections, catalogue) and the dialect (Snowflake SQL -> DuckDB SQL).
///
/// How a statement flows (`Session::execute`): the engine looks at the first word. SHOW, DESCRIBE and EXPLAIN are the
/// catalogue's (`catalog_command.hpp`; what EXPLAIN explains goes through `dialect::translate`); a `->>` chain is split
/// by the engine, link by link. Everything else goes to `dialect::translate` and its answer is run as it stands.
///
/// Who does what: `dialect` owns expressions and the rewriting of queries, macros and functions; the engine owns
/// names of objects (`CatalogLookup`), types and values of results, and errors that DuckDB raises.
///
/// Threads: everything here is pure or immutable; `translate` runs on any worker and must take well below 1 ms.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/session.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

struct _duckdb_connection;  // duckdb.h: duckdb_connection is a pointer to it

namespace backend::duckdb {

struct Api;  // library.hpp: DuckDB's C functions, resolved at run time

/// One part of a name as it stood in the statement: `orders` is {"ORDERS", false}, `"Orders"` is {"Orders", true}.
struct NamePart {
    std::string text;  ///< `sql::identifier_value`: folded to capitals, or the exact quoted name
    bool quoted = false;
};

struct RelationColumn {
    std::string name;         ///< as Snowflake shows it, which is also DuckDB's
    std::string type;         ///< Snowflake's: NUMBER(38,0)
    std::string duckdb_type;  ///< DuckDB's: BIGINT, DECIMAL(10,2), STRUCT(...), ...
    bool nullable = true;
    std::string comment;
};

/// A table or view that a name of the statement means.
struct FoundRelation {
    std::string
        sql;  ///< goes into FROM in the name's place: `"SAMPLE_DATA"."TRANSPORT"."FLIGHTS"`, or a call, or (SELECT ...)
    std::string alias;  ///< the name that column references use; needed as `AS "alias"` where `needs_alias` and none
                        ///< stands there
    bool needs_alias = false;
    std::span<const RelationColumn> columns;  ///< borrowed from the catalogue (or the chain), lives through `translate`
    bool repeatable = true;  ///< a plan that reads it may run again: nothing in it is settled while planning
};

/// Names and definitions, answered from memory (the embedded database cannot change). Thread-safe.
class CatalogLookup {
public:
    virtual ~CatalogLookup() = default;

    /// 1 to 3 parts; missing ones from `context`; `db..t` has an empty middle part (PUBLIC). INFORMATION_SCHEMA is
    /// known. Error: Snowflake's own ("Object 'X' does not exist or not authorized.", 002003, 42S02), or 090105 when no
    /// database is current.
    virtual base::Result<FoundRelation> relation(std::span<const NamePart> parts, const Context& context) const = 0;

    /// GET_DDL(kind, name [, fully_qualified]) with constant arguments, in any case: 'TABLE', 'my_db.s."t"'.
    virtual base::Result<std::string> ddl(std::string_view kind, std::string_view name, bool fully_qualified,
                                          const Context& context) const = 0;
};

/// What a translation may depend on, beside the text.
struct TranslationContext {
    const CatalogLookup& catalog;
    /// Names resolve here; the connection's defaults are filled in already. Also what CURRENT_DATABASE(), _SCHEMA(),
    /// _WAREHOUSE(), _ROLE() answer (empty: NULL).
    Context names;
    std::string user = "EMBEDDED";                ///< CURRENT_USER()
    std::string account = "EMBEDDED";             ///< CURRENT_ACCOUNT(), _ACCOUNT_NAME()
    std::string organization = "EMBEDDED";        ///< CURRENT_ORGANIZATION_NAME()
    std::string region = "EMBEDDED";              ///< CURRENT_REGION()
    std::string version = "1.5.6";                ///< CURRENT_VERSION()
    std::string session_id = "1";                 ///< CURRENT_SESSION()
    std::string time_zone = "UTC";                ///< the session's; DuckDB's TimeZone is the same
    base::WallTime now = base::WallClock::now();  ///< CURRENT_TIMESTAMP and the like may use DuckDB's own instead
    /// `?`, `:1`: become typed literals in the text (DuckDB prepares nothing).
    std::span<const Binding> bindings;
    /// Results of the links before this one in a `->>` chain: `FROM $1` is chain[0] (the nearest).
    std::span<const FoundRelation> chain;
};

struct Translation {
    std::string sql;  ///< one DuckDB SELECT (or VALUES, WITH ... SELECT); runs as it stands
    /// Snowflake's names of the result columns where the dialect knows them all (empty: DuckDB's own are right, because
    /// aliases were written into the text).
    std::vector<std::string> column_names;
    /// Snowflake's types where the dialect knows better than the engine's map of DuckDB types; same length as the
    /// result, "" for "as the engine maps it". Empty: all as the engine maps them (type_map.hpp).
    std::vector<std::string> column_types;
    /// DuckDB's plan of it may be kept and run again (the engine says so, not the dialect).
    bool repeatable = false;
};

namespace dialect {

/// Errors: `Kind::sql` at `Stage::query` with Snowflake's code where it has one. What the dialect does not know it
/// refuses by a message that says so: "QUALIFY inside a lateral join is not supported by the embedded backend."
base::Result<Translation> translate(std::string_view text, const TranslationContext& context);

/// CREATE MACRO ... statements, one each, run in the order given when the system database (`system_database`) is built;
/// that is a file opened read-only which stands in every connection's search path before DuckDB's own functions, so an
/// unqualified macro shadows a built-in (`system.main.f` stays the original). The file is built anew when any
/// statement changes.
const std::vector<std::string>& setup_statements();
inline constexpr std::string_view system_database = "__SNOWFLAKE";

/// Scalar and table functions through the C API, once a process, before the set-up statements and before lock-down.
base::Result<void> register_functions(const Api& api, _duckdb_connection* connection);

}  // namespace dialect
}  // namespace backend::duckdb
