/// The shared objects of one server process, built in order and taken down in the opposite one.
///
/// Place: `serve` and `stdio` make one; both add their own listeners. Threads: built and taken down by main's; what is
/// inside is shared by the workers. Lifetime: longer than listeners and channels; `shut_down` before destruction.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "access/quotas.hpp"
#include "access/shared_budget.hpp"
#include "admin/health.hpp"
#include "admin/process_metrics.hpp"
#include "app/connection.hpp"
#include "app/quota_meter.hpp"
#include "app/settings.hpp"
#include "async/blocking_pool.hpp"
#include "async/worker.hpp"
#include "base/audit.hpp"
#include "base/memory_budget.hpp"
#include "base/metrics.hpp"
#include "base/sealed_token.hpp"
#include "mcp/server.hpp"
#include "net/client/http_client.hpp"

namespace app {

class House {
public:
    /// Opens the backend. Errors name the setting, file or account and the remedy.
    static base::Result<std::unique_ptr<House>> build(const Settings& settings);

    House(const House&) = delete;
    House& operator=(const House&) = delete;
    ~House();

    async::Workers& workers() { return workers_; }
    base::Metrics& metrics() { return metrics_; }
    base::MemoryBudget& memory() { return memory_; }
    base::Audit& audit() { return audit_; }
    mcp::Server& mcp() { return *mcp_; }
    /// At least one; the first is the default. Without Snowflake it is the embedded database.
    const std::vector<std::unique_ptr<Connection>>& connections() { return connections_; }
    admin::Health& health() { return *health_; }
    access_control::SharedBudget* shared_limits() { return shared_limits_.get(); }  ///< null: no Redis
    /// What operators may look at and do.
    std::vector<base::Probe> probes();
    std::string describe_backend() const;  ///< for the start-up line

    enum class Warm : std::uint8_t { yes, no };
    /// Starts the workers; from here on everything runs. `Warm::no`: no session is opened before somebody asks.
    void start(Warm warm = Warm::yes);
    /// What is still in flight when the grace is over: stopped, so that the backend cancels it.
    void cancel_calls();
    /// Steps 4 and 5 of going down (DESIGN.md section 4), once listeners are closed: gives sessions back, joins tasks
    /// and workers. False where something did not end in time.
    bool shut_down();

private:
    explicit House(const Settings& settings, base::TokenSealer sealer, base::Audit audit);
    void open_limits();
    base::Result<void> open_connections();
    base::Result<void> open_embedded();
    base::Result<void> open_snowflake();
    base::Result<void> open_cache();
    Connection::Ground ground(bool is_alone);
    void open_front();
    admin::Health::Backend backend_health() const;
    tools::ConnectionsPtr register_tools(mcp::Registry& registry);
    void watch_memory();
    void tick();

    const Settings& settings_;
    base::Metrics metrics_;
    base::MemoryBudget memory_;
    base::TokenSealer sealer_;
    base::Audit audit_;
    async::Workers workers_;
    std::unique_ptr<async::BlockingPool> blocking_;
    async::BlockingPool judges_{{.threads = 2}};        // of long texts; threads come with the first
    std::shared_ptr<net::client::Outbound> outbound_;   // null without Snowflake
    std::unique_ptr<backend::Backend> embedded_;        // null with Snowflake
    std::unique_ptr<query::cache::ResultCache> cache_;  // null: nothing is kept
    std::unique_ptr<access_control::SharedBudget> shared_limits_;
    std::unique_ptr<access_control::Quotas> quotas_;
    std::unique_ptr<QuotaMeter> meter_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::unique_ptr<mcp::Server> mcp_;
    std::unique_ptr<admin::Health> health_;
    std::unique_ptr<admin::ProcessMetrics> process_;
    std::unique_ptr<async::DeadlineWheel::Entry> ticker_;
    std::size_t unleased_at_start_ = 0;  // bytes of memory
    bool running_ = false;
};

}  // namespace app
