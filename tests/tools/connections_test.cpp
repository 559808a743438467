// Several accounts in one server: which one a call asks, and that nothing of one is ever taken for the other's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "mcp/registry.hpp"
#include "query/stand.hpp"
#include "tools/connections.hpp"
#include "tools/register.hpp"
#include "tools/run_handler.hpp"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace json = boost::json;

query_test::Reply answer(const std::string& text) { return query_test::table({"WHO"}, {{text}}); }

tools::Choice choice(std::vector<std::string> names) {
    tools::Choice choice{.offered = names.size() > 1, .names = names, .choose = {}, .allows = {}};
    choice.choose = [names](std::string_view argument, std::string_view written) -> base::Result<std::string> {
        if (std::ranges::find(names, written) != names.end()) return std::string{written};
        return base::fail(base::Error{base::Kind::denied, "may not be asked for here"}.about(std::string{argument}));
    };
    return choice;
}

/// "prod" and "dev": one memory, one cache, one key; two warehouses that say the same of themselves.
class TwoAccounts {
public:
    explicit TwoAccounts(query::cache::Settings cache = {}) : prod_{{}, {}, {}, cache} {
        prod_.backend.reply = [](const backend::Statement&) { return answer("prod"); };
        dev.reply = [](const backend::Statement&) { return answer("dev"); };
        connections = std::make_shared<const tools::Connections>(std::vector<tools::Connection>{
            {.name = "prod", .pipeline = prod_.pipeline, .choices = {.roles = choice({"ANALYST"}), .warehouses = {}}},
            {.name = "dev",
             .pipeline = dev_pipeline_,
             .choices = {.roles = choice({"DEVELOPER", "ANALYST"}), .warehouses = {}}}});
        tools::register_all(registry, connections, {});
        registry.freeze();
    }
    ~TwoAccounts() {
        prod_.calls.stop(async::StopReason::drain);
        dev_pipeline_.stop(async::StopReason::drain);
        prod_.worker.settle();
        dev_pool_.stop(async::StopReason::drain);
        prod_.worker.settle();
        dev_pool_.join(std::chrono::milliseconds{0});
    }

    void start(query_test::Asked<mcp::ToolResult>& asked, std::string_view tool, std::string_view arguments) {
        const auto object = json::parse(arguments).as_object();
        const auto& handler = registry.tool(tool)->tool.handler;
        prod_.start(asked, [object, handler](async::Call& call) {
            return tools_test::run_handler<mcp::ToolResult>(call, object, handler);
        });
    }
    /// Structured content, `cache` beside it; or "refused: …".
    json::value call(std::string_view tool, std::string_view arguments) {
        query_test::Asked<mcp::ToolResult> asked;
        start(asked, tool, arguments);
        prod_.finish(asked);
        auto& result = *asked.answer;
        if (!result) return json::value{"refused: " + result.error().message()};
        auto answered = json::parse(result->structured.to_string());
        if (!result->meta_json.empty()) {
            answered.as_object()["cache"] = json::parse(result->meta_json).at("snowflake-mcp/cache").at("status");
        }
        return answered;
    }
    std::string who(std::string_view tool, std::string_view arguments) {
        const auto answered = call(tool, arguments);
        return answered.is_string() ? answered.as_string().c_str()
                                    : answered.at("rows").at(0).at(0).as_string().c_str();
    }
    json::value schema(std::string_view tool) const {
        return json::parse(registry.tool(tool)->tool.input_schema).at("properties");
    }

    void pass(std::chrono::milliseconds time) { prod_.worker.pass(time); }
    query_test::ScriptedBackend& prod() { return prod_.backend; }
    base::Metrics& metrics() { return prod_.metrics; }

private:
    query_test::Stand prod_;

public:
    query_test::ScriptedBackend dev;

private:
    backend::Pool dev_pool_{dev, {}, [this] { return prod_.worker.now(); }};
    query::Pipeline dev_pipeline_{query::Pipeline::Services{.backend = dev,
                                                            .pool = dev_pool_,
                                                            .memory = prod_.memory,
                                                            .sealer = prod_.sealer,
                                                            .metrics = prod_.metrics,
                                                            .cache = &prod_.cache(),
                                                            .coalesce = true,
                                                            .connection = "dev",
                                                            .labels = {{"connection", "dev"}},
                                                            .wall_now = [this] { return prod_.wall_now; }},
                                  query::GuardStage{{}},
                                  {}};

public:
    std::shared_ptr<const tools::Connections> connections;
    mcp::Registry registry;
};

constexpr std::string_view same_text = R"({"query":"SELECT 1"})";
constexpr std::string_view same_text_of_dev = R"({"query":"SELECT 1","connection":"dev"})";

TEST(Connections, every_tool_offers_them_where_there_are_several) {
    TwoAccounts two;
    for (const char* tool :
         {"search_objects", "describe_table", "describe_view", "execute_query", "query_view", "sample_table",
          "explain_query", "list_databases", "list_schemas", "list_tables", "list_views", "list_warehouses"}) {
        const auto properties = two.schema(tool);
        ASSERT_TRUE(properties.as_object().contains("connection")) << tool;
        EXPECT_EQ(properties.at("connection").at("enum"), json::parse(R"(["prod","dev"])")) << tool;
        EXPECT_EQ(properties.at("connection").at("default"), "prod") << tool;
    }
    EXPECT_THAT(tools::instructions(*two.connections), HasSubstr("prod, dev"));
}

