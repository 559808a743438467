/// The client of one Snowflake account. Outbound connections are shared by all accounts (CLIENT_POOL_SIZE is the
/// process's total).
///
/// Place: in a `Connection`. Threads: main's. Lifetime: the workers
/// must have ended before it goes.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/settings.hpp"
#include "async/blocking_pool.hpp"
#include "async/worker.hpp"
#include "backend/snowflake/snowflake_backend.hpp"
#include "base/error.hpp"
#include "base/memory_budget.hpp"

namespace app {

class SnowflakeConnection {
public:
    struct Ground {
        async::Workers& workers;
        async::BlockingPool& files;
        base::MemoryBudget& memory;
        std::shared_ptr<net::client::Outbound> outbound;
    };

    /// Nothing is sent. Errors name the setting and the remedy.
    static base::Result<std::unique_ptr<SnowflakeConnection>> open(const backend::snowflake::Connection& named,
                                                                   Ground ground);
    ~SnowflakeConnection();

    backend::snowflake::SnowflakeBackend& backend() { return *backend_; }
    const backend::snowflake::Settings& settings() const { return backend_->settings(); }
    /// "Snowflake account x at host".
    std::string describe() const;

    /// Once the pool has logged its sessions out: what still cleans up may end, then is stopped. True: all ended.
    bool shut_down(std::chrono::milliseconds at_most);

private:
    SnowflakeConnection() = default;

    std::string account_;
    std::unique_ptr<backend::snowflake::SnowflakeBackend> backend_;
};

}  // namespace app
