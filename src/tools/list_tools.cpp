// list_databases, list_schemas, list_tables, list_views, list_warehouses: SHOW, with the columns that help a model.
#include <optional>
#include <string>

#include "tools/catalog.hpp"
#include "tools/families.hpp"
#include "tools/table_tool.hpp"

namespace tools {

struct ListAll {
    int limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListAll, (), (limit, cursor))

struct ListSchemas {
    std::optional<std::string> database;
    int limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListSchemas, (), (database, limit, cursor))

struct ListObjects {
    std::optional<std::string> database;
    std::optional<std::string> schema;
    int limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListObjects, (), (database, schema, limit, cursor))

namespace {

constexpr mcp::Rule limit_rule{.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1};
constexpr Advice look_around =
    "list_databases and list_schemas show which names there are. A name with small letters must stand in double "
    "quotes.";

query::Request show(std::string_view tool, std::string text, std::vector<query::Pick> picks, int limit,
                    const std::optional<std::string>& cursor) {
    query::Request request;
    request.text = std::move(text);
    request.limit = static_cast<std::size_t>(limit);
    request.cursor = cursor.value_or("");
    request.tool = tool;
    request.picks = std::move(picks);
    request.count_all = true;
    return request;
}

void add_list_databases(mcp::Registry& registry, const ConnectionsPtr& connections) {
    registry.add(table_tool(connections, "list_databases", "List databases", mcp::Arguments<ListAll>{limit_rule},
                            [](mcp::Context& context, const Connection& at, ListAll given) {
                                return run(context, at.pipeline,
                                           show("list_databases", "SHOW DATABASES",
                                                {{.source = "name", .name = "name"},
                                                 {.source = "kind", .name = "kind", .optional = true},
                                                 {.source = "comment", .name = "comment", .optional = true}},
                                                given.limit, given.cursor),
                                           {});
                            }));
}

void add_list_schemas(mcp::Registry& registry, const ConnectionsPtr& connections) {
    registry.add(table_tool(
        connections, "list_schemas", "List schemas of a database", mcp::Arguments<ListSchemas>{limit_rule},
        [](mcp::Context& context, const Connection& at, ListSchemas given) -> mcp::ToolOutcome {
            const auto database = fold_optional("database", given.database);
            if (!database) return base::fail(database.error());
            return run(context, at.pipeline,
                       show("list_schemas", "SHOW SCHEMAS" + catalog::scope_or_default(at.pipeline, *database, {}),
                            {{.source = "database_name", .name = "database"},
                             {.source = "name", .name = "name"},
                             {.source = "comment", .name = "comment", .optional = true}},
                            given.limit, given.cursor),
                       look_around);
        }));
}

/// SHOW TABLES and SHOW VIEWS differ in the statement and the columns only.
void add_list_objects(mcp::Registry& registry, const ConnectionsPtr& connections, std::string_view name,
                      std::string_view description, std::string_view statement, std::vector<query::Pick> more) {
    std::vector<query::Pick> picks{{.source = "database_name", .name = "database"},
                                   {.source = "schema_name", .name = "schema"},
                                   {.source = "name", .name = "name"}};
    picks.insert(picks.end(), more.begin(), more.end());
    picks.push_back({.source = "comment", .name = "comment", .optional = true});
    registry.add(table_tool(
        connections, name, description, mcp::Arguments<ListObjects>{limit_rule},
        [picks, name, statement](mcp::Context& context, const Connection& at, ListObjects given) -> mcp::ToolOutcome {
            const auto database = fold_optional("database", given.database);
            if (!database) return base::fail(database.error());
            const auto schema = fold_optional("schema", given.schema);
            if (!schema) return base::fail(schema.error());
            std::string text{statement};
            text += catalog::scope_or_default(at.pipeline, *database, *schema);
            auto request = show(name, std::move(text), picks, given.limit, given.cursor);
            if (schema->empty()) request.except = catalog::own_views();
            return run(context, at.pipeline, std::move(request), look_around);
        }));
}

/// Where callers may choose, the list says what: `allowed`.
void add_list_warehouses(mcp::Registry& registry, const ConnectionsPtr& connections) {
    registry.add(table_tool(
        connections, "list_warehouses", "List warehouses, their size and state", mcp::Arguments<ListAll>{limit_rule},
        [](mcp::Context& context, const Connection& at, ListAll given) {
            std::vector<query::Pick> picks{{.source = "name", .name = "name"},
                                           {.source = "state", .name = "state"},
                                           {.source = "type", .name = "type", .optional = true},
                                           {.source = "size", .name = "size"},
                                           {.source = "running", .name = "running", .optional = true},
                                           {.source = "queued", .name = "queued", .optional = true},
                                           {.source = "comment", .name = "comment", .optional = true}};
            if (const auto& allows = at.choices.warehouses.allows) {
                picks.push_back({.source = "name", .name = "allowed", .holds = allows});
            }
            return run(context, at.pipeline,
                       show("list_warehouses", "SHOW WAREHOUSES", std::move(picks), given.limit, given.cursor), {});
        }));
}

}  // namespace

void add_list_tools(mcp::Registry& registry, const ConnectionsPtr& connections) {
    add_list_databases(registry, connections);
    add_list_schemas(registry, connections);
    add_list_objects(
        registry, connections, "list_tables", "List tables, with rows and bytes", "SHOW TABLES",
        {{.source = "rows", .name = "rows", .optional = true}, {.source = "bytes", .name = "bytes", .optional = true}});
    add_list_objects(registry, connections, "list_views", "List views", "SHOW VIEWS", {});
    add_list_warehouses(registry, connections);
}

}  // namespace tools
