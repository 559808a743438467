// What ends a call, what outlives a connection, what is bound to whom.
#include "mcp/http/endpoint.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "mcp/http/http_world.hpp"
#include "mcp/json_match.hpp"
#include "mcp/server_core.hpp"

namespace {

using namespace std::chrono_literals;
using sample::handshake;
using sample::HttpWorld;
using sample::mismatch;
using sample::modern;

/// A member's string, at any depth, of an answer.
std::string string_of(const std::string& json, std::string_view key) {
    const auto at = json.find(fmt::format("\"{}\":\"", key));
    if (at == std::string::npos) return {};
    const auto begin = at + key.size() + 4;
    return json.substr(begin, json.find('"', begin) - begin);
}

constexpr std::string_view call_wait = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait"}})";
constexpr std::string_view cancel = R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})";

std::string with_elicitation(std::string body) {
    const std::string none = R"("io.modelcontextprotocol/clientCapabilities":{})";
    return body.replace(body.find(none), none.size(),
                        R"("io.modelcontextprotocol/clientCapabilities":{"elicitation":{}})");
}

sample::HttpRequest ask_tool(std::string_view params) {
    auto request = modern("tools/call", "ask", params);
    request.body = with_elicitation(request.body);
    return request;
}

// --- what ends a call

TEST(StatelessHttp, a_client_that_leaves_stops_its_call) {
    HttpWorld world;
    const auto exchange = world.send(modern("tools/call", "wait", R"({"name":"wait"})"));
    world.run();
    EXPECT_EQ(world.server.calls_in_flight(), 1U);
    exchange.leave();
    world.run();
    EXPECT_EQ(world.server.calls_in_flight(), 0U);
    EXPECT_EQ(exchange->status, 0) << "nothing is said any more";
}

TEST(HandshakeHttp, a_client_that_leaves_does_not_stop_its_call_at_once) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto exchange = world.send(handshake(session, call_wait));
    exchange.leave();
    world.advance(29s);
    EXPECT_EQ(world.server.calls_in_flight(), 1U);
    world.advance(2s);
    EXPECT_EQ(world.server.calls_in_flight(), 0U) << "ORPHAN_GRACE_SECONDS are over";
}

TEST(HandshakeHttp, a_cancellation_on_another_connection_finds_the_call) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto exchange = world.send(handshake(session, call_wait));
    world.run();
    EXPECT_EQ(world.ask(handshake(session, cancel)).status, 202);
    EXPECT_EQ(world.server.calls_in_flight(), 0U);
    EXPECT_TRUE(exchange->finished);
    EXPECT_EQ(exchange->body, "") << "a cancelled request is not answered";
}

TEST(HandshakeHttp, a_cancellation_of_another_session_or_principal_does_not) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto other = world.begin_session();
    const auto exchange = world.send(handshake(session, call_wait));
    world.run();
    EXPECT_EQ(world.ask(handshake(other, cancel)).status, 202);
    auto foreign = handshake(session, cancel);
    foreign.principal = "key:foreign";
    EXPECT_EQ(world.ask(foreign).status, 404) << "the session is another principal's";
    EXPECT_EQ(world.server.calls_in_flight(), 1U);
    exchange.leave();
}

TEST(StatelessHttp, the_grace_of_a_shutdown_ends_calls_with_503) {
    HttpWorld world;
    const auto exchange = world.send(modern("tools/call", "wait", R"({"name":"wait"})"));
    world.run();
    world.server.drain();
    world.run();
    EXPECT_EQ(exchange->status, 0) << "it goes on";
    EXPECT_EQ(world.ask(modern("tools/call", "later", R"({"name":"later"})")).status, 503);
    world.server.stop(async::StopReason::drain);
    world.run();
    EXPECT_EQ(exchange->status, 503);
    EXPECT_EQ(exchange->retry_after, 1s);
}

