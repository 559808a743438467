// The catalog as resources: snowflake://{database}/{schema}/{object} is a table's or view's description as JSON.
#include <charconv>
#include <string>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "mcp/resource.hpp"
#include "query/names.hpp"
#include "tools/catalog.hpp"
#include "tools/definition.hpp"
#include "tools/families.hpp"
#include "tools/resource_uri.hpp"

namespace tools {

namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::size_t page_size = 100;

/// A client may keep what this server would: SHOW and DESCRIBE for METADATA_CACHE_TTL_SECONDS, where anything is kept
/// at all; and for itself only, since the answer depends on who asks.
mcp::CacheHint catalog_cache(const query::Pipeline& pipeline) {
    return {.ttl = pipeline.metadata_ttl(), .scope = mcp::CacheHint::Scope::private_};
}

base::Error no_such_object() {
    return base::Error{base::Kind::not_found, "there is no such object in the catalog, or it is not visible"};
}

/// What the warehouse says of a name that does not exist is "not found" here, whatever its words.
base::Error as_not_found(base::Error error) {
    if (error.kind() == base::Kind::sql || error.kind() == base::Kind::not_found) return no_such_object();
    return error;
}

base::Result<query::ObjectName> name_of(const mcp::ResourceRequest& asked) {
    query::ObjectName name;
    for (auto [variable, part] :
         {std::pair{"database", &name.database}, std::pair{"schema", &name.schema}, std::pair{"object", &name.name}}) {
        auto folded = query::fold_name(variable, asked.variable(variable));
        if (!folded) return base::fail(no_such_object());
        *part = std::move(*folded);
    }
    return name;
}

async::Task<base::Result<catalog::Object>> find_object(async::Call& call, query::Pipeline& pipeline,
                                                       query::ObjectName name) {
    query::Request request;
    request.text = "SHOW OBJECTS LIKE " + query::like_pattern(name.name) + catalog::scope(name.database, name.schema);
    request.picks = catalog::object_picks();
    request.only = query::Only{.source = "name", .value = name.name};
    request.tool = "resource";
    auto rows = co_await pipeline.rows(call, std::move(request));
    if (!rows) co_return base::fail(as_not_found(std::move(rows.error())));
    if (rows->rows() == 0) co_return base::fail(no_such_object());
    co_return catalog::object_at(*rows, 0);
}

async::Task<base::Result<query::Rows>> columns_of(async::Call& call, query::Pipeline& pipeline,
                                                  query::ObjectName name) {
    query::Request request;
    request.text = "DESCRIBE TABLE " + name.sql();
    request.picks = {{.source = "name", .name = "name"},
                     {.source = "type", .name = "type"},
                     {.source = "null?", .name = "nullable"},
                     {.source = "comment", .name = "comment", .optional = true}};
    request.tool = "resource";
    auto rows = co_await pipeline.rows(
        call, std::move(request),
        {.rows = pipeline.settings().max_query_result_rows, .bytes = pipeline.settings().max_result_bytes / 2});
    if (!rows) co_return base::fail(as_not_found(std::move(rows.error())));
    co_return rows;
}

std::string description_of(const catalog::Object& object, const query::Rows& columns, std::string_view definition) {
    std::string text;
    base::JsonWriter json{text};
    const auto field = [&json](std::string_view key, std::string_view value) {
        json.field(key, std::string_view{base::escape_untrusted(value)});
    };
    json.begin_object();
    field("database", object.database);
    field("schema", object.schema);
    field("name", object.name);
    field("kind", object.kind);
    if (!object.comment.empty()) field("comment", object.comment);
    json.key("columns").begin_array();
    for (std::size_t row = 0; row < columns.rows(); ++row) {
        json.begin_object();
        field("name", columns.text(row, 0));
        field("type", columns.text(row, 1));
        json.field("nullable", columns.text(row, 2) == "Y");
        if (const auto comment = columns.text(row, 3); !comment.empty()) field("comment", comment);
        json.end_object();
    }
    json.end_array();
    if (!columns.complete()) json.field("truncated", true);
    if (!definition.empty()) field("definition", definition);
    json.end_object();
    return text;
}

async::Task<base::Result<mcp::ResourceResult>> read_object(mcp::Context& context, query::Pipeline& pipeline,
                                                           query::ObjectName name, std::string uri) {
    auto object = co_await find_object(context.call(), pipeline, name);
    if (!object) co_return base::fail(std::move(object.error()));
    auto columns = co_await columns_of(context.call(), pipeline, name);
    if (!columns) co_return base::fail(std::move(columns.error()));
    std::string definition;
    if (object->kind == "VIEW") {
        auto text = co_await view_definition(context.call(), pipeline, name, "resource");
        if (!text) co_return base::fail(std::move(text.error()));
        definition = std::move(*text);
    }
    auto result = mcp::ResourceResult::text(base::escape_untrusted(uri), json_type,
                                            description_of(*object, *columns, definition));
    result.cache = catalog_cache(pipeline);
    co_return result;
}

/// A page of `resources/list`: objects of the connection's own database, where it has one, else of all.
async::Task<base::Result<mcp::ResourcePage>> list_objects(mcp::Context& context, query::Pipeline& pipeline,
                                                          std::string after) {
    std::uint64_t offset = 0;
    if (!after.empty()) {
        const auto [stop, failed] = std::from_chars(after.data(), after.data() + after.size(), offset);
        if (failed != std::errc{} || stop != after.data() + after.size()) {
            co_return base::fail(
                base::Error{base::Kind::bad_argument, "the cursor is none of this list"}.about("cursor"));
        }
    }
    query::Request request;
    request.text = "SHOW OBJECTS" + catalog::scope_or_default(pipeline, {}, {});
    request.picks = catalog::object_picks();
    request.tool = "resource";
    request.except = catalog::own_views();
    request.skip = offset;
    auto rows = co_await pipeline.rows(context.call(), std::move(request), {.rows = page_size});
    if (!rows) co_return base::fail(std::move(rows.error()));
    mcp::ResourcePage page;
    for (std::size_t row = 0; row < rows->rows(); ++row) {
        const auto object = catalog::object_at(*rows, row);
        const auto name = object.object_name();
        page.resources.push_back({.uri = object_uri(name),
                                  .name = base::escape_untrusted(name.shown()),
                                  .title = {},
                                  .description = {},
                                  .mime_type = std::string{json_type},
                                  .size = {},
                                  .annotations_json = {},
                                  .icons_json = {},
                                  .read = {}});
    }
    if (!rows->complete()) page.next = std::to_string(offset + rows->rows());
    co_return page;
}

}  // namespace

void add_resources(mcp::Registry& registry, query::Pipeline& pipeline) {
    registry.add(mcp::ResourceTemplate{.uri_template = std::string{object_uri_template},
                                       .name = "object",
                                       .title = "Table or view",
                                       .description = "Columns, comments and (of a view) the definition, as JSON",
                                       .mime_type = std::string{json_type},
                                       .annotations_json = {},
                                       .icons_json = {},
                                       .read = [&pipeline](mcp::Context& context, const mcp::ResourceRequest& asked)
                                           -> mcp::Outcome<mcp::ResourceResult> {
                                           auto name = name_of(asked);
                                           if (!name) return base::fail(std::move(name.error()));
                                           return read_object(context, pipeline, std::move(*name), asked.uri);
                                       }});
    registry.add(mcp::ResourceSource{
        .list = [&pipeline](mcp::Context& context, std::string after) -> mcp::Outcome<mcp::ResourcePage> {
            return list_objects(context, pipeline, std::move(after));
        },
        .cache = catalog_cache(pipeline)});
}

}  // namespace tools
