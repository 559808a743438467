#include "backend/duckdb/catalog_ddl.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "sql/quoting.hpp"

namespace backend::duckdb {
namespace {

std::string name_of(std::string_view name) { return sql::quote_identifier_if_needed(name); }

std::string table_ddl(const CatalogRelation& table, std::string_view qualifier) {
    std::string text = fmt::format("create or replace TABLE {}{} (", qualifier, name_of(table.name));
    bool first = true;
    for (const RelationColumn& column : table.columns) {
        text += first ? "\n\t" : ",\n\t";
        first = false;
        text += fmt::format("{} {}", name_of(column.name), column.type);
        if (!column.nullable) text += " NOT NULL";
        if (!column.comment.empty()) text += fmt::format(" COMMENT {}", sql::quote_string(column.comment));
    }
    text += "\n)";
    if (!table.comment.empty()) text += fmt::format("COMMENT={}\n", sql::quote_string(table.comment));
    return text + ";";
}

std::string view_ddl(const CatalogRelation& view, std::string_view qualifier) {
    std::string text = fmt::format("create or replace view {}{}(", qualifier, name_of(view.name));
    bool first = true;
    for (const RelationColumn& column : view.columns) {
        text += first ? "\n\t" : ",\n\t";
        first = false;
        text += name_of(column.name);
        if (!column.comment.empty()) text += fmt::format(" COMMENT {}", sql::quote_string(column.comment));
    }
    text += "\n)";
    if (!view.comment.empty()) text += fmt::format(" COMMENT={}\n", sql::quote_string(view.comment));
    return text + fmt::format(" as {};", view.definition);
}

std::string schema_ddl(const CatalogDatabase& database, const CatalogSchema& schema, bool fully_qualified) {
    const std::string qualifier =
        fully_qualified ? fmt::format("{}.{}.", name_of(database.name), name_of(schema.name)) : "";
    std::string text = fmt::format("create or replace schema {}{};\n",
                                   fully_qualified ? name_of(database.name) + "." : "", name_of(schema.name));
    for (const CatalogRelation& relation : schema.relations) text += "\n" + relation_ddl(relation, qualifier) + "\n";
    return text;
}

std::string database_ddl(const CatalogDatabase& database) {
    std::string text = fmt::format("create or replace database {};\n", name_of(database.name));
    for (const CatalogSchema& schema : database.schemas)
        if (schema.name != information_schema) text += "\n" + schema_ddl(database, schema, true);
    return text;
}

std::unexpected<base::Error> wrong_kind(std::string message) {
    return base::fail(base::Error{base::Kind::sql, std::move(message)}.at(base::Stage::query).code("001007", "22023"));
}

}  // namespace

std::string relation_ddl(const CatalogRelation& relation, std::string_view qualifier) {
    return relation.kind == CatalogRelation::Kind::table ? table_ddl(relation, qualifier)
                                                         : view_ddl(relation, qualifier);
}

base::Result<std::string> get_ddl(const Catalog& catalog, std::string_view kind, std::string_view name,
                                  bool fully_qualified, const Context& context) {
    const bool is_table = base::iequals(kind, "TABLE");
    if (is_table || base::iequals(kind, "VIEW")) {
        auto parts = parse_parts(name, 3);
        if (!parts) return base::fail(parts.error());
        auto place = catalog.find_relation(*parts, context);
        if (!place) return base::fail(place.error());
        if (place->schema->name == information_schema)
            return wrong_kind("GET_DDL does not show objects of INFORMATION_SCHEMA");
        // TABLE shows views too, as in Snowflake; VIEW shows views only.
        if (!is_table && place->relation->kind != CatalogRelation::Kind::view)
            return wrong_kind(fmt::format(
                "SQL compilation error: Object '{}' is a table, not a view: use GET_DDL('TABLE', ...)", name));
        const std::string qualifier =
            fully_qualified ? fmt::format("{}.{}.", name_of(place->database->name), name_of(place->schema->name)) : "";
        return relation_ddl(*place->relation, qualifier);
    }
    if (base::iequals(kind, "SCHEMA")) {
        auto parts = parse_parts(name, 2);
        if (!parts) return base::fail(parts.error());
        auto place = catalog.find_schema(*parts, context);
        if (!place) return base::fail(place.error());
        return schema_ddl(*place->database, *place->schema, fully_qualified);
    }
    if (base::iequals(kind, "DATABASE")) {
        auto parts = parse_parts(name, 1);
        if (!parts) return base::fail(parts.error());
        auto database = catalog.find_database(parts->front());
        if (!database) return base::fail(database.error());
        return database_ddl(**database);
    }
    return wrong_kind(
        fmt::format("GET_DDL('{}', ...) is not supported by the embedded backend: it has tables, views, schemas "
                    "and databases only",
                    kind));
}

}  // namespace backend::duckdb
