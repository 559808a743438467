/// Statements that may outlive their call: what `execute_query` asks where a backend has such.
///
/// Place: between the tools of every backend and those of one (`tools/snowflake`). Threads: the call's worker.
#pragma once

#include "async/task.hpp"
#include "mcp/context.hpp"
#include "mcp/tool.hpp"
#include "query/pipeline.hpp"
#include "tools/table_tool.hpp"

namespace tools {

class LongQueries {
public:
    virtual ~LongQueries() = default;
    /// May this client's statements become tasks?
    virtual bool serves(const mcp::Context& context) const = 0;
    /// The answer where it comes soon, else a task that any replica can go on with.
    virtual async::Task<base::Result<mcp::ToolResult>> run(mcp::Context& context, query::Plan plan, Advice advice) = 0;
};

}  // namespace tools
