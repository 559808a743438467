// search_objects: schemas, tables and views by their names, comments and columns, best first.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/text.hpp"
#include "query/names.hpp"
#include "query/note.hpp"
#include "query/render.hpp"
#include "tools/catalog.hpp"
#include "tools/families.hpp"
#include "tools/search_rank.hpp"
#include "tools/table_tool.hpp"

namespace tools {

struct SearchObjects {
    std::string query;
    std::optional<std::string> database;
    std::optional<std::string> schema;
    int limit = 100;
};
BOOST_DESCRIBE_STRUCT(SearchObjects, (), (query, database, schema, limit))

namespace {

constexpr mcp::Rule limit_rule{.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1};
constexpr Advice mend_scope = "Leave database and schema out to search everywhere.";
constexpr std::string_view nothing_fits = "Nothing fits. Try other words, or an empty query for everything.";
constexpr std::string_view not_all =
    "The catalog is larger than one search reads: name a database or a schema for the rest.";
constexpr std::string_view own_schema = "INFORMATION_SCHEMA";
constexpr std::size_t longest_comment = 200;
constexpr std::size_t most_columns = 10;
constexpr std::size_t pieces = 256;  // rows ranked before others may run

/// What is found, once for all its columns.
struct Hit {
    catalog::Object object;
    Search::Scored scored;
    std::vector<std::string> columns;  // that fit
    int score = 0;
};

class Hits {
public:
    explicit Hits(const Search& search) : search_{search} {}

    Hit& of(catalog::Object object) {
        const Key key{object.database, object.schema, object.name, object.kind == "SCHEMA"};
        const auto [place, is_new] = places_.try_emplace(key, hits_.size());
        if (is_new) hits_.push_back({.object = std::move(object), .scored = search_.start(), .columns = {}});
        return hits_[place->second];
    }

    /// Those that fit, best first.
    std::vector<Hit> ranked() && {
        for (auto& hit : hits_) {
            if (hit.object.kind != "SCHEMA") search_.add_place(hit.scored, hit.object.schema);
            search_.add_place(hit.scored, hit.object.database);
            hit.score = search_.total(hit.scored);
        }
        std::erase_if(hits_, [](const Hit& hit) { return hit.score == 0; });
        const auto order = [](const Hit& hit) {
            const auto& object = hit.object;
            return std::tuple{-hit.score, std::string_view{object.database}, std::string_view{object.schema},
                              object.kind != "SCHEMA", std::string_view{object.name}};
        };
        std::sort(hits_.begin(), hits_.end(), [&](const Hit& a, const Hit& b) { return order(a) < order(b); });
        return std::move(hits_);
    }

private:
    using Key = std::tuple<std::string, std::string, std::string, bool>;
    const Search& search_;
    std::vector<Hit> hits_;
    std::map<Key, std::size_t> places_;
};

/// One search on its way. Lives in the frame of `search_objects`.
struct Hunt {
    mcp::Context& context;
    query::Pipeline& pipeline;
    Search search;
    std::string database;
    std::string schema;
    Hits hits{search};
    bool complete = true;

