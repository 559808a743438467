/// A protocol server with three tools: hello (at once), slow (after a moment), wait (until it is stopped).
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "async/signal.hpp"
#include "base/sealed_token.hpp"
#include "mcp/server.hpp"

namespace small {

struct Seen {
    std::atomic<int> waiting = 0;
    std::atomic<int> stopped = 0;
    std::atomic<async::StopReason> reason = async::StopReason::none;
};

inline async::Task<base::Result<mcp::ToolResult>> slow(mcp::ToolContext& context) {
    async::Call pause{context.call(), context.call().worker().now() + std::chrono::milliseconds{30}};
    async::Signal never;
    co_await never.wait(pause);
    co_return mcp::ToolResult::text("slow answer");
}

inline async::Task<base::Result<mcp::ToolResult>> wait(mcp::ToolContext& context, Seen& seen) {
    ++seen.waiting;
    seen.waiting.notify_all();
    async::Signal never;
    seen.reason = co_await never.wait(context.call());
    ++seen.stopped;
    seen.stopped.notify_all();
    co_return base::fail(context.call().stopped_error(base::Stage::query));
}

inline mcp::Registry registry(Seen& seen) {
    mcp::Registry registry;
    const auto add = [&](std::string name, mcp::ToolHandler handler) {
        mcp::Tool tool;
        tool.name = std::move(name);
        tool.handler = std::move(handler);
        registry.add(std::move(tool));
    };
    add("hello", [](mcp::ToolContext&) { return mcp::ToolResult::text("hello"); });
    add("slow", [](mcp::ToolContext& context) { return slow(context); });
    add("wait", [&seen](mcp::ToolContext& context) { return wait(context, seen); });
    return registry;
}

struct World {
    Seen seen;
    base::TokenSealer sealer = base::TokenSealer::with_random_key();
    mcp::Server server{registry(seen), sealer, mcp::ServerOptions{.workers = 2}};
};

/// `tools/call` of 2026-07-28.
inline std::string call(std::string_view tool, int id = 1) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"tools/call","params":{"name":")" +
           std::string{tool} + R"(","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)" +
           R"("io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},)" +
           R"("io.modelcontextprotocol/clientCapabilities":{}}}})";
}

}  // namespace small
