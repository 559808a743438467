#include "backend/duckdb/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "backend/duckdb/catalog_ddl.hpp"
#include "backend/duckdb/information_schema.hpp"
#include "base/text.hpp"
#include "sql/lexer.hpp"
#include "sql/quoting.hpp"

namespace backend::duckdb {
namespace {

base::Error does_not_exist(std::string_view what, std::string_view name) {
    return base::Error{base::Kind::not_found,
                       fmt::format("SQL compilation error: {} '{}' does not exist or not authorized.", what, name)}
        .at(base::Stage::query)
        .about(std::string{name})
        .code("002003", "42S02");
}

base::Error no_database() {
    return base::Error{base::Kind::sql,
                       "Cannot perform operation. This session does not have a current database. Use a name with its "
                       "database (database.schema.table), or name the database in the request."}
        .at(base::Stage::query)
        .code("090105", "22000");
}

base::Error no_schema() {
    return base::Error{base::Kind::sql,
                       "Cannot perform operation. This session does not have a current schema. Use a name with its "
                       "schema (schema.table), or name the schema in the request."}
        .at(base::Stage::query)
        .code("090106", "22000");
}

std::string dotted(std::span<const NamePart> parts) {
    std::string text;
    for (const NamePart& part : parts) {
        if (!text.empty()) text += '.';
        text += part.text;
    }
    return text;
}

/// The rule of the header, for databases, schemas and relations alike.
template <class Items>
auto find_named(const Items& items, const NamePart& name) -> decltype(&*items.begin()) {
    for (const auto& item : items)
        if (item.name == name.text || (name.quoted && item.own_name == name.text)) return &item;
    if (name.quoted) return nullptr;
    const auto same = [&](const auto& item) { return base::iequals(item.name, name.text); };
    const auto found = std::ranges::find_if(items, same);
    if (found == items.end() || std::find_if(found + 1, items.end(), same) != items.end()) return nullptr;
    return &*found;
}

/// A context's name was typed by a person or came from a list: exact first, then in any case.
NamePart typed(const std::string& name) { return {name, false}; }

}  // namespace

std::string shown_name(std::string_view own_name) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$'; };
    const bool starts = !own_name.empty() && ((own_name[0] >= 'a' && own_name[0] <= 'z') || own_name[0] == '_');
    if (!starts || !std::ranges::all_of(own_name, plain)) return std::string{own_name};
    return base::to_upper(own_name);
}

base::Result<std::vector<NamePart>> parse_parts(std::string_view text, std::size_t max_parts) {
    std::vector<NamePart> parts;
    bool wants_name = true;
    for (const sql::Token& token : sql::significant_tokens(text)) {
        if (wants_name && token.is_name()) {
            parts.push_back({sql::identifier_value(token), token.kind == sql::TokenKind::quoted_identifier});
            wants_name = false;
        } else if (token.is(".")) {
            if (wants_name) parts.push_back({});
            wants_name = true;
        } else {
            parts.clear();
            break;
        }
    }
    if (parts.empty() || wants_name || parts.size() > max_parts || (parts.size() > 1 && parts.front().text.empty()))
        return base::fail(
            base::Error{base::Kind::bad_argument, fmt::format("'{}' is not the name of an object", text)}.at(
                base::Stage::query));
    return parts;
}

Catalog::Catalog(std::vector<CatalogDatabase> databases) : databases_{std::move(databases)} {
    for (CatalogDatabase& database : databases_) {
        database.schemas.push_back(information_schema_of(database.name));
        for (CatalogSchema& schema : database.schemas) std::ranges::sort(schema.relations, {}, &CatalogRelation::name);
        std::ranges::sort(database.schemas, {}, &CatalogSchema::name);
    }
    std::ranges::sort(databases_, {}, &CatalogDatabase::name);
}

const CatalogDatabase* Catalog::current_database(const Context& context) const {
    return context.database.empty() ? nullptr : find_named(databases_, typed(context.database));
}

