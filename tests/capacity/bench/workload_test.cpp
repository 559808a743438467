#include "capacity/bench/workload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "capacity/bench/request_text.hpp"
#include "capacity/bench/zipf.hpp"

namespace capacity::bench {
namespace {

using ::testing::HasSubstr;

TEST(Workload, reads_requests_with_weights_keys_and_expectations) {
    const auto read = parse_workload(R"({"name":"mix","requests":[
        {"tool":"q","arguments":{"sql":"SELECT {{key}}"},"weight":3,"keys":100,"zipf":0.9,"expect":"x"},
        {"method":"tools/list"}]})",
                                     "file");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->name, "mix");
    ASSERT_EQ(read->requests.size(), 2U);
    EXPECT_EQ(read->requests[0].arguments, R"({"sql":"SELECT {{key}}"})");
    EXPECT_EQ(read->requests[0].weight, 3);
    EXPECT_EQ(read->requests[0].key_count(), 100U);
    EXPECT_EQ(read->requests[0].expect, "x");
    EXPECT_EQ(read->requests[1].method, "tools/list");
    EXPECT_EQ(read->requests[1].weight, 1);
}

TEST(Workload, a_zipf_parameter_of_the_file_weighs_requests_by_their_place) {
    const auto read = parse_workload(
        R"({"zipf":1,"requests":[{"tool":"a"},{"tool":"b"},{"tool":"c"},{"tool":"d","weight":9}]})", "f");
    ASSERT_TRUE(read);
    EXPECT_DOUBLE_EQ(read->requests[0].weight, 1);
    EXPECT_DOUBLE_EQ(read->requests[1].weight, 0.5);
    EXPECT_DOUBLE_EQ(read->requests[2].weight, 1.0 / 3);
    EXPECT_DOUBLE_EQ(read->requests[3].weight, 9);
}

TEST(Workload, what_is_wrong_is_named) {
    const std::pair<const char*, const char*> cases[] = {
        {"{\n  \"requests\": [,]\n}", "line 2, column 16"},
        {R"({"requests":[{"tool":"a"}]} x)", "more follows"},
        {R"({"requests":[{"tool":"a"})", "ends too early"},
        {R"([])", "not a JSON object"},
        {R"({"requests":[]})", "not a list of requests"},
        {R"({"requests":[{}]})", "request 1: needs either \"tool\" or \"method\""},
        {R"({"requests":[{"tool":"a","method":"b"}]})", "either"},
        {R"({"requests":[{"tool":"a","wieght":2}]})", "unknown field \"wieght\""},
        {R"({"requests":[{"tool":"a"},{"tool":"b","weight":-1}]})", "request 2: \"weight\""},
        {R"({"requests":[{"tool":"a","weight":0}]})", "weight 0"},
        {R"({"requests":[{"tool":"a","arguments":[]}]})", "\"arguments\" is not an object"},
        {R"({"requests":[{"tool":"a","arguments":{"x":"{{key}}"}}]})", "neither \"keys\" nor \"values\""},
        {R"({"requests":[{"tool":"a","keys":5}]})", "nowhere {{key}}"},
        {R"({"requests":[{"tool":"a","arguments":{"x":"{{key}}"},"keys":1.5}]})", "whole number"},
        {R"({"requests":[{"tool":"a","arguments":{"x":"{{key}}"},"keys":0}]})", "\"keys\""},
        {R"({"requests":[{"tool":"a","arguments":{"x":"{{key}}"},"values":[1]}]})", "not text"},
        {R"({"requests":[{"tool":"a","zipf":1}]})", "\"zipf\""},
        {R"({"requests":[{"tool":"a","expect_regex":"("}]})", "regular expression"},
    };
    for (const auto& [text, why] : cases) {
        const auto read = parse_workload(text, "w.json");
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().kind(), base::Kind::bad_argument);
        EXPECT_THAT(read.error().message(), HasSubstr(why)) << text;
        EXPECT_THAT(read.error().message(), HasSubstr("w.json")) << text;
    }
}

TEST(Workload, an_unknown_tool_is_named_with_the_nearest) {
    const auto workload = single_tool("execute_qeury", "", "", "");
    ASSERT_TRUE(workload);
    const std::vector<ToolFacts> tools{{.name = "list_tables"}, {.name = "execute_query"}};
    const auto known = check_tools(*workload, tools);
    ASSERT_FALSE(known);
    EXPECT_EQ(known.error().kind(), base::Kind::not_found);
    EXPECT_THAT(known.error().message(), HasSubstr("execute_query"));
    EXPECT_TRUE(check_tools(*single_tool("list_tables", "{}", "", ""), tools));
}

TEST(Workload, built_in_never_calls_a_tool_that_may_change_something) {
    const auto unsafe =
        built_in_workload({{.name = "drop"}, {.name = "wipe", .read_only = true, .has_required_arguments = true}});
    EXPECT_EQ(unsafe.requests.front().method, "tools/list");
    const auto safe = built_in_workload({{.name = "drop"}, {.name = "status", .read_only = true}});
    EXPECT_EQ(safe.requests.front().tool, "status");
    EXPECT_EQ(built_in_workload({{.name = "execute_query"}}).requests.front().tool, "execute_query");
}

