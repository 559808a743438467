// A result of 100 MB on its way through the pipeline, and a neighbour on the same worker (DESIGN.md section 4).
#include <gtest/gtest.h>

#include <chrono>

#include "async/neighbour.hpp"
#include "tools/embedded_house.hpp"

namespace {

using namespace std::chrono_literals;

TEST(LargeResult, of_100_mb_keeps_no_neighbour_waiting) {
    constexpr std::size_t whole = 100'000'000;
    tools_test::EmbeddedHouse house{{.max_query_result_rows = 100'000, .max_result_bytes = whole + (whole / 10)}};
    async_test::Neighbour neighbour{house.worker()};
    auto result = house.run<mcp::ToolResult>(
        R"sql({"query":"SELECT SEQ4() AS n, REPEAT('0123456789', 100) AS t FROM TABLE(GENERATOR(ROWCOUNT => 50000))",)sql"
        R"sql("limit":60000})sql",
        house.registry.tool("execute_query")->tool.handler);
    neighbour.leave();
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_FALSE(result->is_error) << result->content.to_string();
    EXPECT_GE(result->content.size() + result->structured.size(), whole);
    EXPECT_GE(neighbour.turns(), 1'000) << "it ran between the pieces";
    EXPECT_LT(neighbour.longest_wait(), 50ms);
}

}  // namespace