TEST(Connections, none_are_offered_where_there_is_one) {
    query_test::Stand stand;
    mcp::Registry registry;
    tools::register_all(registry, stand.pipeline, {});
    registry.freeze();
    EXPECT_THAT(registry.tool("execute_query")->tool.input_schema, Not(HasSubstr("connection")));
    const tools::Connections one{{{.name = "prod", .pipeline = stand.pipeline}}};
    EXPECT_THAT(tools::instructions(one), Not(HasSubstr("connection")));
}

TEST(Connections, a_call_asks_the_first_unless_it_names_another) {
    TwoAccounts two;
    EXPECT_EQ(two.who("execute_query", same_text), "prod");
    EXPECT_EQ(two.who("execute_query", same_text_of_dev), "dev");
    EXPECT_EQ(two.who("execute_query", R"({"query":"SELECT 1","connection":null})"), "prod");
    EXPECT_THAT(two.who("execute_query", R"({"query":"SELECT 1","connection":"test"})"), HasSubstr("must be one of"));
}

TEST(Connections, the_same_text_is_kept_apart) {
    TwoAccounts two;
    EXPECT_EQ(two.call("execute_query", same_text).at("cache"), "miss");
    const auto other = two.call("execute_query", same_text_of_dev);
    EXPECT_EQ(other.at("cache"), "miss");
    EXPECT_EQ(other.at("rows"), json::parse(R"([["dev"]])"));
    const auto again = two.call("execute_query", same_text);
    EXPECT_EQ(again.at("cache"), "hit");
    EXPECT_EQ(again.at("rows"), json::parse(R"([["prod"]])"));
    EXPECT_EQ(two.call("execute_query", same_text_of_dev).at("rows"), json::parse(R"([["dev"]])"));
    EXPECT_THAT(two.prod().texts(), ElementsAre("SELECT 1"));
    EXPECT_THAT(two.dev.texts(), ElementsAre("SELECT 1"));
}

TEST(Connections, calls_in_flight_join_those_of_their_own_connection_only) {
    TwoAccounts two;
    const auto waiting = [](std::string who) {
        return [who](const backend::Statement&) {
            auto reply = answer(who);
            reply.waits = true;
            return reply;
        };
    };
    two.prod().reply = waiting("prod");
    two.dev.reply = waiting("dev");
    query_test::Asked<mcp::ToolResult> asked[4];
    for (int i = 0; i < 4; ++i) two.start(asked[i], "execute_query", i % 2 == 0 ? same_text : same_text_of_dev);
    EXPECT_THAT(two.prod().texts(), ElementsAre("SELECT 1"));
    EXPECT_THAT(two.dev.texts(), ElementsAre("SELECT 1"));
}

TEST(Connections, a_cursor_goes_on_where_it_came_from) {
    TwoAccounts two;
    two.prod().reply = two.dev.reply = [](const backend::Statement&) { return query_test::numbers(5); };
    const auto first = two.call("execute_query", R"({"query":"SELECT N","limit":2,"connection":"dev"})");
    const std::string cursor{first.at("cursor").as_string()};
    const auto with = [&](std::string_view connection) {
        return json::serialize(
            json::object{{"query", "SELECT N"}, {"limit", 2}, {"cursor", cursor}, {"connection", connection}});
    };
    EXPECT_EQ(two.call("execute_query", with("dev")).at("rows"), json::parse("[[3],[4]]"));
    EXPECT_THAT(two.who("execute_query", with("prod")), HasSubstr("the cursor is unknown"));
    EXPECT_THAT(two.prod().texts(), ElementsAre());
}

TEST(Connections, one_that_is_down_does_not_stop_the_other) {
    TwoAccounts two;
    two.prod().login_error = base::Error{base::Kind::unavailable, "nobody answers"};
    query_test::Asked<mcp::ToolResult> waits;
    two.start(waits, "execute_query", same_text);
    EXPECT_FALSE(waits.done()) << "the login is tried again, a little later";
    EXPECT_EQ(two.who("execute_query", same_text_of_dev), "dev");
    for (int tries = 0; tries < 600 && !waits.done(); ++tries) two.pass(std::chrono::milliseconds{100});
    ASSERT_TRUE(waits.done());
    ASSERT_FALSE(*waits.answer);
    EXPECT_THAT(waits.answer->error().message(), HasSubstr("nobody answers"));
}

TEST(Connections, roles_of_all_are_offered_and_each_judges_its_own) {
    TwoAccounts two;
    EXPECT_EQ(two.schema("execute_query").at("role").at("enum"), json::parse(R"(["ANALYST","DEVELOPER"])"));
    EXPECT_EQ(two.who("execute_query", R"({"query":"SELECT 1","role":"DEVELOPER","connection":"dev"})"), "dev");
    EXPECT_EQ(two.dev.ran.back().context.role, "DEVELOPER");
    EXPECT_THAT(two.who("execute_query", R"({"query":"SELECT 1","role":"DEVELOPER"})"),
                HasSubstr("may not be asked for here"));
    EXPECT_FALSE(two.schema("execute_query").as_object().contains("warehouse"));
}

TEST(Connections, figures_say_whose_they_are) {
    TwoAccounts two;
    two.who("execute_query", same_text_of_dev);
    const auto page = two.metrics().scrape(base::Metrics::Format::prometheus);
    EXPECT_THAT(page, HasSubstr(R"(mcp_queries_total{connection="dev",status="success"} 1)"));
    EXPECT_THAT(page, HasSubstr(R"(mcp_request_queue_length{connection="dev"} 0)"));
}

}  // namespace
