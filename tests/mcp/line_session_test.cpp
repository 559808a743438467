// What transcripts cannot say: ends, rounds of input with ids of ours, bounds.
#include "mcp/line_session.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <deque>

#include "mcp/json_match.hpp"
#include "mcp/sample_server.hpp"

namespace {

using namespace std::chrono_literals;
using sample::mismatch;

constexpr std::string_view meta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";

class Lines : public testing::Test {
protected:
    void begin(std::string_view capabilities = "{}") {
        say(fmt::format(R"({{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"2025-11-25",)"
                        R"("capabilities":{},"clientInfo":{{"name":"c","version":"1"}}}}}})",
                        capabilities));
        written.clear();
    }
    void say(std::string_view line) {
        session->receive(line);
        world.run();
    }
    std::string next() {
        if (written.empty()) return "null";
        auto line = written.front();
        written.pop_front();
        return line;
    }
    /// The `id` of a request of ours, as JSON text.
    static std::string id_of(const std::string& line) {
        const auto at = line.find("\"id\":") + 5;
        return line.substr(at, line.find(',', at) - at);
    }

    sample::World world;
    std::deque<std::string> written;
    std::shared_ptr<mcp::LineSession> session =
        mcp::LineSession::make(world.server, world.caller("os:tester"),
                               [this](base::Payload message) { written.push_back(message.to_string()); });
};

TEST_F(Lines, the_client_is_asked_round_after_round_and_the_handler_gets_its_answers) {
    begin(R"({"elicitation":{}})");
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}})");
    const auto first = next();
    EXPECT_EQ(mismatch(R"({"method":"elicitation/create","params":{"message":"Who?"}})", first), "");
    say(fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{"action":"accept","content":{{"name":"Ann"}}}}}})",
                    id_of(first)));
    const auto second = next();
    EXPECT_EQ(mismatch(R"({"params":{"message":"Sure?"}})", second), "");
    EXPECT_NE(id_of(first), id_of(second));
    say(fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{"action":"accept","content":{{"name":"yes"}}}}}})",
                    id_of(second)));
    EXPECT_EQ(mismatch(R"({"id":1,"result":{"content":[{"text":"Ann, then yes"}],"resultType":"!"}})", next()), "");
    EXPECT_TRUE(session->idle());
}

TEST_F(Lines, a_request_over_the_limit_is_answered_and_what_is_none_is_taken) {
    const auto error =
        base::Error{base::Kind::overloaded, "too many requests"}.at(base::Stage::access).retry_after(1500ms);
    session->receive_refused(R"({"jsonrpc":"2.0","id":7,"method":"ping"})", error);
    EXPECT_EQ(mismatch(R"({"id":7,"error":{"code":-32603,"message":"too many requests",)"
                       R"("data":{"kind":"overloaded","stage":"access","retryAfterMs":1500}}})",
                       next()),
              "");
    session->receive_refused(R"([{"jsonrpc":"2.0","id":8,"method":"ping"}])", error);
    EXPECT_EQ(mismatch(R"({"id":null,"error":{"message":"too many requests"}})", next()), "");
    session->receive_refused("{", error);
    EXPECT_EQ(mismatch(R"({"id":null,"error":{"code":-32700}})", next()), "");
    begin();
    say(fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"wait",{}}}}})", meta));
    EXPECT_FALSE(session->idle());
    session->receive_refused(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})", error);
    world.run();
    EXPECT_TRUE(session->idle()) << "a cancellation always gets through";
    EXPECT_TRUE(written.empty());
}

TEST_F(Lines, a_client_that_refuses_is_quoted_in_the_tool_error) {
    begin(R"({"elicitation":{}})");
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}})");
    say(fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":-1,"message":"not today"}}}})", id_of(next())));
    EXPECT_EQ(mismatch(R"({"id":1,"result":{"isError":true,"content":[{"text":"~not today"}]}})", next()), "");
}

