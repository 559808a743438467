// Messages on a line channel, one a line: whatever comes, every line that goes out is one JSON object or batch.
// links: mcp
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mcp/line_session.hpp"
#include "mcp/schema.hpp"

namespace {

enum class Kind { one, two };
BOOST_DESCRIBE_ENUM(Kind, one, two)

struct Inner {
    std::string name;
    std::optional<double> share;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (name, share))

struct Everything {
    std::string text;
    std::optional<std::int64_t> number;
    std::optional<bool> flag;
    std::optional<Kind> kind;
    std::optional<std::vector<Inner>> inner;
    std::optional<mcp::JsonText> any;
};
BOOST_DESCRIBE_STRUCT(Everything, (), (text, number, flag, kind, inner, any))

mcp::Registry registry() {
    mcp::Registry registry;
    mcp::Arguments<Everything> arguments{{{.name = "text", .min_length = 1}, {.name = "number", .minimum = -5}}};
    registry.add(
        mcp::Tool{.name = "t",
                  .input_schema = arguments.schema(),
                  .handler = mcp::with_arguments(arguments, [](mcp::ToolContext& context, const Everything& a) {
                      context.call().report({.progress = 1, .total = {}, .message = a.text});
                      context.log_text(mcp::LogLevel::info, "fuzz", a.text);
                      if (context.is_retry()) return mcp::ToolResult::text(a.text);
                      return mcp::ToolResult::ask({{mcp::elicit("k", a.text, R"({"type":"object"})")}, a.text});
                  })});
    registry.add(mcp::ResourceTemplate{
        .uri_template = "s://{a}/{+b}", .name = "r", .read = [](mcp::Context&, const mcp::ResourceRequest& request) {
            return mcp::ResourceResult::text(request.uri, "", request.variable("b"));
        }});
    registry.add(mcp::Prompt{.name = "p", .arguments = {{.name = "x"}}, .get = [](mcp::Context& context) {
                                 return mcp::PromptResult::user_text(
                                     "", mcp::find_string(context.arguments(), "x").value_or(""));
                             }});
    return registry;
}

void check_line(const base::Payload& message) {
    const auto line = message.to_string();
    boost::system::error_code error;
    const auto value = boost::json::parse(line, error, {}, {.max_depth = 80});
    const bool whole = !error && (value.is_object() || value.is_array());
    if (!whole || line.find_first_of("\r\n") != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto sealer = base::TokenSealer::with_random_key();
    static async::Worker worker{0};
    static mcp::Server server{registry(), sealer, {.version = "1", .logging = true, .resource_subscriptions = true}};
    const auto session =
        mcp::LineSession::make(server,
                               {.worker = worker,
                                .principal = std::make_shared<base::Principal>(base::Principal{.id = "f"}),
                                .request_id = {},
                                .trace = {}},
                               check_line);
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        session->receive(rest.substr(0, end));
        while (worker.poll() > 0) {
        }
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    session->close(async::StopReason::client);
    while (worker.poll() > 0) {
    }
    if (server.calls_in_flight() != 0) std::abort();
    return 0;
}
