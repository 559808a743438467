#include "backend/duckdb/catalog_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <set>
#include <system_error>
#include <tuple>

#include "backend/duckdb/built_database.hpp"
#include "backend/duckdb/kept_metadata.hpp"
#include "backend/duckdb/type_map.hpp"
#include "base/text.hpp"

namespace backend::duckdb {
namespace {

using RelationKey = std::pair<std::string, std::string>;  // schema, relation: DuckDB's names

/// The SELECT of `CREATE VIEW x AS SELECT ...;` as DuckDB keeps it.
std::string definition_of(std::string_view create) {
    const std::size_t as = create.find(" AS ");
    std::string_view select = as == std::string_view::npos ? create : create.substr(as + 4);
    while (!select.empty() && (select.back() == ';' || select.back() == '\n' || select.back() == ' '))
        select.remove_suffix(1);
    return std::string{select};
}

bool is_nested(std::string_view type) {
    return type.ends_with("]") || type.starts_with("STRUCT(") || type.starts_with("MAP(") || type.starts_with("UNION(");
}

/// Semi-structured values are JSON here, as the dialect has them; types that cannot be read are shown as what can.
std::string column_sql(const std::string& own_name, std::string_view duckdb_type) {
    const std::string name = duckdb_name(own_name);
    if (duckdb_type == "VARIANT") return fmt::format("CAST({} AS JSON)", name);
    if (is_nested(duckdb_type)) return fmt::format("system.main.to_json({})", name);
    if (duckdb_type == "BIGNUM" || duckdb_type == "VARINT") return fmt::format("CAST({} AS VARCHAR)", name);
    return name;
}

class Loader {
public:
    Loader(Connection& connection, const ServedDatabase& served) : connection_{connection}, served_{served} {}

    std::vector<std::string> warnings() { return std::move(kept_.warnings); }

    base::Result<CatalogDatabase> load() {
        std::error_code ignored;
        const auto changed = std::filesystem::last_write_time(served_.file, ignored);
        database_ = {.name = served_.name,
                     .own_name = served_.own_name,
                     .comment = served_.comment,
                     .created = std::chrono::time_point_cast<base::WallTime::duration>(
                         std::chrono::file_clock::to_sys(changed))};
        load_kept();
        load_schemas();
        load_relations();
        load_columns();
        if (!result_) return base::fail(result_.error());
        finish();
        return std::move(database_);
    }

private:
    std::string here() const { return duckdb_string(served_.own_name); }

    TextRows rows(const std::string& sql) {
        if (!result_) return {};
        auto read = connection_.rows(sql);
        if (read) return std::move(*read);
        result_ = base::fail(read.error());
        return {};
    }

    void load_kept() {
        auto kept = kept_metadata(connection_, served_.own_name);
        if (kept)
            kept_ = std::move(*kept);
        else
            result_ = base::fail(kept.error());
    }

    void load_schemas() {
        for (const auto& row : rows(fmt::format("SELECT schema_name FROM duckdb_schemas() WHERE database_name = {} AND "
                                                "(NOT internal OR schema_name = 'main')",
                                                here()))) {
            if (row[0].first == hidden_schema) continue;
            database_.schemas.push_back({.name = shown_name(row[0].first),
                                         .own_name = row[0].first,
                                         .comment = kept_.schema_comments[row[0].first]});
        }
    }

    void load_relations() {
        for (const auto& row : rows(fmt::format(
                 "SELECT schema_name, table_name, comment, CAST(estimated_size AS VARCHAR) FROM duckdb_tables() "
                 "WHERE database_name = {} AND NOT internal",
                 here()))) {
            CatalogRelation table{.name = shown_name(row[1].first), .own_name = row[1].first, .comment = row[2].first};
            std::uint64_t count = 0;
            const std::string& digits = row[3].first;
            if (std::from_chars(digits.data(), digits.data() + digits.size(), count).ec == std::errc{})
                table.rows = count;
            relations_[{row[0].first, row[1].first}] = std::move(table);
        }
        for (const auto& row : rows(fmt::format(
                 "SELECT schema_name, view_name, comment, sql FROM duckdb_views() WHERE database_name = {} AND NOT "
                 "internal",
                 here()))) {
            const RelationKey key{row[0].first, row[1].first};
            const auto kept = kept_.view_definitions.find(key);
            relations_[key] = {
                .name = shown_name(row[1].first),
                .own_name = row[1].first,
                .kind = CatalogRelation::Kind::view,
                .comment = row[2].first,
                .definition = kept == kept_.view_definitions.end() ? definition_of(row[3].first) : kept->second};
        }
    }

