#include "admin/process_metrics.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/cgroup.hpp"

namespace {

double value_of(const std::string& page, const std::string& name) {
    const auto at = page.find("\n" + name + " ");
    EXPECT_NE(at, std::string::npos) << name << " is missing";
    return at == std::string::npos ? -1 : std::stod(page.substr(at + name.size() + 2));
}

struct Process {
    base::Metrics metrics;
    base::MemoryBudget budget{{.bytes = std::size_t{64} << 20}};
    async::Workers workers{2};
    admin::ProcessMetrics process{metrics, budget, workers};

    std::string page() const { return metrics.scrape(base::Metrics::Format::prometheus); }
};

TEST(ProcessMetrics, have_the_names_that_dashboards_and_alerts_ask_for) {
    Process process;
    const auto page = process.page();
    EXPECT_GT(value_of(page, "process_cpu_seconds_total"), 0);
    EXPECT_EQ(value_of(page, "process_cpu_limit_cores"), base::cpu_limit_cores());
    EXPECT_GT(value_of(page, "process_memory_bytes"), 1e6);
    EXPECT_EQ(value_of(page, "process_memory_limit_bytes"), 64.0 * 1024 * 1024);
    EXPECT_GE(value_of(page, "mcp_uptime_seconds"), 0);
    EXPECT_GE(value_of(page, "process_open_fds"), 3);
    EXPECT_EQ(value_of(page, "requests_per_second"), 0);
    EXPECT_EQ(value_of(page, "response_time_p95"), 0);
    EXPECT_EQ(value_of(page, "mcp_loop_lag_seconds{worker=\"1\"}"), 0);
    EXPECT_NE(page.find("# TYPE process_cpu_seconds_total counter"), std::string::npos);
}

TEST(ProcessMetrics, hold_resident_memory_against_what_the_whole_process_may_use) {
    base::Metrics metrics;
    const base::MemoryBudget budget{{.bytes = 1000}};
    async::Workers workers{1};
    const admin::ProcessMetrics process{metrics, budget, workers, 5000};
    EXPECT_EQ(value_of(metrics.scrape(base::Metrics::Format::prometheus), "process_memory_limit_bytes"), 5000);
}

TEST(ProcessMetrics, follow_the_memory_budget) {
    Process process;
    const auto lease = process.budget.take(1000);
    EXPECT_EQ(value_of(process.page(), "mcp_memory_budget_used_bytes"), 1000);
}

TEST(ProcessMetrics, show_rate_and_percentile_of_the_requests) {
    Process process;
    auto latency = process.metrics.histogram("mcp_request_duration_seconds", "How long requests took.");
    process.process.tick();
    for (int i = 0; i < 100; ++i) {
        latency.observe(0.003);
    }
    process.process.tick();
    const auto page = process.page();
    EXPECT_GT(value_of(page, "requests_per_second"), 0);
    EXPECT_GT(value_of(page, "response_time_p95"), 2.5);
    EXPECT_LE(value_of(page, "response_time_p95"), 5) << "in milliseconds";
}

}  // namespace
