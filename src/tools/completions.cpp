// Completion of names: databases, schemas of a database, tables and views of a schema.
#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "mcp/prompt.hpp"
#include "query/names.hpp"
#include "tools/catalog.hpp"
#include "tools/completion_match.hpp"
#include "tools/families.hpp"
#include "tools/resource_uri.hpp"

namespace tools {

namespace {

enum class Level : std::uint8_t { database, schema, object };

/// The known part's name, or nothing where it is absent or no name.
std::string known(const mcp::CompletionRequest& asked, std::string_view argument) {
    const auto text = asked.known_value(argument);
    if (text.empty()) return {};
    return query::fold_name(argument, text).value_or(std::string{});
}

std::string statement_for(Level level, const query::Pipeline& pipeline, const mcp::CompletionRequest& asked) {
    switch (level) {
        case Level::database: return "SHOW DATABASES";
        case Level::schema: return "SHOW SCHEMAS" + catalog::scope_or_default(pipeline, known(asked, "database"), {});
        case Level::object: break;
    }
    return "SHOW OBJECTS" + catalog::scope_or_default(pipeline, known(asked, "database"), known(asked, "schema"));
}

async::Task<base::Result<mcp::Completions>> complete(mcp::Context& context, query::Pipeline& pipeline, std::string text,
                                                     std::string typed) {
    query::Request request;
    request.text = std::move(text);
    request.picks = {{.source = "name", .name = "name"}};
    request.tool = "completion";
    auto rows = co_await pipeline.rows(context.call(), std::move(request));
    if (!rows) {
        const auto kind = rows.error().kind();
        // A database that does not exist has no schemas to offer.
        if (kind == base::Kind::sql || kind == base::Kind::not_found) co_return mcp::Completions{};
        co_return base::fail(std::move(rows.error()));
    }
    std::vector<std::string> names;
    for (std::size_t row = 0; row < rows->rows(); ++row) names.emplace_back(rows->text(row, 0));
    co_return matching(std::move(names), typed);
}

void add(mcp::Registry& registry, query::Pipeline& pipeline, mcp::CompletionRequest::Of of, std::string_view ref,
         std::string_view argument, Level level) {
    registry.add(mcp::CompletionProvider{
        .of = of,
        .ref = std::string{ref},
        .argument = std::string{argument},
        .complete = [&pipeline, level](mcp::Context& context,
                                       const mcp::CompletionRequest& asked) -> mcp::Outcome<mcp::Completions> {
            return complete(context, pipeline, statement_for(level, pipeline, asked), asked.value);
        }});
}

}  // namespace

void add_completions(mcp::Registry& registry, query::Pipeline& pipeline) {
    using Of = mcp::CompletionRequest::Of;
    add(registry, pipeline, Of::resource_template, object_uri_template, "database", Level::database);
    add(registry, pipeline, Of::resource_template, object_uri_template, "schema", Level::schema);
    add(registry, pipeline, Of::resource_template, object_uri_template, "object", Level::object);
    add(registry, pipeline, Of::prompt, "explore_database", "database", Level::database);
    add(registry, pipeline, Of::prompt, "profile_table", "table_name", Level::object);
    for (const auto* prompt : {"profile_table", "explain_slow_query"}) {
        add(registry, pipeline, Of::prompt, prompt, "database", Level::database);
        add(registry, pipeline, Of::prompt, prompt, "schema", Level::schema);
    }
}

}  // namespace tools