TEST(StatelessHttp, a_subscription_ends_gracefully_when_the_connection_drains) {
    HttpWorld world;
    const auto exchange =
        world.send(modern("subscriptions/listen", {}, R"({"notifications":{"toolsListChanged":true}})"));
    world.server.changes().tools_changed();
    world.run();
    ASSERT_EQ(exchange->events().size(), 2U);
    EXPECT_EQ(mismatch(R"({"method":"notifications/tools/list_changed",)"
                       R"("params":{"_meta":{"io.modelcontextprotocol/subscriptionId":1}}})",
                       exchange->events()[1]),
              "");
    exchange.open->drain();
    ASSERT_EQ(exchange->events().size(), 3U);
    EXPECT_EQ(mismatch(R"({"id":1,"result":{"resultType":"complete",)"
                       R"("_meta":{"io.modelcontextprotocol/subscriptionId":1}}})",
                       exchange->events()[2]),
              "");
    EXPECT_TRUE(exchange->finished);
    EXPECT_EQ(world.server.changes().listeners(), 0U);
}

TEST(StatelessHttp, a_subscription_of_a_client_that_left_is_forgotten) {
    HttpWorld world;
    const auto exchange =
        world.send(modern("subscriptions/listen", {}, R"({"notifications":{"toolsListChanged":true}})"));
    EXPECT_EQ(world.server.changes().listeners(), 1U);
    exchange.leave();
    EXPECT_EQ(world.server.changes().listeners(), 0U);
    world.server.changes().tools_changed();
    world.run();
    EXPECT_EQ(exchange->events().size(), 1U);
}

// --- streams

TEST(Http, a_call_that_is_silent_for_long_gets_its_stream) {
    HttpWorld world{mcp::http::Endpoint::Options{.stream_after = 10s}};
    const auto exchange = world.send(modern("tools/call", "wait", R"({"name":"wait"})"));
    world.advance(9s);
    EXPECT_EQ(exchange->status, 0);
    world.advance(2s);
    EXPECT_EQ(exchange->status, 200);
    EXPECT_TRUE(exchange->event_stream) << "so that a proxy sees a living answer";
    EXPECT_FALSE(exchange->finished);
    world.advance(330s);
    ASSERT_EQ(exchange->events().size(), 1U);
    EXPECT_EQ(mismatch(R"({"id":1,"result":{"isError":true}})", exchange->events()[0]), "");
}

