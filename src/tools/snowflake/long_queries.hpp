/// `execute_query` for clients that take tasks (extension io.modelcontextprotocol/tasks): the statement is submitted,
/// waited for a while, and goes on as a task where it takes longer.
///
/// The task's handle is the query's id: a task begun on one replica is read on another, and needs neither. Place: one a
/// connection. Threads: any worker. Lifetime: `stop` and `join` before destruction.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/task_group.hpp"
#include "backend/snowflake/services.hpp"
#include "mcp/task.hpp"
#include "query/flights.hpp"
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

    void stop();
    bool join(std::chrono::milliseconds at_most);

private:
    using PlanPtr = std::shared_ptr<const query::Plan>;
    /// A statement that has its answer, or goes on by itself.
    struct Begun {
        query::Landed landed;
        bool is_read = false;
    };
    async::Task<base::Result<query::Landed>> fly(async::Call& call, PlanPtr plan);
    async::Task<base::Result<Begun>> submit(async::Call& call, PlanPtr plan);
    async::Task<base::Result<Begun>> submit_anew(async::Call& call, PlanPtr plan);
    void cancel_behind(async::Call& call, const std::string& query_id);

    std::string connection_;
    query::Pipeline& pipeline_;
    backend::snowflake::Services& services_;
    std::chrono::seconds task_after_;
    async::TaskGroup clean_up_;  // of queries that nobody waits for any more
    query::Flights flights_;     // last: they use the above
};

/// For the registry: tasks of every connection. One whose connection is not configured (any more) is unknown. Those
/// named must outlive it.
mcp::TaskSource task_source(std::vector<SubmittedQueries*> of);

}  // namespace tools::snowflake
