#include "base/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/temporary_folder.hpp"

namespace {

using base::Metrics;

constexpr auto prometheus = Metrics::Format::prometheus;
constexpr auto open_metrics = Metrics::Format::open_metrics;

TEST(Metrics, counts_and_shows_counters_with_labels) {
    Metrics metrics;
    auto ok = metrics.counter("mcp_requests_total", "Requests.", {{"method", "tools/call"}, {"status", "ok"}});
    auto failed = metrics.counter("mcp_requests_total", "Requests.", {{"method", "tools/call"}, {"status", "error"}});
    ok.add();
    ok.add(2);
    EXPECT_EQ(ok.value(), 3u);
    EXPECT_EQ(failed.value(), 0u);
    EXPECT_EQ(metrics.scrape(prometheus),
              "# HELP mcp_requests_total Requests.\n# TYPE mcp_requests_total counter\n"
              "mcp_requests_total{method=\"tools/call\",status=\"ok\"} 3\n"
              "mcp_requests_total{method=\"tools/call\",status=\"error\"} 0\n");
    EXPECT_EQ(metrics.scrape(open_metrics),
              "# HELP mcp_requests Requests.\n# TYPE mcp_requests counter\n"
              "mcp_requests_total{method=\"tools/call\",status=\"ok\"} 3\n"
              "mcp_requests_total{method=\"tools/call\",status=\"error\"} 0\n# EOF\n");
}

TEST(Metrics, gives_the_same_counter_to_whoever_asks_for_the_same) {
    Metrics metrics;
    auto a = metrics.counter("x_total", "X.");
    auto b = metrics.counter("x_total", "X.");
    a.add();
    b.add();
    EXPECT_EQ(a.value(), 2u);
}

TEST(Metrics, sets_and_adds_to_gauges) {
    Metrics metrics;
    auto gauge = metrics.gauge("pool_connections_active", "Active.");
    gauge.set(2.5);
    gauge.add(-1);
    EXPECT_EQ(gauge.value(), 1.5);
    EXPECT_NE(metrics.scrape(prometheus).find("\npool_connections_active 1.5\n"), std::string::npos);
}

TEST(Metrics, reads_functions_at_the_scrape) {
    Metrics metrics;
    double cpu = 1.25;
    metrics.counter_function("process_cpu_seconds_total", "CPU.", {}, [&] { return cpu; });
    metrics.gauge_function("mcp_active_sessions_total", "Sessions.", {}, [] { return 7; });
    EXPECT_NE(metrics.scrape(prometheus).find("\nprocess_cpu_seconds_total 1.25\n"), std::string::npos);
    cpu = 2;
    const std::string page = metrics.scrape(open_metrics);
    EXPECT_NE(page.find("# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total 2\n"), std::string::npos);
    EXPECT_NE(page.find("# TYPE mcp_active_sessions_total gauge\nmcp_active_sessions_total 7\n"), std::string::npos)
        << "a gauge keeps its name";
}

TEST(Metrics, shows_histograms_with_cumulated_buckets) {
    Metrics metrics;
    auto histogram = metrics.histogram("h_seconds", "H.", {{"a", "b"}}, {0.1, 1, 10});
    histogram.observe(0.05);
    histogram.observe(0.1);
    histogram.observe(0.5);
    histogram.observe(100);
    EXPECT_EQ(histogram.count(), 4u);
    EXPECT_DOUBLE_EQ(histogram.sum(), 100.65);
    EXPECT_EQ(metrics.scrape(prometheus),
              "# HELP h_seconds H.\n# TYPE h_seconds histogram\n"
              "h_seconds_bucket{a=\"b\",le=\"0.1\"} 2\nh_seconds_bucket{a=\"b\",le=\"1\"} 3\n"
              "h_seconds_bucket{a=\"b\",le=\"10\"} 3\nh_seconds_bucket{a=\"b\",le=\"+Inf\"} 4\n"
              "h_seconds_sum{a=\"b\"} 100.65\nh_seconds_count{a=\"b\"} 4\n");
    EXPECT_NE(metrics.scrape(open_metrics).find("le=\"10.0\"} 3\n"), std::string::npos);
}

TEST(Metrics, names_small_bounds_as_people_write_them) {
    Metrics metrics;
    metrics.histogram("h_seconds", "H.").observe(0.0004);
    EXPECT_NE(metrics.scrape(prometheus).find("h_seconds_bucket{le=\"0.0005\"} 1\n"), std::string::npos);
}

TEST(Metrics, reads_quantiles_as_prometheus_does) {
    Metrics metrics;
    auto histogram = metrics.histogram("h_seconds", "H.", {}, {1, 2, 4});
    EXPECT_TRUE(std::isnan(histogram.quantile(0.5)));
    for (int i = 0; i < 10; ++i) {
        histogram.observe(0.5);
        histogram.observe(1.5);
    }
    EXPECT_DOUBLE_EQ(histogram.quantile(0.5), 1.0);
    EXPECT_DOUBLE_EQ(histogram.quantile(0.25), 0.5);
    EXPECT_DOUBLE_EQ(histogram.quantile(0.75), 1.5);
    EXPECT_DOUBLE_EQ(histogram.quantile(1), 2.0);
    for (int i = 0; i < 1000; ++i) {
        histogram.observe(50);
    }
    EXPECT_DOUBLE_EQ(histogram.quantile(0.95), 4.0) << "what is above all bounds is answered as the last of them";
}

TEST(Metrics, carries_the_last_trace_of_a_bucket_as_its_exemplar) {
    Metrics metrics;
    auto histogram = metrics.histogram("h_seconds", "H.", {}, {1, 2});
    histogram.observe(0.5, "0af7651916cd43dd8448eb211c80319c");
    histogram.observe(0.25, "00000000000000000000000000000abc");
    histogram.observe(1.5, "not a trace id");
    const std::string page = metrics.scrape(open_metrics);
    EXPECT_NE(page.find("h_seconds_bucket{le=\"1.0\"} 2 # {trace_id=\"00000000000000000000000000000abc\"} 0.25 1"),
              std::string::npos)
        << page;
    EXPECT_NE(page.find("h_seconds_bucket{le=\"2.0\"} 3\n"), std::string::npos);
    EXPECT_EQ(metrics.scrape(prometheus).find("trace_id"), std::string::npos);
}

TEST(Metrics, escapes_help_and_labels) {
    Metrics metrics;
    metrics.counter("x_total", "back\\slash \"quote\"\nline", {{"l", "back\\slash \"quote\"\nline"}});
    EXPECT_EQ(metrics.scrape(prometheus),
              "# HELP x_total back\\\\slash \"quote\"\\nline\n# TYPE x_total counter\n"
              "x_total{l=\"back\\\\slash \\\"quote\\\"\\nline\"} 0\n");
    EXPECT_NE(metrics.scrape(open_metrics).find("# HELP x back\\\\slash \\\"quote\\\"\\nline\n"), std::string::npos);
}

TEST(Metrics, refuses_what_would_break_the_page) {
    Metrics metrics;
    metrics.counter("x_total", "X.");
    EXPECT_THROW(metrics.counter("x", "no _total"), std::invalid_argument);
    EXPECT_THROW(metrics.gauge("1x", ""), std::invalid_argument);
    EXPECT_THROW(metrics.gauge("x-y", ""), std::invalid_argument);
    EXPECT_THROW(metrics.gauge("", ""), std::invalid_argument);
    EXPECT_THROW(metrics.gauge("x_total", "X."), std::invalid_argument) << "another type";
    EXPECT_THROW(metrics.counter("x_total", "Y."), std::invalid_argument) << "another help";
    EXPECT_THROW(metrics.gauge("y", "", {{"le", "1"}}), std::invalid_argument);
    EXPECT_THROW(metrics.gauge("y", "", {{"a:b", "1"}}), std::invalid_argument);
    EXPECT_THROW(metrics.histogram("h", "", {}, {2, 1}), std::invalid_argument);
    metrics.histogram("h2", "", {}, {1, 2});
    EXPECT_THROW(metrics.histogram("h2", "", {}, {1, 3}), std::invalid_argument);
    metrics.gauge_function("f", "", {}, [] { return 1; });
    EXPECT_THROW(metrics.gauge("f", ""), std::invalid_argument);
}

TEST(Metrics, chooses_the_format_by_the_accept_header) {
    EXPECT_EQ(Metrics::negotiate(""), prometheus);
    EXPECT_EQ(Metrics::negotiate("*/*"), prometheus);
    EXPECT_EQ(Metrics::negotiate("text/plain"), prometheus);
    EXPECT_EQ(Metrics::negotiate("application/openmetrics-text"), open_metrics);
    EXPECT_EQ(Metrics::negotiate("application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;"
                                 "version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
              open_metrics)
        << "what Prometheus sends";
    EXPECT_EQ(Metrics::negotiate("text/plain;q=1, application/openmetrics-text; q=0.5"), prometheus);
    EXPECT_EQ(Metrics::negotiate("application/openmetrics-text;q=0"), prometheus);
    EXPECT_EQ(Metrics::content_type(prometheus), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(Metrics::content_type(open_metrics), "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST(Metrics, lose_nothing_with_more_threads_than_cells_while_being_scraped) {
    Metrics metrics;
    auto counter = metrics.counter("x_total", "X.");
    auto histogram = metrics.histogram("h_seconds", "H.", {}, {1});
    std::vector<std::thread> threads;
    for (int t = 0; t < 48; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                counter.add();
                histogram.observe(0.5, "0af7651916cd43dd8448eb211c80319c");
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(metrics.scrape(open_metrics).empty());
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(counter.value(), 24000u);
    EXPECT_EQ(histogram.count(), 24000u);
    EXPECT_DOUBLE_EQ(histogram.sum(), 12000.0);
}

TEST(Metrics, pass_the_judgement_of_promtool) {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
        GTEST_SKIP() << "promtool is not installed";
    }
    Metrics metrics;
    metrics.counter("mcp_requests_total", "Requests by \"method\" \\ status.", {{"method", "a\"b\\c\nd"}}).add(3);
    metrics.gauge("pool_connections_active", "Sessions that run something.").set(0.1);
    metrics.histogram("mcp_request_duration_seconds", "How long requests took.", {{"method", "x"}}).observe(0.2);
    metrics.counter_function("process_cpu_seconds_total", "CPU time.", {}, [] { return 12.5; });
    const base_test::TemporaryFolder folder;
    const auto page = folder.write("page", metrics.scrape(prometheus));
    EXPECT_EQ(std::system(("promtool check metrics < " + page).c_str()), 0);
}

}  // namespace