TEST_F(Lines, a_client_that_says_nothing_is_waited_for_until_the_input_timeout) {
    begin(R"({"elicitation":{}})");
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}})");
    const auto id = id_of(next());
    world.advance(world.server.options().input_timeout + 100ms);
    EXPECT_EQ(mismatch(R"({"method":"notifications/cancelled","params":{"requestId":)" + id + "}}", next()), "");
    EXPECT_EQ(mismatch(R"({"id":1,"result":{"isError":true}})", next()), "");
    say(fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{"action":"accept"}}}})", id));
    EXPECT_TRUE(written.empty()) << "too late: " << next();
}

TEST_F(Lines, a_request_that_is_asked_for_input_can_be_cancelled) {
    begin(R"({"elicitation":{}})");
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}})");
    next();
    say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
    EXPECT_EQ(mismatch(R"({"method":"notifications/cancelled"})", next()), "");
    EXPECT_TRUE(written.empty()) << next();
    EXPECT_TRUE(session->idle());
    EXPECT_EQ(world.server.calls_in_flight(), 0U);
}

TEST_F(Lines, changes_are_told_to_a_session_that_was_initialized) {
    world.server.changes().tools_changed();
    world.run();
    EXPECT_TRUE(written.empty()) << "nobody has asked";
    begin();
    world.server.changes().tools_changed();
    world.server.changes().prompts_changed();
    world.server.changes().resource_updated("sample://one");
    world.run();
    EXPECT_EQ(mismatch(R"({"method":"notifications/tools/list_changed","params":"!"})", next()), "");
    EXPECT_TRUE(written.empty()) << "prompts were not declared, the resource was not subscribed to: " << next();
    say(R"({"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"sample://one"}})");
    next();
    world.server.changes().resource_updated("sample://one");
    world.run();
    EXPECT_EQ(mismatch(R"({"method":"notifications/resources/updated","params":{"uri":"sample://one"}})", next()), "");
}

TEST_F(Lines, a_subscription_gets_what_it_asked_for_under_its_id) {
    say(fmt::format(R"({{"jsonrpc":"2.0","id":"s","method":"subscriptions/listen","params":{{)"
                    R"("notifications":{{"toolsListChanged":true,"resourceSubscriptions":["sample://one"]}},{}}}}})",
                    meta));
    next();
    world.server.changes().prompts_changed();
    world.server.changes().tools_changed();
    world.server.changes().resource_updated("sample://two");
    world.server.changes().resource_updated("sample://one");
    world.run();
    EXPECT_EQ(mismatch(R"({"method":"notifications/tools/list_changed",)"
                       R"("params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s"}}})",
                       next()),
              "");
    EXPECT_EQ(mismatch(R"({"method":"notifications/resources/updated","params":{"uri":"sample://one",)"
                       R"("_meta":{"io.modelcontextprotocol/subscriptionId":"s"}}})",
                       next()),
              "");
    EXPECT_TRUE(written.empty());
    say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"s"}})");
    world.server.changes().tools_changed();
    world.run();
    EXPECT_TRUE(written.empty()) << next();
}

TEST_F(Lines, a_drain_ends_subscriptions_gracefully_and_says_so) {
    say(fmt::format(
        R"({{"jsonrpc":"2.0","id":5,"method":"subscriptions/listen","params":{{"notifications":{{}},{}}}}})", meta));
    next();
    EXPECT_FALSE(session->idle());
    world.server.drain();
    world.run();
    EXPECT_EQ(mismatch(R"({"method":"notifications/cancelled","params":{"requestId":5}})", next()), "");
    EXPECT_EQ(
        mismatch(R"({"id":5,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":5,)"
                 R"("io.modelcontextprotocol/serverInfo":{"name":"sample"}}}})",
                 next()),
        "");
    EXPECT_TRUE(session->idle());
    say(R"({"jsonrpc":"2.0","id":6,"method":"ping"})");
    EXPECT_EQ(mismatch(R"({"id":6,"result":{}})", next()), "") << "small questions are still answered";
    begin();
    say(R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"a"}}})");
    EXPECT_EQ(mismatch(R"({"id":7,"error":{"code":-32603,"message":"~shutting down"}})", next()), "");
}

