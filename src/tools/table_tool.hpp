/// What tools that answer with a table have in common: output schema, the way through the pipeline, errors.
///
/// Threads: a tool's handler runs on its call's worker.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mcp/schema.hpp"
#include "mcp/tool.hpp"
#include "query/pipeline.hpp"
#include "tools/connections.hpp"

namespace tools {

/// `structuredContent` of every table: what `query::ResultWriter` writes. `extra`: more properties, as members of a
/// JSON object with a comma behind.
std::string table_schema(std::string_view extra = {});

/// A tool that only reads (then idempotence says nothing, by the specification).
mcp::ToolAnnotations read_only();

/// What the model should do next when the warehouse refused; the server's own words.
using Advice = std::string_view;

/// The handler's answer: at once where the pipeline has one, else a task.
/// `long_queries`: for statements that may become tasks; null: none.
mcp::ToolOutcome run(mcp::Context& context, query::Pipeline& pipeline, query::Request request, Advice advice,
                     class LongQueries* long_queries = nullptr);
/// The same as a task's last step.
async::Task<base::Result<mcp::ToolResult>> run_later(mcp::Context& context, query::Pipeline& pipeline,
                                                     query::Request request, Advice advice);

base::Result<mcp::ToolResult> to_result(base::Result<query::Answer> answer, Advice advice);

/// A refusal by the warehouse (`sql`, `not_found`) as a tool error: its words in one item, escaped, and the advice in
/// another. Other errors stay errors, for the one table in `mcp`.
base::Result<mcp::ToolResult> to_error(base::Error error, Advice advice);

/// Arguments and handler of a tool that asks a connection: `handler(Context&, const Connection&, T)`.
template <class T, class F>
void ask_connection(mcp::Tool& tool, const ConnectionsPtr& connections, mcp::Arguments<T> arguments, F handler) {
    auto offered = connections->offer(std::move(arguments));
    tool.input_schema = offered.schema();
    tool.handler = mcp::with_arguments(std::move(offered),
                                       [connections, handler = std::move(handler)](mcp::Context& context, T given) {
                                           return handler(context, connections->of(context), std::move(given));
                                       });
}

/// A tool with typed arguments that asks a connection, and whose output is a table.
template <class T, class F>
mcp::Tool table_tool(const ConnectionsPtr& connections, std::string_view name, std::string_view description,
                     mcp::Arguments<T> arguments, F handler) {
    mcp::Tool tool;
    tool.name = std::string{name};
    tool.description = std::string{description};
    tool.output_schema = table_schema();
    tool.annotations = read_only();
    ask_connection(tool, connections, std::move(arguments), std::move(handler));
    return tool;
}

/// `Kind::bad_argument` where the optional name is given and is none; an absent one is the empty text.
base::Result<std::string> fold_optional(std::string_view argument, const std::optional<std::string>& name);

}  // namespace tools