TEST(Http, a_large_answer_is_not_copied) {
    HttpWorld world;
    const auto answer = world.ask(modern("tools/call", "big", R"({"name":"big"})"));
    EXPECT_GT(answer.body.size(), 100'000U);
    EXPECT_EQ(mismatch(R"({"result":{"content":[{"type":"text"}]}})", answer.body), "");
}

TEST(Http, an_event_is_one_data_line_whatever_a_tool_gives) {
    HttpWorld world;
    auto request = modern("tools/call", "lines", R"({"name":"lines"})");
    request.headers.erase("accept");
    request.headers.emplace("accept", "text/event-stream");
    const auto answer = world.ask(request);
    ASSERT_EQ(answer.events().size(), 1U);
    EXPECT_EQ(mismatch(R"({"result":{"structuredContent":{"pretty":true}}})", answer.events()[0]), "");
}

TEST(HandshakeHttp, changes_go_to_the_get_stream_opened_last) {
    HttpWorld world;
    const auto session = world.begin_session();
    auto get = handshake(session, "");
    get.method = "GET";
    const auto first = world.send(get);
    const auto second = world.send(get);
    world.run();
    EXPECT_TRUE(first->event_stream);
    world.ask(handshake(session, R"({"jsonrpc":"2.0","id":1,"method":"resources/subscribe",)"
                                 R"("params":{"uri":"sample://one"}})"));
    world.server.changes().tools_changed();
    world.server.changes().resource_updated("sample://one");
    world.server.changes().resource_updated("sample://two");
    world.run();
    EXPECT_EQ(first->events().size(), 0U) << "a message goes to one stream only";
    ASSERT_EQ(second->events().size(), 2U);
    EXPECT_EQ(mismatch(R"({"method":"notifications/tools/list_changed","params":"!"})", second->events()[0]), "");
    EXPECT_EQ(mismatch(R"({"params":{"uri":"sample://one"}})", second->events()[1]), "");
    second.open->drain();
    EXPECT_TRUE(second->finished);
}

TEST(HandshakeHttp, the_client_is_asked_on_the_stream_and_answers_by_another_post) {
    HttpWorld world;
    const auto session = world.begin_session("2025-11-25", R"({"elicitation":{}})");
    const auto exchange =
        world.send(handshake(session, R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}})"));
    world.run();
    for (const auto* name : {"Ann", "yes"}) {
        const auto asked = exchange->events().back();
        EXPECT_EQ(mismatch(R"({"method":"elicitation/create"})", asked), "");
        const auto answer =
            fmt::format(R"({{"jsonrpc":"2.0","id":"{}","result":{{"action":"accept","content":{{"name":"{}"}}}}}})",
                        string_of(asked, "id"), name);
        EXPECT_EQ(world.ask(handshake(session, answer)).status, 202);
        EXPECT_EQ(world.ask(handshake(session, answer)).status, 400) << "nobody waits for it any more";
    }
    EXPECT_EQ(mismatch(R"({"id":1,"result":{"content":[{"text":"Ann, then yes"}]}})", exchange->events().back()), "");
    EXPECT_TRUE(exchange->finished);
}

// --- coming back (2025-11-25)

constexpr std::string_view call_polled = R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"polled"}})";

sample::HttpRequest come_back(std::string_view session, std::string_view last_event_id) {
    auto request = handshake(session, "");
    request.method = "GET";
    request.headers.emplace("last-event-id", std::string{last_event_id});
    return request;
}

TEST(Polling, a_client_that_comes_back_in_time_gets_the_rest_as_it_comes) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto exchange = world.send(handshake(session, call_polled));
    world.run();
    EXPECT_TRUE(exchange->finished) << "the connection was released";
    EXPECT_NE(exchange->body.find("retry: 2000\n"), std::string::npos);
    EXPECT_TRUE(exchange->events().empty());
    const auto back = world.send(come_back(session, exchange->last_event_id()));
    world.run();
    EXPECT_EQ(back->status, 200);
    EXPECT_FALSE(back->finished);
    world.advance(150ms);
    ASSERT_EQ(back->events().size(), 1U);
    EXPECT_EQ(mismatch(R"({"id":7,"result":{"content":[{"text":"polled"}]}})", back->events()[0]), "");
    EXPECT_TRUE(back->finished);
}

TEST(Polling, a_client_that_comes_back_later_finds_the_answer_within_the_grace) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto exchange = world.send(handshake(session, call_polled));
    world.advance(20s);
    EXPECT_EQ(world.server.calls_in_flight(), 0U) << "the call has ended long ago";
    const auto back = world.ask(come_back(session, exchange->last_event_id()));
    ASSERT_EQ(back.events().size(), 1U);
    EXPECT_TRUE(back.finished);
}

TEST(Polling, after_the_grace_it_is_gone) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto exchange = world.send(handshake(session, call_polled));
    world.advance(31s);
    const auto back = world.ask(come_back(session, exchange->last_event_id()));
    EXPECT_EQ(back.status, 200);
    EXPECT_TRUE(back.events().empty());
    EXPECT_TRUE(back.finished);
}

TEST(Polling, only_what_was_not_seen_is_sent_again) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto exchange = world.send(handshake(session, R"({"jsonrpc":"2.0","id":7,"method":"tools/call",)"
                                                        R"("params":{"name":"noisy","_meta":{"progressToken":1}}})"));
    world.run();
    ASSERT_EQ(exchange->events().size(), 2U) << "progress and a warning";
    const auto id = exchange->last_event_id();
    const auto before_last =
        id.substr(0, id.rfind('-') + 1) + std::to_string(std::stoi(id.substr(id.rfind('-') + 1)) - 1);
    exchange.leave();
    world.advance(150ms);
    const auto back = world.ask(come_back(session, before_last));
    ASSERT_EQ(back.events().size(), 3U) << back.body;
    EXPECT_EQ(mismatch(R"({"method":"notifications/message"})", back.events()[0]), "");
    EXPECT_EQ(mismatch(R"({"method":"notifications/progress","params":{"progress":2}})", back.events()[1]), "");
    EXPECT_EQ(mismatch(R"({"id":7})", back.events()[2]), "");
}