TEST_F(Lines, calls_go_on_in_a_drain_and_are_stopped_at_its_end) {
    begin();
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"later"}})");
    say(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wait"}})");
    world.server.drain();
    world.advance(150ms);
    EXPECT_EQ(mismatch(R"({"id":1,"result":{"content":[{"text":"later"}]}})", next()), "");
    world.server.stop(async::StopReason::drain);
    world.run();
    EXPECT_EQ(mismatch(R"({"id":2,"error":{"message":"~shutting down"}})", next()), "");
    EXPECT_TRUE(world.server.join(0ms));
}

TEST_F(Lines, the_end_of_input_stops_what_runs_and_nothing_is_written_any_more) {
    begin();
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait"}})");
    bool idle = false;
    session->on_idle([&] { idle = true; });
    EXPECT_FALSE(idle);
    session->close(async::StopReason::client);
    world.run();
    EXPECT_TRUE(idle);
    EXPECT_TRUE(written.empty()) << next();
    EXPECT_EQ(world.server.calls_in_flight(), 0U);
    world.server.changes().tools_changed();
    say(R"({"jsonrpc":"2.0","id":2,"method":"ping"})");
    EXPECT_TRUE(written.empty()) << next();
}

TEST_F(Lines, the_same_id_in_two_sessions_is_two_calls) {
    begin();
    std::deque<std::string> others;
    const auto other = mcp::LineSession::make(world.server, world.caller("os:other"),
                                              [&](base::Payload message) { others.push_back(message.to_string()); });
    other->receive(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
                   R"("capabilities":{},"clientInfo":{"name":"c","version":"1"}}})");
    others.clear();
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"later"}})");
    other->receive(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
    world.advance(150ms);
    EXPECT_EQ(mismatch(R"({"id":1,"result":{"content":[{"text":"later"}]}})", next()), "");
    other->close(async::StopReason::client);
}

TEST_F(Lines, a_message_that_was_too_long_is_answered) {
    session->refuse_oversized(1000);
    EXPECT_EQ(mismatch(R"({"id":null,"error":{"code":-32600,"message":"~1000 bytes"}})", next()), "");
}

TEST(LineSession, calls_in_flight_are_bounded) {
    sample::Time time;
    auto options = sample::options(time);
    options.max_calls = 2;
    sample::World world{sample::registry(), options};
    std::deque<std::string> written;
    const auto session = mcp::LineSession::make(world.server, world.caller(),
                                                [&](base::Payload message) { written.push_back(message.to_string()); });
    session->receive(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
                     R"("capabilities":{},"clientInfo":{"name":"c","version":"1"}}})");
    written.clear();
    for (int i = 1; i <= 3; ++i) {
        session->receive(
            fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{{"name":"wait"}}}})", i));
    }
    world.run();
    ASSERT_EQ(written.size(), 1U);
    EXPECT_EQ(mismatch(R"({"id":3,"result":{"isError":true,"content":[{"text":"~Try again"}]}})", written[0]), "");
    written.clear();
    session->receive(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
    world.run();
    session->receive(R"({"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"later"}})");
    world.advance(150ms);
    ASSERT_EQ(written.size(), 1U);
    EXPECT_EQ(mismatch(R"({"id":4,"result":{"content":[{"text":"later"}]}})", written[0]), "");
    session->close(async::StopReason::client);
}

TEST(LineSession, progress_is_limited_after_a_burst) {
    mcp::Registry registry;
    registry.add(mcp::Tool{.name = "chatty", .handler = [](mcp::ToolContext& context) {
                               for (int i = 1; i <= 1000; ++i) {
                                   context.call().report(
                                       {.progress = static_cast<double>(i), .total = {}, .message = {}});
                               }
                               return mcp::ToolResult::text("done");
                           }});
    sample::World world{std::move(registry)};
    std::size_t written = 0;
    const auto session = mcp::LineSession::make(world.server, world.caller(), [&](base::Payload) { ++written; });
    session->receive(fmt::format(
        R"({{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"chatty",{},"progressToken":1}}}}}})",
        meta.substr(0, meta.size() - 1)));
    EXPECT_EQ(written, 33U) << "a burst of 32, and the answer";
    session->close(async::StopReason::client);
}

}  // namespace
