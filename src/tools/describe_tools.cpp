// describe_table and describe_view: the columns, and a view's definition.
#include <optional>
#include <string>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "query/cell_format.hpp"
#include "query/names.hpp"
#include "tools/catalog.hpp"
#include "tools/definition.hpp"
#include "tools/families.hpp"
#include "tools/table_tool.hpp"

namespace tools {

struct DescribeTable {
    std::string table_name;
    std::optional<std::string> database;
    std::optional<std::string> schema;
};
BOOST_DESCRIBE_STRUCT(DescribeTable, (), (table_name, database, schema))

struct DescribeView {
    std::string view_name;
    std::optional<std::string> database;
    std::optional<std::string> schema;
};
BOOST_DESCRIBE_STRUCT(DescribeView, (), (view_name, database, schema))

namespace {

constexpr Advice mend_name =
    "search_objects finds tables and views. A name with small letters must stand in double quotes.";

query::Request describe(std::string_view what, const query::ObjectName& name, const query::Pipeline& pipeline,
                        std::string_view tool) {
    query::Request request;
    request.text = "DESCRIBE " + std::string{what} + " " + name.sql();
    request.picks = {{.source = "name", .name = "name"},
                     {.source = "type", .name = "type"},
                     {.source = "null?", .name = "nullable"},
                     {.source = "default", .name = "default", .optional = true},
                     {.source = "primary key", .name = "primary_key", .optional = true},
                     {.source = "comment", .name = "comment", .optional = true}};
    request.limit = pipeline.settings().max_query_result_rows;
    request.tool = tool;
    request.count_all = true;
    request.pages = false;
    return request;
}

async::Task<base::Result<mcp::ToolResult>> describe_table(mcp::Context& context, query::Pipeline& pipeline,
                                                          query::ObjectName wanted) {
    auto name = co_await catalog::locate(context.call(), pipeline, std::move(wanted), "describe_table");
    if (!name) co_return to_error(std::move(name.error()), mend_name);
    co_return co_await run_later(context, pipeline, describe("TABLE", *name, pipeline, "describe_table"), mend_name);
}

/// The definition as it is shown: escaped, and no more than a quarter of an answer, content and structured together.
std::string shown_definition(std::string_view definition, const query::Pipeline& pipeline) {
    std::string shown = base::escape_untrusted(definition);
    while (2 * query::json_escaped_size(shown) > pipeline.settings().max_result_bytes / 4) {
        shown = base::ellipsize(shown, shown.size() / 2);
    }
    return shown;
}

/// The definition joins the answer: an item of content of its own, and the field `definition`.
void add_definition(mcp::ToolResult& result, std::string_view shown) {
    std::string content = result.content.to_string();
    content.pop_back();
    content += ',';
    mcp::append_text_block(content, shown);
    content += ']';
    result.content = base::Payload::own(std::move(content));

    std::string structured = result.structured.to_string();
    structured.pop_back();
    structured += R"(,"definition":)";
    base::append_json_string(structured, shown);
    structured += '}';
    result.structured = base::Payload::own(std::move(structured));
}

constexpr std::size_t around_definition = 128;  // the names and brackets that it stands in

async::Task<base::Result<mcp::ToolResult>> describe_view(mcp::Context& context, query::Pipeline& pipeline,
                                                         query::ObjectName wanted) {
    auto name = co_await catalog::locate(context.call(), pipeline, std::move(wanted), "describe_view");
    if (!name) co_return to_error(std::move(name.error()), mend_name);
    auto definition = co_await view_definition(context.call(), pipeline, *name, "describe_view");
    if (!definition) co_return to_error(std::move(definition.error()), mend_name);
    const std::string shown = shown_definition(*definition, pipeline);

    auto request = describe("VIEW", *name, pipeline, "describe_view");
    request.max_bytes = pipeline.settings().max_result_bytes - 2 * query::json_escaped_size(shown) - around_definition;
    auto result = co_await run_later(context, pipeline, std::move(request), mend_name);
    if (result && !result->is_error && !shown.empty()) add_definition(*result, shown);
    co_return result;
}

}  // namespace

void add_describe_table(mcp::Registry& registry, const ConnectionsPtr& connections) {
    registry.add(table_tool(connections, "describe_table", "Columns of a table or view",
                            mcp::Arguments<DescribeTable>{},
                            [](mcp::Context& context, const Connection& at, DescribeTable given) -> mcp::ToolOutcome {
                                auto name = query::object_name("table_name", given.table_name,
                                                               given.database.value_or(""), given.schema.value_or(""));
                                if (!name) return base::fail(std::move(name.error()));
                                return describe_table(context, at.pipeline, std::move(*name));
                            }));
}

void add_describe_view(mcp::Registry& registry, const ConnectionsPtr& connections) {
    mcp::Tool tool =
        table_tool(connections, "describe_view", "Columns and definition of a view", mcp::Arguments<DescribeView>{},
                   [](mcp::Context& context, const Connection& at, DescribeView given) -> mcp::ToolOutcome {
                       auto name = query::object_name("view_name", given.view_name, given.database.value_or(""),
                                                      given.schema.value_or(""));
                       if (!name) return base::fail(std::move(name.error()));
                       return describe_view(context, at.pipeline, std::move(*name));
                   });
    tool.output_schema = table_schema(R"("definition":{"type":"string"},)");
    registry.add(std::move(tool));
}

}  // namespace tools