    void load_columns() {
        for (const auto& row : rows(fmt::format(
                 "SELECT schema_name, table_name, column_name, data_type, CAST(is_nullable AS VARCHAR), comment FROM "
                 "duckdb_columns() WHERE database_name = {} AND NOT internal ORDER BY schema_name, table_name, "
                 "column_index",
                 here()))) {
            const auto relation = relations_.find({row[0].first, row[1].first});
            if (relation == relations_.end()) continue;
            relation->second.columns.push_back({.name = row[2].first,
                                                .type = snowflake_type(row[3].first),
                                                .duckdb_type = row[3].first,
                                                .nullable = row[4].first != "false",
                                                .comment = row[5].first});
        }
    }

    /// A table whose column names are not as shown is read through a SELECT that renames them.
    void set_sql(const std::string& schema, CatalogRelation& relation) {
        const std::string name =
            fmt::format("{}.{}.{}", duckdb_name(served_.own_name), duckdb_name(schema), duckdb_name(relation.own_name));
        std::string list;
        bool same = relation.name == relation.own_name;
        std::set<std::string> shown;
        for (const RelationColumn& column : relation.columns) shown.insert(shown_name(column.name));
        const bool unique = shown.size() == relation.columns.size();
        for (RelationColumn& column : relation.columns) {
            const std::string own = column.name;
            if (unique) column.name = shown_name(own);
            const std::string sql = column_sql(own, column.duckdb_type);
            if (sql != duckdb_name(own)) column.duckdb_type = sql.ends_with("VARCHAR)") ? "VARCHAR" : "JSON";
            same = same && sql == duckdb_name(column.name);
            list += fmt::format("{}{} AS {}", list.empty() ? "" : ", ", sql, duckdb_name(column.name));
        }
        relation.sql = same ? name : fmt::format("(SELECT {} FROM {})", list, name);
        relation.needs_alias = !same;
        // Views and generated columns of somebody's file may hold any of DuckDB's functions; some (localtimestamp, age)
        // are settled while planning.
        relation.repeatable = served_.setting != "EMBEDDED_DATABASE";
    }

    void finish() {
        for (CatalogSchema& schema : database_.schemas) {
            for (auto& [key, relation] : relations_) {
                if (key.first != schema.own_name) continue;
                set_sql(schema.own_name, relation);
                schema.relations.push_back(std::move(relation));
            }
        }
        // DuckDB's own default schema is worth a line only where something stands in it.
        std::erase_if(database_.schemas, [&](const CatalogSchema& schema) {
            return schema.own_name == "main" && schema.relations.empty() && database_.schemas.size() > 1;
        });
    }

    Connection& connection_;
    const ServedDatabase& served_;
    CatalogDatabase database_;
    std::map<RelationKey, CatalogRelation> relations_;
    KeptMetadata kept_;
    base::Result<void> result_;
};

}  // namespace

base::Result<std::vector<CatalogDatabase>> load_catalog(Connection& connection,
                                                        std::span<const ServedDatabase> databases,
                                                        std::vector<std::string>& warnings) {
    std::vector<CatalogDatabase> loaded;
    for (const ServedDatabase& database : databases) {
        Loader loader{connection, database};
        auto one = loader.load();
        if (!one) return base::fail(one.error());
        loaded.push_back(std::move(*one));
        for (std::string& warning : loader.warnings()) warnings.push_back(std::move(warning));
    }
    return loaded;
}

}  // namespace backend::duckdb
