#include "backend/duckdb/information_schema.hpp"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <span>

#include "backend/duckdb/type_map.hpp"
#include "base/text.hpp"

namespace backend::duckdb {
namespace {

constexpr std::string_view text = "VARCHAR(16777216)";
constexpr std::string_view number = "NUMBER(38,0)";
constexpr std::string_view instant = "TIMESTAMP_LTZ(9)";
constexpr std::string_view nobody = "EMBEDDED";

struct ViewColumn {
    std::string_view name;
    std::string_view type = text;
};

using Rows = std::vector<std::vector<MemoryValue>>;

struct View {
    std::string_view name;
    std::string_view comment;
    std::span<const ViewColumn> columns;
    void (*fill)(const Catalog&, const CatalogDatabase&, Rows&);
};

MemoryValue text_or_null(const std::string& value) {
    if (value.empty()) return std::monostate{};
    return value;
}

MemoryValue value(std::string_view constant) { return std::string{constant}; }
MemoryValue count_or_null(int value) {
    if (value < 0) return std::monostate{};
    return std::int64_t{value};
}
constexpr std::monostate null{};

// ---- DATABASES, INFORMATION_SCHEMA_CATALOG_NAME

constexpr std::array database_columns{
    ViewColumn{"DATABASE_NAME"},          ViewColumn{"DATABASE_OWNER"},
    ViewColumn{"IS_TRANSIENT"},           ViewColumn{"COMMENT"},
    ViewColumn{"CREATED", instant},       ViewColumn{"LAST_ALTERED", instant},
    ViewColumn{"RETENTION_TIME", number}, ViewColumn{"TYPE"},
    ViewColumn{"OWNER_ROLE_TYPE"},
};

void fill_databases(const Catalog& catalog, const CatalogDatabase&, Rows& rows) {
    for (const CatalogDatabase& database : catalog.databases()) {
        rows.push_back({database.name, value(nobody), value("NO"), text_or_null(database.comment), database.created,
                        database.created, std::int64_t{0}, value("STANDARD"), value("ROLE")});
    }
}

constexpr std::array catalog_name_columns{ViewColumn{"CATALOG_NAME"}};

void fill_catalog_name(const Catalog&, const CatalogDatabase& database, Rows& rows) { rows.push_back({database.name}); }

// ---- SCHEMATA

constexpr std::array schema_columns{
    ViewColumn{"CATALOG_NAME"},
    ViewColumn{"SCHEMA_NAME"},
    ViewColumn{"SCHEMA_OWNER"},
    ViewColumn{"IS_TRANSIENT"},
    ViewColumn{"IS_MANAGED_ACCESS"},
    ViewColumn{"RETENTION_TIME", number},
    ViewColumn{"DEFAULT_CHARACTER_SET_CATALOG"},
    ViewColumn{"DEFAULT_CHARACTER_SET_SCHEMA"},
    ViewColumn{"DEFAULT_CHARACTER_SET_NAME"},
    ViewColumn{"SQL_PATH"},
    ViewColumn{"CREATED", instant},
    ViewColumn{"LAST_ALTERED", instant},
    ViewColumn{"COMMENT"},
    ViewColumn{"REPLICABLE_WITH_FAILOVER_GROUPS"},
    ViewColumn{"OWNER_ROLE_TYPE"},
};

void fill_schemata(const Catalog&, const CatalogDatabase& database, Rows& rows) {
    for (const CatalogSchema& schema : database.schemas) {
        const bool own = schema.name != information_schema;
        rows.push_back({database.name, schema.name, own ? value(nobody) : null, value("NO"), value("NO"),
                        std::int64_t{0}, null, null, null, null, database.created, database.created,
                        text_or_null(schema.comment), value("UNSET"), own ? value("ROLE") : null});
    }
}

// ---- TABLES, VIEWS

constexpr std::array table_columns{
    ViewColumn{"TABLE_CATALOG"},
    ViewColumn{"TABLE_SCHEMA"},
    ViewColumn{"TABLE_NAME"},
    ViewColumn{"TABLE_OWNER"},
    ViewColumn{"TABLE_TYPE"},
    ViewColumn{"IS_TRANSIENT"},
    ViewColumn{"CLUSTERING_KEY"},
    ViewColumn{"ROW_COUNT", number},
    ViewColumn{"BYTES", number},
    ViewColumn{"RETENTION_TIME", number},
    ViewColumn{"SELF_REFERENCING_COLUMN_NAME"},
    ViewColumn{"REFERENCE_GENERATION"},
    ViewColumn{"USER_DEFINED_TYPE_CATALOG"},
    ViewColumn{"USER_DEFINED_TYPE_SCHEMA"},
    ViewColumn{"USER_DEFINED_TYPE_NAME"},
    ViewColumn{"IS_INSERTABLE_INTO"},
    ViewColumn{"IS_TYPED"},
    ViewColumn{"COMMIT_ACTION"},
    ViewColumn{"CREATED", instant},
    ViewColumn{"LAST_ALTERED", instant},
    ViewColumn{"LAST_DDL", instant},
    ViewColumn{"LAST_DDL_BY"},
    ViewColumn{"AUTO_CLUSTERING_ON"},
    ViewColumn{"COMMENT"},
    ViewColumn{"IS_TEMPORARY"},
    ViewColumn{"IS_ICEBERG"},
    ViewColumn{"IS_DYNAMIC"},
    ViewColumn{"IS_IMMUTABLE"},
    ViewColumn{"IS_HYBRID"},
};

void fill_tables(const Catalog&, const CatalogDatabase& database, Rows& rows) {
    for (const CatalogSchema& schema : database.schemas) {
        const bool own = schema.name != information_schema;
        for (const CatalogRelation& relation : schema.relations) {
            const bool table = relation.kind == CatalogRelation::Kind::table;
            const MemoryValue count = relation.rows ? MemoryValue{static_cast<std::int64_t>(*relation.rows)} : null;
            rows.push_back({database.name,
                            schema.name,
                            relation.name,
                            own ? value(nobody) : null,
                            value(table ? "BASE TABLE" : "VIEW"),
                            value("NO"),
                            null,
                            count,
                            null,
                            table ? MemoryValue{std::int64_t{0}} : null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            value("NO"),
                            value(table ? "YES" : "NO"),
                            null,
                            database.created,
                            database.created,
                            database.created,
                            own ? value(nobody) : null,
                            value("NO"),
                            text_or_null(relation.comment),
                            value("NO"),
                            value("NO"),
                            value("NO"),
                            value("NO"),
                            value("NO")});
        }
    }
}

constexpr std::array view_columns{
    ViewColumn{"TABLE_CATALOG"},
    ViewColumn{"TABLE_SCHEMA"},
    ViewColumn{"TABLE_NAME"},
    ViewColumn{"TABLE_OWNER"},
    ViewColumn{"VIEW_DEFINITION"},
    ViewColumn{"CHECK_OPTION"},
    ViewColumn{"IS_UPDATABLE"},
    ViewColumn{"INSERTABLE_INTO"},
    ViewColumn{"IS_SECURE"},
    ViewColumn{"CREATED", instant},
    ViewColumn{"LAST_ALTERED", instant},
    ViewColumn{"LAST_DDL", instant},
    ViewColumn{"LAST_DDL_BY"},
    ViewColumn{"COMMENT"},
};

void fill_views(const Catalog&, const CatalogDatabase& database, Rows& rows) {
    for (const CatalogSchema& schema : database.schemas) {
        const bool own = schema.name != information_schema;
        for (const CatalogRelation& relation : schema.relations) {
            if (relation.kind != CatalogRelation::Kind::view) continue;
            rows.push_back({database.name, schema.name, relation.name, own ? value(nobody) : null,
                            text_or_null(relation.definition), value("NONE"), value("NO"), value("NO"), value("NO"),
                            database.created, database.created, database.created, own ? value(nobody) : null,
                            text_or_null(relation.comment)});
        }
    }
}

// ---- COLUMNS

constexpr std::array column_columns{
    ViewColumn{"TABLE_CATALOG"},
    ViewColumn{"TABLE_SCHEMA"},
    ViewColumn{"TABLE_NAME"},
    ViewColumn{"COLUMN_NAME"},
    ViewColumn{"ORDINAL_POSITION", number},
    ViewColumn{"COLUMN_DEFAULT"},
    ViewColumn{"IS_NULLABLE"},
    ViewColumn{"DATA_TYPE"},
    ViewColumn{"CHARACTER_MAXIMUM_LENGTH", number},
    ViewColumn{"CHARACTER_OCTET_LENGTH", number},
    ViewColumn{"NUMERIC_PRECISION", number},
    ViewColumn{"NUMERIC_PRECISION_RADIX", number},
    ViewColumn{"NUMERIC_SCALE", number},
    ViewColumn{"DATETIME_PRECISION", number},
    ViewColumn{"INTERVAL_TYPE"},
    ViewColumn{"INTERVAL_PRECISION", number},
    ViewColumn{"CHARACTER_SET_CATALOG"},
    ViewColumn{"CHARACTER_SET_SCHEMA"},
    ViewColumn{"CHARACTER_SET_NAME"},
    ViewColumn{"COLLATION_CATALOG"},
    ViewColumn{"COLLATION_SCHEMA"},
    ViewColumn{"COLLATION_NAME"},
    ViewColumn{"DOMAIN_CATALOG"},
    ViewColumn{"DOMAIN_SCHEMA"},
    ViewColumn{"DOMAIN_NAME"},
    ViewColumn{"UDT_CATALOG"},
    ViewColumn{"UDT_SCHEMA"},
    ViewColumn{"UDT_NAME"},
    ViewColumn{"SCOPE_CATALOG"},
    ViewColumn{"SCOPE_SCHEMA"},
    ViewColumn{"SCOPE_NAME"},
    ViewColumn{"MAXIMUM_CARDINALITY", number},
    ViewColumn{"DTD_IDENTIFIER"},
    ViewColumn{"IS_SELF_REFERENCING"},
    ViewColumn{"IS_IDENTITY"},
    ViewColumn{"IDENTITY_GENERATION"},
    ViewColumn{"IDENTITY_START"},
    ViewColumn{"IDENTITY_INCREMENT"},
    ViewColumn{"IDENTITY_MAXIMUM"},
    ViewColumn{"IDENTITY_MINIMUM"},
    ViewColumn{"IDENTITY_CYCLE"},
    ViewColumn{"IDENTITY_ORDERED"},
    ViewColumn{"SCHEMA_EVOLUTION_RECORD"},
    ViewColumn{"COMMENT"},
    ViewColumn{"DATA_TYPE_ALIAS"},
};

/// VARCHAR is called TEXT here.
std::vector<MemoryValue> column_row(const CatalogDatabase& database, const CatalogSchema& schema,
                                    const CatalogRelation& relation, std::size_t index) {
    const RelationColumn& column = relation.columns[index];
    const TypeParts type = type_parts(column.type);
    const bool is_text = type.name == "VARCHAR";
    const bool is_number = type.name == "NUMBER";
    const bool is_binary = type.name == "BINARY";
    const bool is_time = type.name.starts_with("TIME");
    std::vector<MemoryValue> row(column_columns.size(), null);
    row[0] = database.name;
    row[1] = schema.name;
    row[2] = relation.name;
    row[3] = column.name;
    row[4] = static_cast<std::int64_t>(index + 1);
    row[6] = value(column.nullable ? "YES" : "NO");
    row[7] = is_text ? value("TEXT") : MemoryValue{type.name};
    if (is_text || is_binary) row[8] = row[9] = count_or_null(type.first);
    if (is_number) {
        row[10] = count_or_null(type.first);
        row[11] = std::int64_t{10};
        row[12] = count_or_null(type.second);
    }
    if (is_time) row[13] = count_or_null(type.first);
    row[33] = row[34] = value("NO");
    row[43] = text_or_null(column.comment);
    row[44] = type.name;
    return row;
}

void fill_columns(const Catalog&, const CatalogDatabase& database, Rows& rows) {
    for (const CatalogSchema& schema : database.schemas)
        for (const CatalogRelation& relation : schema.relations)
            for (std::size_t i = 0; i < relation.columns.size(); ++i)
                rows.push_back(column_row(database, schema, relation, i));
}

const std::array views{
    View{"COLUMNS", "Columns of the tables and views of this database", column_columns, fill_columns},
    View{"DATABASES", "Databases that are served", database_columns, fill_databases},
    View{"INFORMATION_SCHEMA_CATALOG_NAME", "The name of this database", catalog_name_columns, fill_catalog_name},
    View{"SCHEMATA", "Schemas of this database", schema_columns, fill_schemata},
    View{"TABLES", "Tables and views of this database", table_columns, fill_tables},
    View{"VIEWS", "Views of this database", view_columns, fill_views},
};

std::string_view storage_type(std::string_view type) {
    return type == number ? "BIGINT" : type == instant ? "TIMESTAMP WITH TIME ZONE" : "VARCHAR";
}

}  // namespace

CatalogSchema information_schema_of(std::string_view database) {
    CatalogSchema schema{.name = std::string{information_schema},
                         .own_name = std::string{information_schema},
                         .comment = "Views describing the contents of schemas in this database"};
    for (const View& view : views) {
        CatalogRelation relation{.name = std::string{view.name},
                                 .own_name = std::string{view.name},
                                 .kind = CatalogRelation::Kind::view,
                                 .comment = std::string{view.comment},
                                 .needs_alias = true,
                                 .repeatable = false};  // its rows would be kept with the plan
        std::string escaped{database};
        for (std::size_t at = 0; (at = escaped.find('\'', at)) != std::string::npos; at += 2)
            escaped.insert(at, 1, '\'');
        relation.sql = fmt::format("__information_schema('{}', '{}')", escaped, view.name);
        for (const ViewColumn& column : view.columns) {
            relation.columns.push_back({.name = std::string{column.name},
                                        .type = std::string{column.type},
                                        .duckdb_type = std::string{storage_type(column.type)}});
        }
        schema.relations.push_back(std::move(relation));
    }
    return schema;
}

std::unique_ptr<MemoryRows> information_schema_rows(const Catalog& catalog, std::string_view database,
                                                    std::string_view view) {
    for (const CatalogDatabase& candidate : catalog.databases()) {
        if (candidate.name != database) continue;
        for (const View& known : views) {
            if (known.name != view) continue;
            auto rows = std::make_unique<MemoryRows>();
            for (const ViewColumn& column : known.columns)
                rows->columns.push_back({.name = std::string{column.name}, .type = std::string{column.type}});
            known.fill(catalog, candidate, rows->rows);
            return rows;
        }
    }
    return nullptr;
}

}  // namespace backend::duckdb