TEST(RequestText, carries_what_the_stateless_revision_wants) {
    Dialect dialect;
    dialect.target = "/mcp";
    dialect.authority = "host:8000";
    dialect.headers = {{"Authorization", "Bearer t"}};
    const auto workload = single_tool("echo", R"({"region":"eu","n":1})", "", "");
    ToolFacts echo{.name = "echo"};
    echo.headers = {{{"region"}, "Region"}, {{"absent"}, "Absent"}};
    const auto text = RequestText::make(workload->requests[0], dialect, {echo});
    ASSERT_TRUE(text);
    std::string bytes;
    text->render(bytes, 1'234'567'890, 1, "");
    const std::string body = bytes.substr(bytes.find("\r\n\r\n") + 4);
    EXPECT_EQ(body, R"({"jsonrpc":"2.0","id":1234567890,"method":"tools/call","params":{"name":"echo","arguments":)"
                    R"({"region":"eu","n":1},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                    R"("io.modelcontextprotocol/clientInfo":{"name":"snowflake-mcp bench","version":"1"},)"
                    R"("io.modelcontextprotocol/clientCapabilities":{}}}})");
    for (const char* line :
         {"POST /mcp HTTP/1.1\r\n", "Host: host:8000\r\n", "Mcp-Method: tools/call\r\n", "Mcp-Name: echo\r\n",
          "MCP-Protocol-Version: 2026-07-28\r\n", "Mcp-Param-Region: eu\r\n", "Authorization: Bearer t\r\n"}) {
        EXPECT_THAT(bytes, HasSubstr(line));
    }
    EXPECT_THAT(bytes, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
    EXPECT_EQ(bytes.find("Absent"), std::string::npos);
}

TEST(RequestText, splices_keys_session_and_length) {
    Dialect dialect;
    dialect.stateless = false;
    dialect.revision = "2025-06-18";
    dialect.target = "/";
    dialect.authority = "h";
    WorkloadRequest request;
    request.tool = "t";
    request.arguments = R"({"a":"<{{key}}>","b":"{{number}}"})";
    request.keys = 1000;
    const auto text = RequestText::make(request, dialect, {});
    ASSERT_TRUE(text);
    std::string bytes;
    for (const std::uint64_t rank : {7, 999}) {
        text->render(bytes, first_id, rank, "s1");
        const std::string body = bytes.substr(bytes.find("\r\n\r\n") + 4);
        EXPECT_EQ(body,
                  R"({"jsonrpc":"2.0","id":1000000000,"method":"tools/call","params":{"name":"t","arguments":{"a":"<)" +
                      std::to_string(rank) + R"(>","b":)" + std::to_string(rank) + "}}}");
        EXPECT_THAT(bytes, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
        EXPECT_THAT(bytes, HasSubstr("Mcp-Session-Id: s1\r\n"));
        EXPECT_EQ(bytes.find("Mcp-Method"), std::string::npos);
    }
}

TEST(RequestText, values_stand_escaped_in_the_body_and_a_line_on_stdio_has_no_head) {
    Dialect dialect;
    dialect.http = false;
    dialect.stateless = false;
    WorkloadRequest request;
    request.tool = "t";
    request.arguments = R"({"a":"{{key}}"})";
    request.values = {"plain", "with \"quotes\"\n"};
    const auto text = RequestText::make(request, dialect, {});
    ASSERT_TRUE(text);
    std::string bytes;
    text->render(bytes, first_id, 2, "");
    EXPECT_TRUE(bytes.starts_with("{"));
    EXPECT_TRUE(bytes.ends_with("}\n"));
    EXPECT_THAT(bytes, HasSubstr(R"("a":"with \"quotes\"\n")"));
}

TEST(Zipf, ranks_come_as_often_as_the_law_says) {
    for (const double s : {0.0, 0.5, 1.0, 1.7}) {
        constexpr int n = 20;
        constexpr int draws = 200'000;
        const Zipf zipf{n, s};
        Random random{42};
        std::vector<int> counts(n + 1);
        for (int i = 0; i < draws; ++i) {
            const auto rank = zipf.draw(random);
            ASSERT_GE(rank, 1U);
            ASSERT_LE(rank, static_cast<std::uint64_t>(n));
            ++counts[rank];
        }
        double norm = 0;
        for (int k = 1; k <= n; ++k) norm += std::pow(k, -s);
        for (int k = 1; k <= n; ++k) {
            const double expected = draws * std::pow(k, -s) / norm;
            EXPECT_NEAR(counts[static_cast<std::size_t>(k)], expected, 5 * std::sqrt(expected)) << s << ' ' << k;
        }
    }
}

TEST(Zipf, takes_any_number_of_ranks) {
    Random random{1};
    EXPECT_EQ((Zipf{1, 1.0}.draw(random)), 1U);
    const Zipf large{1'000'000'000'000, 1.0};
    for (int i = 0; i < 1000; ++i) EXPECT_LE(large.draw(random), 1'000'000'000'000U);
}

}  // namespace
}  // namespace capacity::bench