TEST(Polling, another_session_gets_nothing) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto exchange = world.send(handshake(session, call_polled));
    world.advance(150ms);
    const auto back = world.ask(come_back(world.begin_session(), exchange->last_event_id()));
    EXPECT_TRUE(back.events().empty());
    EXPECT_TRUE(back.finished);
    EXPECT_EQ(world.ask(come_back(session, exchange->last_event_id())).events().size(), 1U) << "it is still there";
}

TEST(Polling, a_client_may_leave_and_come_back_twice) {
    HttpWorld world;
    const auto session = world.begin_session();
    const auto exchange = world.send(handshake(session, call_polled));
    world.run();
    const auto once = world.send(come_back(session, exchange->last_event_id()));
    world.run();
    once.leave();
    world.advance(150ms);
    const auto twice = world.ask(come_back(session, exchange->last_event_id()));
    EXPECT_EQ(twice.events().size(), 1U);
}

TEST(Polling, an_id_that_is_none_opens_an_ordinary_stream) {
    HttpWorld world;
    const auto session = world.begin_session();
    for (const auto* id : {"nonsense", "a-b", "-"}) {
        const auto exchange = world.send(come_back(session, id));
        world.run();
        EXPECT_EQ(exchange->status, 200) << id;
        EXPECT_FALSE(exchange->finished) << id;
    }
}

TEST(Polling, what_waits_for_clients_is_bounded) {
    HttpWorld world{mcp::http::Endpoint::Options{.max_detached = 1}};
    const auto session = world.begin_session();
    const auto kept = world.send(handshake(session, call_polled));
    world.run();
    const auto over = world.send(handshake(session, call_polled));
    world.advance(150ms);
    EXPECT_EQ(world.ask(come_back(session, over->last_event_id())).events().size(), 0U);
    EXPECT_EQ(world.ask(come_back(session, kept->last_event_id())).events().size(), 1U);
}

TEST(Polling, older_revisions_have_no_ids) {
    HttpWorld world;
    const auto session = world.begin_session("2025-06-18");
    const auto exchange = world.send(handshake(session, call_polled, "2025-06-18"));
    world.advance(150ms);
    EXPECT_EQ(exchange->content_type, "application/json") << "the connection was not released";
    EXPECT_EQ(mismatch(R"({"id":7,"result":"*"})", exchange->body), "");
}

// --- tokens in the client's hands

TEST(Tokens, a_request_state_belongs_to_its_principal_tool_arguments_and_time) {
    HttpWorld world;
    const std::string answers = R"("inputResponses":{"name":{"action":"accept","content":{"name":"Ann"}}})";
    const auto first = world.ask(ask_tool(R"({"name":"ask",)" + answers + "}"));
    const auto state = string_of(first.body, "requestState");
    ASSERT_NE(state, "");
    EXPECT_EQ(first.body.find("Ann"), std::string::npos) << "it is sealed, not only signed";
    const auto retry = [&](std::string_view more, std::string_view principal) {
        auto request = ask_tool(fmt::format(R"({{"name":"ask",{},"requestState":"{}"{}}})", answers, state, more));
        request.principal = principal;
        return world.ask(request).body;
    };
    EXPECT_EQ(mismatch(R"({"result":{"content":[{"text":"Ann, then Ann"}]}})", retry("", "anonymous")), "");
    EXPECT_EQ(mismatch(R"({"error":{"code":-32602}})", retry("", "key:other")), "");
    EXPECT_EQ(mismatch(R"({"error":{"code":-32602}})", retry(R"(,"arguments":{"x":1})", "anonymous")), "");
    auto elsewhere = modern("tools/call", "either", fmt::format(R"({{"name":"either","requestState":"{}"}})", state));
    EXPECT_EQ(mismatch(R"({"error":{"code":-32602}})", world.ask(elsewhere).body), "");
    world.time.advance(world.server.options().state_ttl + 1s);
    EXPECT_EQ(mismatch(R"({"error":{"code":-32602}})", retry("", "anonymous")), "");
}

