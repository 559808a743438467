// get_ddl, list_stages, list_roles: what SHOW and GET_DDL say. None of them resumes a warehouse.
#include "query/names.hpp"
#include "tools/catalog.hpp"
#include "tools/snowflake/families.hpp"
#include "tools/table_tool.hpp"

namespace tools::snowflake {

enum class ObjectKind : std::uint8_t { table, view, schema, database, semantic_view, dynamic_table };
BOOST_DESCRIBE_ENUM(ObjectKind, table, view, schema, database, semantic_view, dynamic_table)

struct GetDdl {
    std::string name;
    ObjectKind kind = ObjectKind::table;
    std::optional<std::string> database;
    std::optional<std::string> schema;
};
BOOST_DESCRIBE_STRUCT(GetDdl, (), (name, kind, database, schema))

struct ListStages {
    std::optional<std::string> database;
    std::optional<std::string> schema;
    int limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListStages, (), (database, schema, limit, cursor))

struct ListRoles {
    int limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListRoles, (), (limit, cursor))

namespace {

constexpr mcp::Rule limit_rule{.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1};
constexpr Advice mend_name =
    "search_objects finds tables and views. A name with small letters must stand in double quotes.";

std::string_view sql_kind(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::table: return "TABLE";
        case ObjectKind::view: return "VIEW";
        case ObjectKind::schema: return "SCHEMA";
        case ObjectKind::database: return "DATABASE";
        case ObjectKind::semantic_view: return "SEMANTIC VIEW";
        case ObjectKind::dynamic_table: return "DYNAMIC_TABLE";
    }
    return {};
}

base::Result<std::string> ddl_name(const GetDdl& given) {
    if (given.kind == ObjectKind::database || given.kind == ObjectKind::schema) {
        // What stands before a schema is its database; before a database nothing.
        const bool in_database = given.kind == ObjectKind::schema;
        auto name = query::object_name("name", given.name, "", in_database ? given.database.value_or("") : "");
        if (!name) return base::fail(std::move(name.error()));
        return name->sql();
    }
    auto name = query::object_name("name", given.name, given.database.value_or(""), given.schema.value_or(""));
    if (!name) return base::fail(std::move(name.error()));
    return name->sql();
}

}  // namespace

void add_catalog_tools(mcp::Registry& registry, const Room& room) {
    const auto& connections = room.connections;
    registry.add(table_tool(connections, "get_ddl", "The statement that creates an object",
                            mcp::Arguments<GetDdl>{{.name = "kind", .presence = mcp::Presence::defaulted}},
                            [](mcp::Context& context, const Connection& at, GetDdl given) -> mcp::ToolOutcome {
                                const auto name = ddl_name(given);
                                if (!name) return base::fail(name.error());
                                query::Request request;
                                request.text = "SELECT GET_DDL(" + query::quoted_text(sql_kind(given.kind)) + ", " +
                                               query::quoted_text(*name) + ", TRUE) AS DDL";
                                request.limit = 1;
                                request.tool = "get_ddl";
                                request.pages = false;
                                return run(context, at.pipeline, std::move(request), mend_name);
                            }));
    registry.add(table_tool(connections, "list_stages", "List stages", mcp::Arguments<ListStages>{limit_rule},
                            [](mcp::Context& context, const Connection& at, ListStages given) -> mcp::ToolOutcome {
                                const auto database = fold_optional("database", given.database);
                                if (!database) return base::fail(database.error());
                                const auto schema = fold_optional("schema", given.schema);
                                if (!schema) return base::fail(schema.error());
                                query::Request request;
                                request.text =
                                    "SHOW STAGES" + catalog::scope_or_default(at.pipeline, *database, *schema);
                                request.picks = {{.source = "database_name", .name = "database"},
                                                 {.source = "schema_name", .name = "schema"},
                                                 {.source = "name", .name = "name"},
                                                 {.source = "type", .name = "type", .optional = true},
                                                 {.source = "comment", .name = "comment", .optional = true}};
                                request.limit = static_cast<std::size_t>(given.limit);
                                request.cursor = given.cursor.value_or("");
                                request.tool = "list_stages";
                                request.count_all = true;
                                return run(context, at.pipeline, std::move(request), mend_name);
                            }));
    registry.add(table_tool(
        connections, "list_roles", "List roles, and which may be asked for", mcp::Arguments<ListRoles>{limit_rule},
        [room](mcp::Context& context, const Connection& at, ListRoles given) {
            const auto* roles = &room.account(at).services.roles();
            query::Request request;
            request.text = "SHOW ROLES";
            request.picks = {{.source = "name", .name = "name"},
                             {.source = "is_current", .name = "current", .optional = true},
                             {.source = "is_inherited", .name = "inherited", .optional = true},
                             {.source = "comment", .name = "comment", .optional = true},
                             {.source = "name", .name = "allowed", .holds = [roles](std::string_view name) {
                                  return roles->allows(name);
                              }}};
            request.limit = static_cast<std::size_t>(given.limit);
            request.cursor = given.cursor.value_or("");
            request.tool = "list_roles";
            request.count_all = true;
            return run(context, at.pipeline, std::move(request), {});
        }));
}

}  // namespace tools::snowflake
