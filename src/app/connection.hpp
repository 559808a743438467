/// A configured account (or the embedded database) with all that stands on it: its pool, its pipeline, what only
/// Snowflake can do.
///
/// Place: members of `House`, one a connection. They share workers, memory, cache, audit and the outbound client; each
/// has its own sessions and its own door (MAX_CONCURRENT_REQUESTS, REQUEST_QUEUE_SIZE), so that an account that is down
/// or slow stops nobody who asks another. Threads: main's; what is inside is shared by the workers. Lifetime: the steps
/// of going down are called in order (`House::shut_down`) before it goes.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.hpp"
#include "app/snowflake_connection.hpp"
#include "async/blocking_pool.hpp"
#include "backend/pool.hpp"
#include "backend/snowflake/services.hpp"
#include "base/audit.hpp"
#include "base/memory_budget.hpp"
#include "base/metrics.hpp"
#include "base/probe.hpp"
#include "base/sealed_token.hpp"
#include "query/pipeline.hpp"
#include "tools/connections.hpp"
#include "tools/snowflake/long_queries.hpp"

namespace app {

class Connection {
public:
    /// What all connections share; outlives them.
    struct Ground {
        const Settings& settings;
        base::MemoryBudget& memory;
        const base::TokenSealer& sealer;
        base::Metrics& metrics;
        base::Audit& audit;
        query::cache::ResultCache* cache;  ///< null: nothing is kept
        async::BlockingPool& judges;
        query::Meter& meter;
        bool is_alone;  ///< the only connection: its metrics need no label
    };

    /// The embedded database, which outlives it.
    Connection(backend::Backend& embedded, const Ground& ground);
    Connection(std::string name, std::unique_ptr<SnowflakeConnection> snowflake, const Ground& ground);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    const std::string& name() const { return name_; }
    const backend::Backend& backend() const { return backend_; }
    backend::Pool& pool() { return pool_; }
    query::Pipeline& pipeline() { return pipeline_; }
    SnowflakeConnection* snowflake() { return snowflake_.get(); }                       ///< null: the embedded database
    backend::snowflake::Services* services() { return services_.get(); }                ///< likewise
    tools::snowflake::SubmittedQueries* long_queries() { return long_queries_.get(); }  ///< likewise
    std::string describe() const;  ///< "Snowflake account x at host"
    tools::Connection for_tools();
    /// Of its pool and pipeline: "pool", "query"; with its name behind a colon where it is not alone.
    std::vector<base::Probe> probes(bool is_alone);

    /// Logins fail and no session is left. Where no session is kept in stock nobody but a caller would find out that
    /// they work again, so then it never is.
    bool is_cut_off() const;

    /// Going down, each step for all connections before the next: what is to stop, then what is waited for.
    void stop_long_queries();
    bool join_long_queries(std::chrono::milliseconds at_most);
    void stop_pipeline() { pipeline_.stop(async::StopReason::drain); }
    bool join_pipeline(std::chrono::milliseconds at_most) { return pipeline_.join(at_most); }
    void stop_pool() { pool_.stop(async::StopReason::drain); }
    bool join_pool(std::chrono::milliseconds at_most) { return pool_.join(at_most); }
    bool shut_down_client(std::chrono::milliseconds at_most);

private:
    Connection(std::string name, backend::Backend& backend, std::unique_ptr<SnowflakeConnection> snowflake,
               const Ground& ground);
    void add_services(const Settings& settings);

    std::string name_;
    std::unique_ptr<SnowflakeConnection> snowflake_;
    backend::Backend& backend_;
    int kept_in_stock_;
    backend::Pool pool_;
    query::Pipeline pipeline_;
    std::unique_ptr<backend::snowflake::Services> services_;
    std::unique_ptr<tools::snowflake::SubmittedQueries> long_queries_;
};

}  // namespace app
