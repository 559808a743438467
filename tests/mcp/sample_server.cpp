#include "mcp/sample_server.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "async/signal.hpp"
#include "mcp/schema.hpp"

namespace sample {
namespace {

using namespace std::chrono_literals;
using Answer = base::Result<mcp::ToolResult>;

enum class Loudness { quiet, loud };
BOOST_DESCRIBE_ENUM(Loudness, quiet, loud)

struct EchoArguments {
    std::string text;
    int times = 1;
    std::optional<Loudness> loudness;
};
BOOST_DESCRIBE_STRUCT(EchoArguments, (), (text, times, loudness))

mcp::ToolResult echo(mcp::ToolContext&, const EchoArguments& arguments) {
    std::string text;
    for (int i = 0; i < arguments.times; ++i) text += arguments.text;
    auto result = mcp::ToolResult::text(text);
    result.structured = base::Payload::own(fmt::format(R"({{"length":{}}})", text.size()));
    return result;
}

async::Task<void> pause(async::Call& call, std::chrono::milliseconds time) {
    async::Call waiting{call, call.worker().now() + time};
    async::Signal never;
    co_await never.wait(waiting);
}

async::Task<Answer> later(mcp::ToolContext& context) {
    co_await pause(context.call(), 100ms);
    if (context.call().stopped()) co_return base::fail(context.call().stopped_error(base::Stage::query));
    co_return mcp::ToolResult::text("later");
}

async::Task<Answer> wait(mcp::ToolContext& context) {
    async::Signal never;
    co_await never.wait(context.call());
    co_return base::fail(context.call().stopped_error(base::Stage::query));
}

mcp::ToolOutcome either(mcp::ToolContext& context) {
    if (mcp::find(context.arguments(), "now") != nullptr) return mcp::ToolResult::text("now");
    return later(context);
}

async::Task<Answer> noisy(mcp::ToolContext& context) {
    context.call().report({.progress = 1, .total = 2, .message = "half"});
    context.call().report({.progress = 1, .total = 2, .message = "not more than before"});
    context.log_text(mcp::LogLevel::debug, "sample", "a detail");
    context.log_text(mcp::LogLevel::warning, "sample", "a warning");
    co_await pause(context.call(), 100ms);
    context.call().report({.progress = 2, .total = 2, .message = {}});
    co_return mcp::ToolResult::text("noisy");
}

async::Task<Answer> polled(mcp::ToolContext& context) {
    context.release_connection(2s);
    co_await pause(context.call(), 100ms);
    co_return mcp::ToolResult::text("polled");
}

constexpr std::string_view form = R"({"type":"object","properties":{"name":{"type":"string"}}})";

mcp::ToolResult ask(mcp::ToolContext& context) {
    const auto state = context.request_state().value_or("");
    const auto* answer = context.input_response("name");
    const auto* content = answer ? mcp::find_object(*answer, "content") : nullptr;
    const std::string name{content ? mcp::find_string(*content, "name").value_or("") : ""};
    if (!name.empty() && state.empty()) return mcp::ToolResult::ask({{mcp::elicit("name", "Sure?", form)}, name});
    if (!name.empty()) return mcp::ToolResult::text(fmt::format("{}, then {}", state, name));
    return mcp::ToolResult::ask({{mcp::elicit("name", "Who?", form)}, {}});
}

struct FailArguments {
    std::string kind;
};
BOOST_DESCRIBE_STRUCT(FailArguments, (), (kind))

mcp::ToolOutcome fails(mcp::ToolContext&, const FailArguments& arguments) {
    using base::Kind;
    if (arguments.kind == "sql") {
        return base::fail(base::Error{Kind::sql, "no such column: X"}.at(base::Stage::query).code("000904", "42000"));
    }
    if (arguments.kind == "overloaded") {
        return base::fail(base::Error{Kind::overloaded, "too many requests are waiting"}.retry_after(1500ms));
    }
    if (arguments.kind == "hostile") return base::fail(Kind::sql, "bad \x1b[31mname\x1b[0m \u202e");
    return base::fail(Kind::internal, "a broken invariant");
}

mcp::ToolResult big(mcp::ToolContext&) { return mcp::ToolResult::text(std::string(100'000, 'x')); }

mcp::ToolResult lines(mcp::ToolContext&) {
    auto result = mcp::ToolResult::text("lines");
    result.structured = base::Payload::literal("{\n  \"pretty\": true\r\n}");
    return result;
}

struct Mirrored {
    std::optional<std::string> region;
    std::optional<std::int64_t> number;
    std::optional<bool> flag;
};
BOOST_DESCRIBE_STRUCT(Mirrored, (), (region, number, flag))

void add_tools(mcp::Registry& registry) {
    const auto add = [&](std::string name, mcp::ToolHandler handler) {
        registry.add(mcp::Tool{.name = std::move(name), .description = "A tool", .handler = std::move(handler)});
    };
    mcp::Arguments<EchoArguments> echoed{
        {{.name = "text", .description = "What to say", .min_length = 1, .max_length = 20},
         {.name = "times", .presence = mcp::Presence::defaulted, .minimum = 1, .maximum = 3}}};
    registry.add(mcp::Tool{.name = "echo",
                           .title = "Echo",
                           .description = "Says it again",
                           .input_schema = echoed.schema(),
                           .output_schema = R"({"type":"object","properties":{"length":{"type":"integer"}}})",
                           .annotations = {.read_only = true},
                           .handler = mcp::with_arguments(echoed, echo)});
    add("later", later);
    add("wait", wait);
    add("either", either);
    add("noisy", noisy);
    add("polled", polled);
    add("ask", ask);
    mcp::Arguments<FailArguments> failing;
    registry.add(mcp::Tool{.name = "fails",
                           .description = "Fails",
                           .input_schema = failing.schema(),
                           .handler = mcp::with_arguments(failing, fails)});
    add("throws", [](mcp::ToolContext&) -> mcp::ToolResult { throw std::runtime_error{"must not happen"}; });
    add("big", big);
    add("lines", lines);
    registry.add(mcp::Tool{.name = "sampler",
                           .description = "Needs sampling",
                           .handler = [](mcp::ToolContext&) { return mcp::ToolResult::text("sampled"); },
                           .requires_client = {.sampling = true}});
    mcp::Arguments<Mirrored> mirrored{{{.name = "region", .header = "Region"},
                                       {.name = "number", .header = "Number"},
                                       {.name = "flag", .header = "Flag"}}};
    registry.add(mcp::Tool{.name = "mirrored",
                           .description = "Has mirrored arguments",
                           .input_schema = mirrored.schema(),
                           .handler = mcp::with_arguments(mirrored, [](mcp::ToolContext&, const Mirrored&) {
                               return mcp::ToolResult::text("mirrored");
                           })});
}

void add_resources(mcp::Registry& registry) {
    registry.add(mcp::Resource{.uri = "sample://one",
                               .name = "one",
                               .title = "The first",
                               .mime_type = "text/plain",
                               .read = [](mcp::Context&, const mcp::ResourceRequest& request) {
                                   auto result = mcp::ResourceResult::text(request.uri, "text/plain", "one");
                                   result.cache = {1s, mcp::CacheHint::Scope::public_};
                                   return result;
                               }});
    registry.add(mcp::ResourceTemplate{
        .uri_template = "sample://{folder}/{name}",
        .name = "file",
        .read = [](mcp::Context&, const mcp::ResourceRequest& request) -> mcp::Outcome<mcp::ResourceResult> {
            if (request.variable("name") == "absent") return base::fail(base::Kind::not_found, "it is not there");
            return mcp::ResourceResult::text(
                request.uri, "", fmt::format("{} in {}", request.variable("name"), request.variable("folder")));
        }});
}

void add_prompts(mcp::Registry& registry) {
    registry.add(mcp::Prompt{
        .name = "greet",
        .description = "Greets",
        .arguments = {{.name = "who", .description = "Whom", .required = true}, {.name = "how", .description = "How"}},
        .get = [](mcp::Context& context) {
            const auto who = mcp::find_string(context.arguments(), "who").value_or("");
            return mcp::PromptResult::user_text("A greeting", fmt::format("Hello, {}", who));
        }});
    registry.add(mcp::CompletionProvider{.of = mcp::CompletionRequest::Of::prompt,
                                         .ref = "greet",
                                         .argument = "who",
                                         .complete = [](mcp::Context&, const mcp::CompletionRequest& request) {
                                             mcp::Completions completions;
                                             for (int i = 0; i < 150; ++i) {
                                                 completions.values.push_back(fmt::format(
                                                     "{}{}{}", request.known_value("how"), request.value, i));
                                             }
                                             return completions;
                                         }});
}

}  // namespace

mcp::Registry registry() {
    mcp::Registry registry;
    add_tools(registry);
    add_resources(registry);
    add_prompts(registry);
    return registry;
}

mcp::ServerOptions options(Time& time) {
    mcp::ServerOptions options;
    options.name = "sample";
    options.title = "A sample";
    options.version = "1.2.3";
    options.instructions = "Ask it.";
    options.logging = true;
    options.tools_list_changed = true;
    options.resource_subscriptions = true;
    options.wall_now = [&time] { return time.wall(); };
    return options;
}

World::World(mcp::Registry registry) : World{std::move(registry), sample::options(time)} {}

World::World(mcp::Registry registry, mcp::ServerOptions options)
    : server{std::move(registry), sealer, std::move(options)} {}

World::~World() {
    server.stop(async::StopReason::drain);
    run();
}

void World::run() {
    while (worker.poll() > 0) {
    }
}

void World::advance(std::chrono::milliseconds by) {
    // In steps of the wheel, so that what is armed on the way is seen.
    for (auto left = by; left.count() > 0; left -= std::chrono::milliseconds{10}) {
        time.advance(std::min(left, std::chrono::milliseconds{10}));
        run();
    }
    time.advance(std::chrono::milliseconds{20});
    run();
}

mcp::Caller World::caller(std::string principal) {
    return {.worker = worker,
            .principal = std::make_shared<base::Principal>(base::Principal{.id = std::move(principal)}),
            .request_id = {},
            .trace = {}};
}

}  // namespace sample
