// Answers SHOW and DESCRIBE from the catalogue.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <initializer_list>

#include "backend/duckdb/catalog_command.hpp"
#include "backend/duckdb/type_map.hpp"

namespace backend::duckdb {
namespace {

using Kind = ShowCommand::Kind;
using Scope = ShowCommand::Scope;
using Row = std::vector<MemoryValue>;

constexpr std::string_view text = "VARCHAR(16777216)";
constexpr std::string_view number = "NUMBER(38,0)";
constexpr std::string_view instant = "TIMESTAMP_LTZ(3)";
constexpr std::string_view owner = "EMBEDDED";
constexpr std::monostate null{};

MemoryValue value(std::string_view constant) { return std::string{constant}; }
MemoryValue yes_no(bool yes) { return value(yes ? "Y" : "N"); }

struct ColumnSpec {
    const char* name;
    std::string_view type = text;
};

void set_columns(MemoryRows& rows, std::initializer_list<ColumnSpec> columns) {
    for (const ColumnSpec& column : columns)
        rows.columns.push_back({.name = column.name, .type = std::string{column.type}});
}

/// Where a command looks: all that is null is not narrowed.
struct Narrow {
    const CatalogDatabase* database = nullptr;
    const CatalogSchema* schema = nullptr;
    const CatalogRelation* relation = nullptr;
};

base::Result<Narrow> narrowed(const Catalog::Place& place) {
    return Narrow{place.database, place.schema, place.relation};
}

base::Result<Narrow> by_bare_name(const ShowCommand& show, const Catalog& catalog, const Context& context) {
    auto schema = catalog.find_schema(show.parts, context);
    if (schema) return narrowed(*schema);
    if (show.parts.size() == 1)
        if (auto database = catalog.find_database(show.parts.front())) return Narrow{.database = *database};
    return base::fail(schema.error());
}

base::Result<Narrow> scope_of(const ShowCommand& show, const Catalog& catalog, const Context& context) {
    const CatalogDatabase* database = catalog.current_database(context);
    const CatalogSchema* schema = catalog.current_schema(context);
    switch (show.scope) {
        case Scope::account: return Narrow{};
        case Scope::unsaid:
            return show.kind == Kind::schemas ? Narrow{.database = database}
                                              : Narrow{.database = database, .schema = schema};
        case Scope::database: {
            if (show.parts.empty()) return Narrow{.database = database};
            auto found = catalog.find_database(show.parts.front());
            if (!found) return base::fail(found.error());
            return Narrow{.database = *found};
        }
        case Scope::schema: {
            if (show.parts.empty()) return Narrow{.database = database, .schema = schema};
            auto found = catalog.find_schema(show.parts, context);
            if (!found) return base::fail(found.error());
            return narrowed(*found);
        }
        case Scope::relation: {
            auto found = catalog.find_relation(show.parts, context);
            if (!found) return base::fail(found.error());
            return narrowed(*found);
        }
        case Scope::name: return by_bare_name(show, catalog, context);
    }
    return Narrow{};
}

/// LIKE, STARTS WITH and FROM look at the object's name.
bool wanted(const ShowCommand& show, std::string_view name) {
    if (show.like && !matches_like(name, *show.like)) return false;
    if (show.starts_with && !name.starts_with(*show.starts_with)) return false;
    return !show.after || name > std::string_view{*show.after};
}

void cut(const ShowCommand& show, MemoryRows& rows) {
    if (show.limit && rows.rows.size() > *show.limit) rows.rows.resize(*show.limit);
}

/// Of TERSE, for every kind the same five.
void set_terse_columns(MemoryRows& rows) {
    set_columns(rows, {{"created_on", instant}, {"name"}, {"kind"}, {"database_name"}, {"schema_name"}});
}

MemoryRows show_databases(const ShowCommand& show, const Catalog& catalog, const Context& context) {
    MemoryRows rows;
    if (show.terse)
        set_terse_columns(rows);
    else
        set_columns(rows, {{"created_on", instant},
                           {"name"},
                           {"is_default"},
                           {"is_current"},
                           {"origin"},
                           {"owner"},
                           {"comment"},
                           {"options"},
                           {"retention_time"},
                           {"kind"},
                           {"budget"},
                           {"owner_role_type"},
                           {"object_visibility"}});
    const CatalogDatabase* current = catalog.current_database(context);
    for (const CatalogDatabase& database : catalog.databases()) {
        if (!wanted(show, database.name)) continue;
        if (show.terse)
            rows.rows.push_back({database.created, database.name, null, null, null});
        else
            rows.rows.push_back({database.created, database.name, value("N"), yes_no(&database == current), value(""),
                                 value(owner), database.comment, value(""), value("0"), value("STANDARD"), null,
                                 value("ROLE"), null});
    }
    return rows;
}

MemoryRows show_schemas(const ShowCommand& show, const Catalog& catalog, const Context& context, const Narrow& narrow) {
    MemoryRows rows;
    if (show.terse)
        set_terse_columns(rows);
    else
        set_columns(rows, {{"created_on", instant},
                           {"name"},
                           {"is_default"},
                           {"is_current"},
                           {"database_name"},
                           {"owner"},
                           {"comment"},
                           {"options"},
                           {"retention_time"},
                           {"owner_role_type"}});
    const CatalogSchema* current = catalog.current_schema(context);
    for (const CatalogDatabase& database : catalog.databases()) {
        if (narrow.database && narrow.database != &database) continue;
        for (const CatalogSchema& schema : database.schemas) {
            if (!wanted(show, schema.name)) continue;
            const bool own = schema.name != information_schema;
            if (show.terse)
                rows.rows.push_back({database.created, schema.name, null, database.name, null});
            else
                rows.rows.push_back({database.created, schema.name, value("N"), yes_no(&schema == current),
                                     database.name, value(own ? owner : ""), schema.comment, value(""), value("0"),
                                     value(own ? "ROLE" : "")});
        }
    }
    return rows;
}

/// Calls `visit` for each relation in scope that the filters let through, by database, schema, name. The views of
/// INFORMATION_SCHEMA appear where that schema is named.
void each_relation(
    const Catalog& catalog, const Narrow& narrow,
    const std::function<void(const CatalogDatabase&, const CatalogSchema&, const CatalogRelation&)>& visit) {
    for (const CatalogDatabase& database : catalog.databases()) {
        if (narrow.database && narrow.database != &database) continue;
        for (const CatalogSchema& schema : database.schemas) {
            if (narrow.schema ? narrow.schema != &schema : schema.name == information_schema) continue;
            for (const CatalogRelation& relation : schema.relations)
                if (!narrow.relation || narrow.relation == &relation) visit(database, schema, relation);
        }
    }
}

std::string_view kind_name(const CatalogRelation& relation) {
    return relation.kind == CatalogRelation::Kind::table ? "TABLE" : "VIEW";
}

MemoryValue row_count(const CatalogRelation& relation) {
    return relation.rows ? MemoryValue{static_cast<std::int64_t>(*relation.rows)} : MemoryValue{null};
}

void set_relation_columns(const ShowCommand& show, MemoryRows& rows) {
    if (show.terse) return set_terse_columns(rows);
    if (show.kind == Kind::views)
        return set_columns(rows, {{"created_on", instant},
                                  {"name"},
                                  {"reserved"},
                                  {"database_name"},
                                  {"schema_name"},
                                  {"owner"},
                                  {"comment"},
                                  {"text"},
                                  {"is_secure"},
                                  {"is_materialized"},
                                  {"owner_role_type"},
                                  {"change_tracking"}});
    if (show.kind == Kind::objects)
        return set_columns(rows, {{"created_on", instant},
                                  {"name"},
                                  {"database_name"},
                                  {"schema_name"},
                                  {"kind"},
                                  {"comment"},
                                  {"cluster_by"},
                                  {"rows", number},
                                  {"bytes", number},
                                  {"owner"},
                                  {"retention_time"},
                                  {"owner_role_type"},
                                  {"is_hybrid"},
                                  {"is_dynamic"},
                                  {"is_iceberg"}});
    set_columns(rows, {{"created_on", instant},
                       {"name"},
                       {"database_name"},
                       {"schema_name"},
                       {"kind"},
                       {"comment"},
                       {"cluster_by"},
                       {"rows", number},
                       {"bytes", number},
                       {"owner"},
                       {"retention_time"},
                       {"automatic_clustering"},
                       {"change_tracking"},
                       {"search_optimization"},
                       {"search_optimization_progress"},
                       {"search_optimization_bytes"},
                       {"is_external"},
                       {"enable_schema_evolution"},
                       {"owner_role_type"},
                       {"is_event"},
                       {"budget"},
                       {"is_hybrid"},
                       {"is_iceberg"},
                       {"is_dynamic"},
                       {"is_immutable"}});
}

Row relation_row(const ShowCommand& show, const CatalogDatabase& database, const CatalogSchema& schema,
                 const CatalogRelation& relation) {
    const MemoryValue who = value(schema.name == information_schema ? "" : owner);
    const MemoryValue kind = value(kind_name(relation));
    if (show.terse) return {database.created, relation.name, kind, database.name, schema.name};
    if (show.kind == Kind::views) {
        const std::string definition = relation.definition.empty()
                                           ? std::string{}
                                           : fmt::format("create view {} as {};", relation.name, relation.definition);
        return {database.created, relation.name, value(""),      database.name,  schema.name,   who,
                relation.comment, definition,    value("false"), value("false"), value("ROLE"), value("OFF")};
    }
    if (show.kind == Kind::objects)
        return {database.created, relation.name, database.name,       schema.name, kind,
                relation.comment, value(""),     row_count(relation), null,        who,
                value("0"),       value("ROLE"), value("N"),          value("N"),  value("N")};
    return {database.created, relation.name,       database.name, schema.name, kind,       relation.comment,
            value(""),        row_count(relation), null,          who,         value("0"), value("OFF"),
            value("OFF"),     value("OFF"),        null,          null,        value("N"), value("N"),
            value("ROLE"),    value("N"),          null,          value("N"),  value("N"), value("N"),
            value("N")};
}

MemoryRows show_relations(const ShowCommand& show, const Catalog& catalog, const Narrow& narrow) {
    MemoryRows rows;
    set_relation_columns(show, rows);
    each_relation(catalog, narrow, [&](const auto& database, const auto& schema, const CatalogRelation& relation) {
        const bool table = relation.kind == CatalogRelation::Kind::table;
        if ((show.kind == Kind::tables && !table) || (show.kind == Kind::views && table)) return;
        if (wanted(show, relation.name)) rows.rows.push_back(relation_row(show, database, schema, relation));
    });
    return rows;
}

/// SHOW COLUMNS gives a type as JSON.
std::string type_json(const RelationColumn& column) {
    const TypeParts type = type_parts(column.type);
    const std::string nullable = fmt::format(R"("nullable":{})", column.nullable);
    if (type.name == "NUMBER")
        return fmt::format(R"({{"type":"FIXED","precision":{},"scale":{},{}}})", type.first, type.second, nullable);
    if (type.name == "VARCHAR")
        return fmt::format(R"({{"type":"TEXT","length":{0},"byteLength":{0},{1},"fixed":false}})", type.first,
                           nullable);
    if (type.name == "BINARY")
        return fmt::format(R"({{"type":"BINARY","length":{0},"byteLength":{0},{1},"fixed":true}})", type.first,
                           nullable);
    if (type.name == "FLOAT") return fmt::format(R"({{"type":"REAL",{}}})", nullable);
    if (type.name.starts_with("TIME"))
        return fmt::format(R"({{"type":"{}","precision":0,"scale":{},{}}})", type.name, type.first, nullable);
    return fmt::format(R"({{"type":"{}",{}}})", type.name, nullable);
}

MemoryRows show_columns(const ShowCommand& show, const Catalog& catalog, const Narrow& narrow) {
    MemoryRows rows;
    set_columns(rows, {{"table_name"},
                       {"schema_name"},
                       {"column_name"},
                       {"data_type"},
                       {"null?"},
                       {"default"},
                       {"kind"},
                       {"expression"},
                       {"comment"},
                       {"database_name"},
                       {"autoincrement"},
                       {"schema_evolution_record"}});
    each_relation(catalog, narrow, [&](const auto& database, const auto& schema, const CatalogRelation& relation) {
        for (const RelationColumn& column : relation.columns) {
            if (!wanted(show, column.name)) continue;
            rows.rows.push_back({relation.name, schema.name, column.name, type_json(column),
                                 value(column.nullable ? "true" : "false"), value(""), value("COLUMN"), value(""),
                                 column.comment, database.name, value(""), null});
        }
    });
    return rows;
}

MemoryRows show_warehouses(const ShowCommand& show, const Catalog& catalog, const Context& context,
                           const EmbeddedWarehouse& warehouse) {
    MemoryRows rows;
    set_columns(rows, {{"name"},
                       {"state"},
                       {"type"},
                       {"size"},
                       {"min_cluster_count", number},
                       {"max_cluster_count", number},
                       {"started_clusters", number},
                       {"running", number},
                       {"queued", number},
                       {"is_default"},
                       {"is_current"},
                       {"auto_suspend", number},
                       {"auto_resume"},
                       {"available"},
                       {"provisioning"},
                       {"quiescing"},
                       {"other"},
                       {"created_on", instant},
                       {"resumed_on", instant},
                       {"updated_on", instant},
                       {"owner"},
                       {"comment"},
                       {"enable_query_acceleration"},
                       {"query_acceleration_max_scale_factor", number},
                       {"resource_monitor"},
                       {"actives", number},
                       {"pendings", number},
                       {"failed", number},
                       {"suspended", number},
                       {"uuid"},
                       {"scaling_policy"},
                       {"budget"},
                       {"owner_role_type"},
                       {"resource_constraint"}});
    if (!wanted(show, warehouse.name)) return rows;
    const MemoryValue created =
        catalog.databases().empty() ? MemoryValue{null} : MemoryValue{catalog.databases().front().created};
    const std::int64_t zero = 0;
    const std::int64_t one = 1;
    rows.rows.push_back({warehouse.name,
                         value("STARTED"),
                         value("STANDARD"),
                         value("X-Small"),
                         one,
                         one,
                         one,
                         zero,
                         zero,
                         value("Y"),
                         yes_no(context.warehouse == warehouse.name),
                         zero,
                         value("true"),
                         value("100"),
                         value("0"),
                         value("0"),
                         value("0"),
                         created,
                         created,
                         created,
                         value(owner),
                         warehouse.comment,
                         value("false"),
                         zero,
                         value("null"),
                         zero,
                         zero,
                         zero,
                         zero,
                         null,
                         value("STANDARD"),
                         null,
                         value("ROLE"),
                         null});
    return rows;
}

void add_dropped_on(MemoryRows& rows) {
    rows.columns.push_back({.name = "dropped_on", .type = std::string{instant}});
    for (Row& row : rows.rows) row.emplace_back(null);
}

base::Result<MemoryRows> answer_show(const ShowCommand& show, const Catalog& catalog, const Context& context,
                                     const EmbeddedWarehouse& warehouse) {
    const auto narrow = scope_of(show, catalog, context);
    if (!narrow) return base::fail(narrow.error());
    MemoryRows rows;
    switch (show.kind) {
        case Kind::databases: rows = show_databases(show, catalog, context); break;
        case Kind::schemas: rows = show_schemas(show, catalog, context, *narrow); break;
        case Kind::tables:
        case Kind::views:
        case Kind::objects: rows = show_relations(show, catalog, *narrow); break;
        case Kind::columns: rows = show_columns(show, catalog, *narrow); break;
        case Kind::warehouses: rows = show_warehouses(show, catalog, context, warehouse); break;
    }
    if (show.history) add_dropped_on(rows);
    cut(show, rows);
    return rows;
}

MemoryRows describe_relation(const CatalogRelation& relation) {
    MemoryRows rows;
    set_columns(rows, {{"name"},
                       {"type"},
                       {"kind"},
                       {"null?"},
                       {"default"},
                       {"primary key"},
                       {"unique key"},
                       {"check"},
                       {"expression"},
                       {"comment"},
                       {"policy name"},
                       {"privacy domain"}});
    for (const RelationColumn& column : relation.columns) {
        const MemoryValue comment = column.comment.empty() ? MemoryValue{null} : MemoryValue{column.comment};
        rows.rows.push_back({column.name, column.type, value("COLUMN"), yes_no(column.nullable), null, value("N"),
                             value("N"), null, null, comment, null, null});
    }
    return rows;
}

base::Result<MemoryRows> answer_describe(const DescribeCommand& describe, const Catalog& catalog,
                                         const Context& context) {
    MemoryRows rows;
    if (describe.kind == DescribeCommand::Kind::relation) {
        const auto place = catalog.find_relation(describe.parts, context);
        if (!place) return base::fail(place.error());
        return describe_relation(*place->relation);
    }
    set_columns(rows, {{"created_on", instant}, {"name"}, {"kind"}});
    if (describe.kind == DescribeCommand::Kind::database) {
        const auto database = catalog.find_database(describe.parts.front());
        if (!database) return base::fail(database.error());
        for (const CatalogSchema& schema : (*database)->schemas)
            rows.rows.push_back({(*database)->created, schema.name, value("SCHEMA")});
        return rows;
    }
    const auto place = catalog.find_schema(describe.parts, context);
    if (!place) return base::fail(place.error());
    for (const CatalogRelation& relation : place->schema->relations)
        rows.rows.push_back({place->database->created, relation.name, value(kind_name(relation))});
    return rows;
}

}  // namespace

base::Result<MemoryRows> answer(const CatalogCommand& command, const Catalog& catalog, const Context& context,
                                const EmbeddedWarehouse& warehouse) {
    if (const auto* show = std::get_if<ShowCommand>(&command)) return answer_show(*show, catalog, context, warehouse);
    return answer_describe(std::get<DescribeCommand>(command), catalog, context);
}

}  // namespace backend::duckdb
