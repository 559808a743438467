/// All of this server's tools, resources, prompts and completions over a small scripted warehouse.
///
/// The warehouse answers SHOW, DESCRIBE and SELECT as Snowflake does (columns' names and order by its documentation),
/// for the objects that the test puts into it.
#pragma once

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "mcp/registry.hpp"
#include "query/stand.hpp"
#include "tools/register.hpp"
#include "tools/run_handler.hpp"

namespace tools_test {

struct Column {
    std::string name;
    std::string comment;
};

struct Object {
    std::string database;
    std::string schema;
    std::string name;
    std::string kind = "TABLE";
    std::string comment;
    std::vector<Column> columns;
    std::string definition;
};

class ShowRoom {
public:
    explicit ShowRoom(tools::Settings settings = {}, query::Settings limits = {}, sql::Policy policy = {});

    /// What a client gets for a tool's call. `structured` is null where there is none.
    struct Result {
        bool is_error = false;
        boost::json::value content;
        boost::json::value structured;
        std::string text(std::size_t item = 0) const { return std::string{content.at(item).at("text").as_string()}; }
    };
    base::Result<Result> call(std::string_view tool, std::string_view arguments_json);
    /// A call that may take its time: runs when the worker does.
    void start(query_test::Asked<mcp::ToolResult>& asked, std::string_view tool, std::string_view arguments_json);
    base::Result<boost::json::value> read(const std::string& uri);
    base::Result<mcp::ResourcePage> list(std::string after = {});
    base::Result<boost::json::value> prompt(std::string_view name, std::string_view arguments_json);
    base::Result<mcp::Completions> complete(mcp::CompletionRequest asked);

    std::vector<std::string> texts() const { return stand.backend.texts(); }

    query_test::Stand stand;
    mcp::Registry registry;
    std::vector<Object> objects;
    std::optional<base::Error> refusal;  ///< the warehouse's answer to everything
    query_test::Reply selected = query_test::numbers(3);
    Log log;  ///< of the calls that follow

private:
    query_test::Reply reply(const std::string& text) const;
};

/// What of `value` does not fit the schema (type, properties, required, additionalProperties, items, enum); empty:
/// fits.
std::string misfit(const boost::json::value& schema, const boost::json::value& value, const std::string& path = "$");

}  // namespace tools_test