const CatalogSchema* Catalog::current_schema(const Context& context) const {
    const CatalogDatabase* database = current_database(context);
    if (!database || context.schema.empty()) return nullptr;
    return find_named(database->schemas, typed(context.schema));
}

base::Result<Context> Catalog::resolve(Context context, const Context& defaults) const {
    const bool own_database = !context.database.empty();
    if (!own_database) context.database = defaults.database;
    if (context.warehouse.empty()) context.warehouse = defaults.warehouse;
    if (context.role.empty()) context.role = defaults.role;
    if (context.database.empty()) return context;
    const auto database = find_database(typed(context.database));
    if (!database) return base::fail(database.error());
    context.database = (*database)->name;
    // A database that was named brings its PUBLIC, as USE DATABASE does; the connection's own brings the connection's.
    if (context.schema.empty()) {
        const bool same = context.database == defaults.database;
        const NamePart wanted = typed(same && !defaults.schema.empty() ? defaults.schema : "PUBLIC");
        if (const CatalogSchema* schema = find_named((*database)->schemas, wanted)) context.schema = schema->name;
        return context;
    }
    const CatalogSchema* schema = find_named((*database)->schemas, typed(context.schema));
    if (!schema) return base::fail(does_not_exist("Schema", context.database + "." + context.schema));
    context.schema = schema->name;
    return context;
}

base::Result<const CatalogDatabase*> Catalog::find_database(const NamePart& name) const {
    if (const CatalogDatabase* found = find_named(databases_, name)) return found;
    return base::fail(does_not_exist("Database", name.text));
}

base::Result<Catalog::Place> Catalog::find_schema(std::span<const NamePart> parts, const Context& context) const {
    Place place;
    if (parts.size() > 1) {
        auto database = find_database(parts[0]);
        if (!database) return base::fail(database.error());
        place.database = *database;
    } else {
        place.database = current_database(context);
        if (!place.database) return base::fail(no_database());
    }
    place.schema = find_named(place.database->schemas, parts.back());
    if (!place.schema) return base::fail(does_not_exist("Schema", place.database->name + "." + parts.back().text));
    return place;
}

base::Result<Catalog::Place> Catalog::find_relation(std::span<const NamePart> parts, const Context& context) const {
    Place place;
    const NamePart& name = parts.back();
    if (parts.size() == 1) {
        place.database = current_database(context);
        if (!place.database) return base::fail(no_database());
        place.schema = current_schema(context);
        // Snowflake's SEARCH_PATH: the current schema, then PUBLIC.
        const std::array path{place.schema, find_named(place.database->schemas, NamePart{"PUBLIC", true})};
        if (!path[0] && !path[1]) return base::fail(no_schema());
        for (const CatalogSchema* schema : path) {
            place.relation = schema ? find_named(schema->relations, name) : nullptr;
            if (!place.relation) continue;
            place.schema = schema;
            return place;
        }
        return base::fail(does_not_exist("Object", name.text));
    }
    std::vector<NamePart> schema_parts(parts.begin(), parts.end() - 1);
    if (schema_parts.back().text.empty()) schema_parts.back() = {"PUBLIC", true};
    auto found = find_schema(schema_parts, context);
    if (!found) return base::fail(found.error());
    place = *found;
    place.relation = find_named(place.schema->relations, name);
    if (!place.relation) return base::fail(does_not_exist("Object", dotted(parts)));
    return place;
}

base::Result<FoundRelation> Catalog::relation(std::span<const NamePart> parts, const Context& context) const {
    auto place = find_relation(parts, context);
    if (!place) return base::fail(place.error());
    const CatalogRelation& relation = *place->relation;
    return FoundRelation{.sql = relation.sql,
                         .alias = relation.name,
                         .needs_alias = relation.needs_alias,
                         .columns = relation.columns,
                         .repeatable = relation.repeatable};
}

base::Result<std::string> Catalog::ddl(std::string_view kind, std::string_view name, bool fully_qualified,
                                       const Context& context) const {
    return get_ddl(*this, kind, name, fully_qualified, context);
}

}  // namespace backend::duckdb