TEST(Tokens, a_cursor_leads_from_page_to_page_and_to_nothing_else) {
    mcp::Registry registry;
    for (int i = 0; i < 5; ++i) {
        registry.add(mcp::Tool{.name = fmt::format("t{}", i),
                               .handler = [](mcp::ToolContext&) { return mcp::ToolResult::text("x"); }});
    }
    registry.freeze(2);
    HttpWorld world{std::move(registry)};
    std::string cursor;
    std::string all;
    for (int page = 0; page < 3; ++page) {
        auto request = modern("tools/list", {}, cursor.empty() ? "{}" : fmt::format(R"({{"cursor":"{}"}})", cursor));
        request.principal = page == 1 ? "key:other" : "anonymous";  // a public page may be shared, so may its cursor
        const auto answer = world.ask(request);
        EXPECT_EQ(mismatch(R"({"result":{"cacheScope":"public","ttlMs":300000}})", answer.body), "");
        all += answer.body;
        cursor = string_of(answer.body, "nextCursor");
        EXPECT_EQ(cursor.empty(), page == 2);
    }
    for (int i = 0; i < 5; ++i) EXPECT_NE(all.find(fmt::format("\"t{}\"", i)), std::string::npos);
}

TEST(Tokens, a_list_that_has_a_source_goes_on_where_the_registered_end) {
    mcp::Registry registry;
    registry.add(mcp::Resource{
        .uri = "s://fixed", .name = "fixed", .read = [](mcp::Context&, const auto&) { return mcp::ResourceResult{}; }});
    registry.add(mcp::ResourceSource{
        .list = [](mcp::Context& context, std::string after) -> mcp::Outcome<mcp::ResourcePage> {
            const int at = after.empty() ? 0 : std::stoi(after);
            mcp::ResourcePage page;
            page.resources.push_back({.uri = fmt::format("s://{}/{}", context.principal().id, at), .name = "n"});
            if (at < 2) page.next = std::to_string(at + 1);
            return page;
        },
        .cache = {std::chrono::milliseconds{7}, mcp::CacheHint::Scope::private_}});
    HttpWorld world{std::move(registry)};
    const auto first = world.ask(modern("resources/list"));
    EXPECT_EQ(mismatch(R"({"result":{"resources":[{"uri":"s://fixed"},{"uri":"s://anonymous/0"}],)"
                       R"("ttlMs":7,"cacheScope":"private"}})",
                       first.body),
              "");
    const auto cursor = string_of(first.body, "nextCursor");
    const auto second = modern("resources/list", {}, fmt::format(R"({{"cursor":"{}"}})", cursor));
    EXPECT_EQ(mismatch(R"({"result":{"resources":[{"uri":"s://anonymous/1"}]}})", world.ask(second).body), "");
    auto foreign = second;
    foreign.principal = "key:other";
    EXPECT_EQ(mismatch(R"({"error":{"code":-32602}})", world.ask(foreign).body), "");
    const auto wrong_list = modern("prompts/list", {}, fmt::format(R"({{"cursor":"{}"}})", cursor));
    EXPECT_EQ(mismatch(R"({"error":"*"})", world.ask(wrong_list).body), "");
}

TEST(Tokens, what_came_of_input_is_not_to_be_cached) {
    HttpWorld world;
    const auto answer =
        world.ask(modern("resources/read", "sample://one", R"({"uri":"sample://one","inputResponses":{}})"));
    EXPECT_EQ(mismatch(R"({"result":{"ttlMs":0,"cacheScope":"private"}})", answer.body), "");
}

TEST(HandshakeHttp, nothing_is_kept_of_sessions_that_were_only_begun) {
    HttpWorld world;
    for (int i = 0; i < 1000; ++i) EXPECT_NE(world.begin_session(), "");
    EXPECT_EQ(world.server.calls_in_flight(), 0U);
    EXPECT_EQ(world.server.changes().listeners(), 0U);
}

TEST(HandshakeHttp, counts_sessions_that_are_alive) {
    HttpWorld world;
    const auto alive = [&world] { return world.server.core().census.estimate(world.time.now()); };
    const auto first = world.begin_session();
    const auto second = world.begin_session();
    world.ask(handshake({}, R"({"jsonrpc":"2.0","id":1,"method":"ping"})", {}));
    world.ask(modern("tools/list"));
    EXPECT_EQ(alive(), 2U) << "who has no session is none";
    world.advance(10min);
    world.ask(handshake(second, R"({"jsonrpc":"2.0","id":1,"method":"ping"})"));
    world.advance(6min);
    EXPECT_EQ(alive(), 1U) << "the first was silent for 16 minutes";
    auto end = handshake(second, {});
    end.method = "DELETE";
    EXPECT_EQ(world.ask(end).status, 204);
    EXPECT_EQ(alive(), 0U);
    EXPECT_EQ(world.ask(handshake(first, R"({"jsonrpc":"2.0","id":2,"method":"ping"})")).status, 200);
    EXPECT_EQ(alive(), 1U) << "silent for long, and back";
}

TEST(HandshakeHttp, ten_thousand_abandoned_sessions_leave_nothing_but_a_number) {
    HttpWorld world;
    for (int i = 0; i < 10'000; ++i) world.begin_session();
    EXPECT_NEAR(static_cast<double>(world.server.core().census.estimate(world.time.now())), 10'000, 200);
    world.advance(16min);
    EXPECT_EQ(world.server.core().census.estimate(world.time.now()), 0U);
}

TEST(HandshakeHttp, an_operator_may_keep_log_messages_from_who_set_no_level) {
    sample::Time unused;
    auto options = sample::options(unused);
    options.log_unasked_from.reset();
    HttpWorld world{sample::registry(), std::move(options)};
    const auto session = world.begin_session();
    const auto call = handshake(session, R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"noisy"}})");
    const auto quiet = world.send(call);
    world.advance(150ms);
    EXPECT_EQ(quiet->content_type, "application/json") << quiet->body;
    EXPECT_EQ(world
                  .ask(handshake(session, R"({"jsonrpc":"2.0","id":2,"method":"logging/setLevel",)"
                                          R"("params":{"level":"warning"}})"))
                  .status,
              200);
    const auto told = world.send(call);
    world.advance(150ms);
    ASSERT_EQ(told->events().size(), 2U) << told->body;
    EXPECT_EQ(mismatch(R"({"method":"notifications/message","params":{"level":"warning"}})", told->events()[0]), "");
}

TEST(Trace, comes_from_the_meta_of_the_request_before_the_header) {
    mcp::Registry registry;
    registry.add(mcp::Tool{.name = "trace", .handler = [](mcp::ToolContext& context) {
                               return mcp::ToolResult::text(context.call().trace().trace_id);
                           }});
    HttpWorld world{std::move(registry)};
    auto request = modern("tools/call", "trace", R"({"name":"trace"})");
    request.headers.emplace("traceparent", "00-11111111111111111111111111111111-00f067aa0ba902b7-01");
    EXPECT_EQ(
        mismatch(R"({"result":{"content":[{"text":"11111111111111111111111111111111"}]}})", world.ask(request).body),
        "");
    const std::string key = R"("_meta":{)";
    request.body.insert(request.body.find(key) + key.size(),
                        R"("traceparent":"00-22222222222222222222222222222222-00f067aa0ba902b7-01",)");
    EXPECT_EQ(
        mismatch(R"({"result":{"content":[{"text":"22222222222222222222222222222222"}]}})", world.ask(request).body),
        "");
}

}  // namespace
