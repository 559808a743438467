#include "admin/metrics_page.hpp"

#include <gtest/gtest.h>

#include <string>

#include "admin/asked_page.hpp"

namespace {

using admin_test::AskedPage;

struct Page : AskedPage {
    base::Metrics metrics;
    explicit Page(const std::vector<std::string>& allowed) {
        metrics.counter("mcp_requests_total", "Requests.").add(3);
        admin::mount_guarded_metrics(routes, metrics, admin::parse_networks(allowed).value());
    }
    int status_from(const std::string& address, bool loopback, std::vector<net::Header> headers = {}) {
        peer = {.address = address, .port = 1, .loopback = loopback};
        headers.push_back({.name = "Host", .value = "x"});
        return get("/metrics", std::move(headers)).status;
    }
};

TEST(MetricsPage, answers_in_the_format_that_is_asked_for) {
    AskedPage page;
    base::Metrics metrics;
    metrics.counter("mcp_requests_total", "Requests.").add(3);
    admin::mount_metrics(page.routes, metrics);
    const auto plain = page.get("/metrics");
    EXPECT_EQ(plain.status, 200);
    EXPECT_EQ(plain.type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_NE(plain.body.find("\nmcp_requests_total 3\n"), std::string::npos);
    const auto open = page.get("/metrics", {{.name = "Accept", .value = "application/openmetrics-text"}});
    EXPECT_EQ(open.type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    EXPECT_TRUE(open.body.ends_with("# EOF\n"));
}

TEST(MetricsPage, shows_itself_on_the_public_port_to_the_networks_named_and_nobody_else) {
    Page page{{"127.0.0.0/8", "::1/128", "10.0.0.0/8"}};
    EXPECT_EQ(page.status_from("127.0.0.1", true), 200);
    EXPECT_EQ(page.status_from("::1", true), 200);
    EXPECT_EQ(page.status_from("10.20.30.40", false), 200);
    EXPECT_EQ(page.status_from("11.0.0.1", false), 403);
    EXPECT_EQ(page.status_from("2001:db8::1", false), 403);
}

TEST(MetricsPage, does_not_take_a_request_that_came_through_a_proxy_for_a_local_one) {
    Page page{{"127.0.0.0/8", "10.0.0.0/8"}};
    for (const char* const name :
         {"Forwarded", "X-Forwarded-For", "x-forwarded-proto", "X-Real-IP", "X-Forwarded-Host"}) {
        EXPECT_EQ(page.status_from("127.0.0.1", true, {{.name = name, .value = "127.0.0.1"}}), 403) << name;
    }
}

}  // namespace
