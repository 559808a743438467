// What a request costs in the protocol alone: a 2026-07-28 tools/call, from the body to the reply, without sockets.
// links: mcp
//
// The tool is plain and answers 900 bytes. The whole request, HTTP included, is to take less than 10 us.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "mcp/http/endpoint.hpp"
#include "mcp/schema.hpp"

namespace {

struct Arguments {
    std::string name;
    int limit = 100;
};
BOOST_DESCRIBE_STRUCT(Arguments, (), (name, limit))

class Fields final : public mcp::http::Headers {
public:
    std::string_view get(std::string_view name) const override {
        for (const auto& [key, value] : fields_) {
            if (key == name) return value;
        }
        return {};
    }
    std::size_t count(std::string_view name) const override { return get(name).data() == nullptr ? 0 : 1; }

private:
    std::array<std::pair<std::string_view, std::string_view>, 7> fields_{{
        {"host", "127.0.0.1:8000"},
        {"content-type", "application/json"},
        {"accept", "application/json, text/event-stream"},
        {"mcp-protocol-version", "2026-07-28"},
        {"mcp-method", "tools/call"},
        {"mcp-name", "trivial"},
        {"content-length", "400"},
    }};
};

class Sink final : public mcp::http::Responder {
public:
    void reply(mcp::http::Head, base::Payload body) override { bytes += body.size(); }
    void begin(mcp::http::Head) override {}
    void send(base::Payload, mcp::http::Importance) override {}
    void finish() override {}
    std::shared_ptr<mcp::http::Responder> keep() override { return nullptr; }
    std::size_t bytes = 0;
};

mcp::Registry registry() {
    mcp::Registry registry;
    mcp::Arguments<Arguments> arguments{{{.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1}}};
    const auto text = std::string(700, 'x');
    registry.add(mcp::Tool{.name = "trivial",
                           .description = "Answers 900 bytes",
                           .input_schema = arguments.schema(),
                           .handler = mcp::with_arguments(arguments, [text](mcp::ToolContext&, const Arguments&) {
                               return mcp::ToolResult::text(text);
                           })});
    return registry;
}

constexpr std::string_view body =
    R"({"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"_meta":{)"
    R"("io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
    R"("io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},)"
    R"("io.modelcontextprotocol/clientCapabilities":{}},"name":"trivial","arguments":{"name":"one","limit":10}}})";

void tools_call(benchmark::State& state) {
    const auto sealer = base::TokenSealer::with_random_key();
    mcp::ServerOptions options;
    options.version = "1.0.0";
    mcp::Server server{registry(), sealer, options};
    mcp::http::Endpoint endpoint{server};
    async::Worker worker{0};
    const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "anonymous"});
    const Fields headers;
    Sink sink;
    for (auto _ : state) {
        endpoint.handle({.method = "POST", .headers = headers, .body = body},
                        {.worker = worker, .principal = principal, .request_id = {}, .trace = {}}, sink);
    }
    state.counters["answer_bytes"] = static_cast<double>(sink.bytes) / static_cast<double>(state.iterations());
}
BENCHMARK(tools_call);

}  // namespace
