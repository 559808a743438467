/// What the house needs to speak to a Snowflake account: the outbound client, the backend, what only Snowflake can do.
///
/// Place: a member of `House`, made where a Snowflake connection is configured. Threads: main's. Lifetime: the workers
/// must have ended before it goes.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/settings.hpp"
#include "async/blocking_pool.hpp"
#include "async/worker.hpp"
#include "backend/pool.hpp"
#include "backend/snowflake/services.hpp"
#include "backend/snowflake/snowflake_backend.hpp"
#include "base/error.hpp"
#include "base/memory_budget.hpp"
#include "base/metrics.hpp"

namespace app {

class SnowflakeConnection {
public:
    struct Ground {
        async::Workers& workers;
        async::BlockingPool& files;
        base::MemoryBudget& memory;
        base::Metrics& metrics;
    };

    /// Nothing is sent. Errors name the setting and the remedy.
    static base::Result<std::unique_ptr<SnowflakeConnection>> open(const Settings& settings, Ground ground);
    ~SnowflakeConnection();

    backend::snowflake::SnowflakeBackend& backend() { return *backend_; }
    /// "Snowflake account x at host".
    std::string describe() const;

    /// Once the pool has logged its sessions out: what still cleans up may end, then is stopped. True: all ended.
    bool shut_down(std::chrono::milliseconds at_most);

private:
    SnowflakeConnection() = default;

    std::string account_;
    std::shared_ptr<net::client::Outbound> outbound_;
    std::unique_ptr<backend::snowflake::SnowflakeBackend> backend_;
};

}  // namespace app