    Hunt(mcp::Context& context, query::Pipeline& pipeline, const SearchObjects& given, std::string database,
         std::string schema)
        : context{context},
          pipeline{pipeline},
          search{given.query},
          database{std::move(database)},
          schema{std::move(schema)} {}
};

async::Task<base::Result<query::Rows>> show(Hunt& hunt, std::string text, std::vector<query::Pick> picks) {
    query::Request request;
    request.text = std::move(text);
    request.picks = std::move(picks);
    request.tool = "search_objects";
    auto rows = co_await hunt.pipeline.rows(hunt.context.call(), std::move(request));
    // SHOW itself ends after 10,000 rows.
    if (rows && (!rows->complete() || rows->rows() >= query::Rows::Limits{}.rows)) hunt.complete = false;
    co_return rows;
}

async::Task<base::Result<void>> add_objects(Hunt& hunt) {
    auto rows =
        co_await show(hunt, "SHOW OBJECTS" + catalog::scope(hunt.database, hunt.schema), catalog::object_picks());
    if (!rows) co_return base::fail(std::move(rows.error()));
    for (std::size_t row = 0; row < rows->rows(); ++row) {
        if (row % pieces == pieces - 1) co_await query::let_others_run(hunt.context.call());
        auto object = catalog::object_at(*rows, row);
        if (object.schema == own_schema) continue;
        Hit& hit = hunt.hits.of(std::move(object));
        hunt.search.add_name(hit.scored, hit.object.name);
        hunt.search.add_comment(hit.scored, hit.object.comment);
    }
    co_return base::Result<void>{};
}

async::Task<base::Result<void>> add_schemas(Hunt& hunt) {
    if (!hunt.schema.empty()) co_return base::Result<void>{};
    auto rows = co_await show(hunt, "SHOW SCHEMAS" + catalog::scope(hunt.database, {}),
                              {{.source = "database_name", .name = "database"},
                               {.source = "name", .name = "name"},
                               {.source = "comment", .name = "comment", .optional = true}});
    if (!rows) co_return base::fail(std::move(rows.error()));
    for (std::size_t row = 0; row < rows->rows(); ++row) {
        const std::string name{rows->text(row, 1)};
        if (name == own_schema) continue;
        Hit& hit = hunt.hits.of({.database = std::string{rows->text(row, 0)},
                                 .schema = name,
                                 .name = name,
                                 .kind = "SCHEMA",
                                 .comment = std::string{rows->text(row, 2)}});
        hunt.search.add_name(hit.scored, name);
        hunt.search.add_comment(hit.scored, hit.object.comment);
    }
    co_return base::Result<void>{};
}

async::Task<base::Result<void>> add_columns(Hunt& hunt) {
    if (hunt.search.matches_everything()) co_return base::Result<void>{};
    auto rows = co_await show(hunt, "SHOW COLUMNS" + catalog::scope(hunt.database, hunt.schema),
                              {{.source = "database_name", .name = "database"},
                               {.source = "schema_name", .name = "schema"},
                               {.source = "table_name", .name = "table"},
                               {.source = "column_name", .name = "column"},
                               {.source = "comment", .name = "comment", .optional = true}});
    if (!rows) co_return base::fail(std::move(rows.error()));
    for (std::size_t row = 0; row < rows->rows(); ++row) {
        if (row % pieces == pieces - 1) co_await query::let_others_run(hunt.context.call());
        if (rows->text(row, 1) == own_schema) continue;
        const auto column = rows->text(row, 3);
        auto scored = hunt.search.start();
        if (!hunt.search.add_column(scored, column, rows->text(row, 4))) continue;
        Hit& hit = hunt.hits.of({.database = std::string{rows->text(row, 0)},
                                 .schema = std::string{rows->text(row, 1)},
                                 .name = std::string{rows->text(row, 2)},
                                 .kind = {},
                                 .comment = {}});
        hunt.search.add_column(hit.scored, column, rows->text(row, 4));
        if (hit.columns.size() < most_columns) hit.columns.emplace_back(column);
    }
    co_return base::Result<void>{};
}

const std::vector<backend::Column>& answer_columns() {
    static const std::vector<backend::Column> columns = [] {
        std::vector<backend::Column> all;
        for (const char* name : {"kind", "database", "schema", "name", "comment", "matching_columns"}) {
            all.push_back({.name = name, .type = "VARCHAR", .nullable = true});
        }
        all.push_back({.name = "score", .type = "NUMBER(38,0)", .nullable = false});
        return all;
    }();
    return columns;
}

bool write_hit(query::ResultWriter& writer, const Hit& hit) {
    const auto text = [](const std::string& value) {
        return value.empty() ? backend::Cell::null() : backend::Cell::text(value);
    };
    const std::string comment = base::ellipsize(hit.object.comment, longest_comment);
    std::string columns;
    for (const auto& column : hit.columns) columns += (columns.empty() ? "" : ", ") + query::shown_name(column);
    const std::array<backend::Cell, 7> cells{text(hit.object.kind),
                                             text(hit.object.database),
                                             text(hit.object.schema),
                                             text(hit.object.name),
                                             text(comment),
                                             text(columns),
                                             backend::Cell::integer(hit.score)};
    return writer.add(cells);
}

base::Result<mcp::ToolResult> write_answer(Hunt& hunt, std::size_t limit, base::TimePoint started) {
    const auto& settings = hunt.pipeline.settings();
    auto writer = query::ResultWriter::make(
        answer_columns(), query::Format::markdown,
        {.rows = std::min(limit, settings.max_query_result_rows), .bytes = settings.max_result_bytes});
    if (!writer) return base::fail(std::move(writer.error()));
    const auto ranked = std::move(hunt.hits).ranked();
    for (const auto& hit : ranked) {
        if (!write_hit(*writer, hit)) break;
    }
    query::Facts facts;
    facts.row_count = writer->rows();
    facts.truncated = writer->rows() < ranked.size();
    if (facts.truncated) facts.total_rows = ranked.size();
    facts.elapsed_ms = query::milliseconds(hunt.context.call().worker().now() - started);
    std::string note = ranked.empty() ? std::string{nothing_fits}
                                      : query::make_note(facts, {.more = facts.truncated,
                                                                 .full_of_bytes = !writer->is_full_of_rows(),
                                                                 .max_bytes = settings.max_result_bytes});
    if (!hunt.complete) note += (note.empty() ? "" : " ") + std::string{not_all};
    auto rendered = writer->finish(std::move(facts), std::move(note), 0);
    mcp::ToolResult result;
    result.content = std::move(rendered.content);
    result.structured = std::move(rendered.structured);
    return result;
}

async::Task<base::Result<mcp::ToolResult>> search_objects(mcp::Context& context, query::Pipeline& pipeline,
                                                          SearchObjects given, std::string database,
                                                          std::string schema) {
    const auto started = context.call().worker().now();
    if (!schema.empty() && database.empty()) database = pipeline.default_context().database;
    Hunt hunt{context, pipeline, given, std::move(database), std::move(schema)};
    if (auto done = co_await add_objects(hunt); !done) co_return to_error(std::move(done.error()), mend_scope);
    if (auto done = co_await add_schemas(hunt); !done) co_return to_error(std::move(done.error()), mend_scope);
    if (auto done = co_await add_columns(hunt); !done) co_return to_error(std::move(done.error()), mend_scope);
    co_return write_answer(hunt, static_cast<std::size_t>(given.limit), started);
}

}  // namespace

void add_search_tool(mcp::Registry& registry, const ConnectionsPtr& connections) {
    registry.add(table_tool(
        connections, "search_objects", "Find schemas, tables, views by words in names, comments, columns",
        mcp::Arguments<SearchObjects>{limit_rule},
        [](mcp::Context& context, const Connection& at, SearchObjects given) -> mcp::ToolOutcome {
            auto database = fold_optional("database", given.database);
            if (!database) return base::fail(std::move(database.error()));
            auto schema = fold_optional("schema", given.schema);
            if (!schema) return base::fail(std::move(schema.error()));
            return search_objects(context, at.pipeline, std::move(given), std::move(*database), std::move(*schema));
        }));
}

}  // namespace tools
