#include "mcp/session_census.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/sealed_token.hpp"
#include "mcp/line_session.hpp"
#include "mcp/sample_server.hpp"
#include "mcp/server_core.hpp"

namespace {

using namespace std::chrono_literals;
using mcp::SessionCensus;

const base::TimePoint start{100h};

std::string key(int number) { return "session-" + std::to_string(number); }

TEST(SessionCensus, knows_few_sessions_each) {
    SessionCensus census{900s};
    EXPECT_EQ(census.estimate(start), 0U);
    for (int i = 0; i < 3; ++i) {
        census.seen(key(i), start);
        census.seen(key(i), start + 1s);
    }
    EXPECT_EQ(census.estimate(start + 1s), 3U) << "requests of a session do not make more sessions";
}

TEST(SessionCensus, forgets_a_session_that_was_silent_for_too_long) {
    SessionCensus census{900s};
    census.seen("old", start);
    census.seen("busy", start);
    census.seen("busy", start + 600s);
    EXPECT_EQ(census.estimate(start + 900s), 2U) << "just held";
    EXPECT_EQ(census.estimate(start + 901s), 1U) << "just over";
    EXPECT_EQ(census.estimate(start + 1501s), 0U);
}

TEST(SessionCensus, forgets_a_session_that_was_ended) {
    SessionCensus census{900s};
    census.seen("a", start);
    census.seen("b", start);
    census.ended("a");
    EXPECT_EQ(census.estimate(start), 1U);
}

TEST(SessionCensus, estimates_many_within_two_percent) {
    for (const int many : {1'000, 10'000, 100'000}) {
        SessionCensus census{900s};
        for (int i = 0; i < many; ++i) census.seen(key(i), start);
        EXPECT_NEAR(static_cast<double>(census.estimate(start)), many, 0.02 * many);
    }
}

TEST(SessionCensus, more_than_it_can_tell_apart_are_still_many) {
    SessionCensus census{900s};
    for (int i = 0; i < 1'000'000; ++i) census.seen(key(i), start);
    EXPECT_GT(census.estimate(start), 300'000U);
}

TEST(SessionCensus, counts_sessions_of_lines_one_by_one) {
    SessionCensus census{900s};
    census.line_began();
    census.line_began();
    EXPECT_EQ(census.estimate(start), 2U);
    census.line_ended();
    EXPECT_EQ(census.estimate(start + 1000h), 1U) << "open is alive, however silent";
}

TEST(SessionCensus, is_a_metric_that_says_what_it_counts) {
    sample::Time time;
    async::Worker worker{0, [&time] { return time.now(); }};
    const auto sealer = base::TokenSealer::with_random_key();
    base::Metrics metrics;
    auto options = sample::options(time);
    options.now = [&time] { return time.now(); };
    mcp::Server server{sample::registry(), sealer, std::move(options), &metrics};
    const auto page = [&metrics] { return metrics.scrape(base::Metrics::Format::prometheus); };
    EXPECT_NE(page().find("\nmcp_active_sessions_total 0\n"), std::string::npos) << page();
    EXPECT_NE(page().find("# TYPE mcp_active_sessions_total gauge"), std::string::npos);

    const mcp::Caller caller{.worker = worker, .principal = std::make_shared<base::Principal>()};
    const auto lines = mcp::LineSession::make(server, caller, [](base::Payload) {});
    lines->receive(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
                   R"("capabilities":{},"clientInfo":{"name":"c","version":"1"}}})");
    EXPECT_NE(page().find("\nmcp_active_sessions_total 1\n"), std::string::npos) << page();
    lines->close(async::StopReason::client);
    EXPECT_NE(page().find("\nmcp_active_sessions_total 0\n"), std::string::npos) << page();
}

}  // namespace
