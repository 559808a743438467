/// `execute_query` for clients that take tasks (extension io.modelcontextprotocol/tasks): the statement is submitted,
/// waited for a while, and goes on as a task where it takes longer.
///
/// The task's handle is the query's id: a task begun on one replica is read on another, and needs neither. Place: one a
/// connection. Threads: any worker. Lifetime: `stop` and `join` before destruction.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "async/task_group.hpp"
#include "backend/snowflake/services.hpp"
#include "mcp/task.hpp"
#include "tools/long_queries.hpp"
#include "tools/snowflake/query_handle.hpp"

namespace tools::snowflake {

class SubmittedQueries final : public LongQueries {
public:
    /// `connection`: its name, which tasks carry.
    SubmittedQueries(std::string connection, query::Pipeline& pipeline, backend::snowflake::Services& services,
                     std::chrono::seconds task_after)
        : connection_{std::move(connection)}, pipeline_{pipeline}, services_{services}, task_after_{task_after} {}

    bool serves(const mcp::Context& context) const override;
    async::Task<base::Result<mcp::ToolResult>> run(mcp::Context& context, query::Plan plan, Advice advice) override;

    /// Where a task of this connection stands; and its end.
    async::Task<base::Result<mcp::TaskState>> state(mcp::Context& context, QueryHandle handle);
    async::Task<base::Result<mcp::TaskNoted>> cancel(mcp::Context& context, QueryHandle handle);
    const std::string& connection() const { return connection_; }

    void stop() { clean_up_.stop(async::StopReason::drain); }
    bool join(std::chrono::milliseconds at_most) { return clean_up_.join(at_most); }

private:
    void cancel_behind(async::Call& call, const std::string& query_id);

    std::string connection_;
    query::Pipeline& pipeline_;
    backend::snowflake::Services& services_;
    std::chrono::seconds task_after_;
    async::TaskGroup clean_up_;  // of queries that nobody waits for any more
};

/// For the registry: tasks of every connection. One whose connection is not configured (any more) is unknown. Those
/// named must outlive it.
mcp::TaskSource task_source(std::vector<SubmittedQueries*> of);

}  // namespace tools::snowflake
