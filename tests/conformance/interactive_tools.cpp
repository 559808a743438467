// Tools that say something before they answer, ask the client, or change a list.
#include <fmt/format.h>

#include <chrono>

#include "async/signal.hpp"
#include "fixture.hpp"
#include "mcp/schema.hpp"

namespace fixture {
namespace {

using namespace std::chrono_literals;
using Answer = base::Result<mcp::ToolResult>;

async::Task<void> pause(async::Call& call, std::chrono::milliseconds time) {
    async::Call waiting{call, call.worker().now() + time};
    async::Signal never;
    co_await never.wait(waiting);
}

async::Task<Answer> with_logging(mcp::ToolContext& context) {
    context.log_text(mcp::LogLevel::info, "conformance", "Tool execution started");
    co_await pause(context.call(), 50ms);
    context.log_text(mcp::LogLevel::info, "conformance", "Tool processing data");
    co_await pause(context.call(), 50ms);
    context.log_text(mcp::LogLevel::info, "conformance", "Tool execution completed");
    co_return mcp::ToolResult::text("Tool with logging executed successfully");
}

async::Task<Answer> with_progress(mcp::ToolContext& context) {
    for (const int step : {0, 50, 100}) {
        if (step > 0) co_await pause(context.call(), 50ms);
        context.call().report({.progress = static_cast<double>(step),
                               .total = 100,
                               .message = fmt::format("Completed step {} of 100", step)});
    }
    co_return mcp::ToolResult::text("Tool with progress executed successfully");
}

async::Task<Answer> reconnection(mcp::ToolContext& context) {
    context.release_connection(500ms);
    co_await pause(context.call(), 100ms);
    co_return mcp::ToolResult::text(
        "Reconnection test completed successfully. If you received this, the client properly reconnected after stream "
        "closure.");
}

struct Prompted {
    std::string prompt;
};
BOOST_DESCRIBE_STRUCT(Prompted, (), (prompt))

mcp::ToolResult sampling(mcp::ToolContext& context, const Prompted& arguments) {
    const auto* answer = context.input_response("sample");
    if (answer == nullptr) return mcp::ToolResult::ask({{mcp::sample("sample", arguments.prompt, 100)}, {}});
    const auto* content = mcp::find_object(*answer, "content");
    const auto text = content ? mcp::find_string(*content, "text") : std::nullopt;
    return mcp::ToolResult::text(fmt::format("LLM response: {}", text.value_or("No response")));
}

struct Messaged {
    std::string message;
};
BOOST_DESCRIBE_STRUCT(Messaged, (), (message))

constexpr std::string_view contact_form = R"({"type":"object","properties":{)"
                                          R"("username":{"type":"string","description":"User's response"},)"
                                          R"("email":{"type":"string","description":"User's email address"}},)"
                                          R"("required":["username","email"]})";

constexpr std::string_view form_with_defaults =
    R"({"type":"object","properties":{)"
    R"("name":{"type":"string","description":"User name","default":"John Doe"},)"
    R"("age":{"type":"integer","description":"User age","default":30},)"
    R"("score":{"type":"number","description":"User score","default":95.5},)"
    R"("status":{"type":"string","description":"User status","enum":["active","inactive","pending"],"default":"active"},)"
    R"("verified":{"type":"boolean","description":"Verification status","default":true}},"required":[]})";

constexpr std::string_view form_with_choices =
    R"({"type":"object","properties":{)"
    R"("untitledSingle":{"type":"string","description":"Select one option","enum":["option1","option2","option3"]},)"
    R"("titledSingle":{"type":"string","description":"Select one option with titles","oneOf":[)"
    R"({"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},)"
    R"({"const":"value3","title":"Third Option"}]},)"
    R"("legacyEnum":{"type":"string","description":"Select one option, legacy","enum":["opt1","opt2","opt3"],)"
    R"("enumNames":["Option One","Option Two","Option Three"]},)"
    R"("untitledMulti":{"type":"array","description":"Select multiple options","minItems":1,"maxItems":3,)"
    R"("items":{"type":"string","enum":["option1","option2","option3"]}},)"
    R"("titledMulti":{"type":"array","description":"Select multiple options with titles","minItems":1,"maxItems":3,)"
    R"("items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},)"
    R"({"const":"value3","title":"Third Choice"}]}}},"required":[]})";

/// Asks for a form, then says what came back.
mcp::ToolResult elicitation(mcp::ToolContext& context, std::string_view message, std::string_view form,
                            std::string_view lead) {
    const auto* answer = context.input_response("form");
    if (answer == nullptr) return mcp::ToolResult::ask({{mcp::elicit("form", message, form)}, {}});
    const auto* content = mcp::find_object(*answer, "content");
    return mcp::ToolResult::text(fmt::format("{}: action={}, content={}", lead,
                                             mcp::find_string(*answer, "action").value_or("none"),
                                             content ? mcp::to_json(*content) : "{}"));
}

/// Streams progress, and ends without asking: requests of the server's own have no place on this stream.
mcp::ToolResult streaming(mcp::ToolContext& context) {
    context.call().report({.progress = 50, .total = 100, .message = {}});
    return mcp::ToolResult::text("Streaming complete");
}

mcp::ToolResult logging(mcp::ToolContext& context) {
    context.log_text(mcp::LogLevel::info, "conformance", "Diagnostic trace logging activated");
    return mcp::ToolResult::text("Logging evaluated");
}

}  // namespace

void add_interactive_tools(mcp::Registry& registry, const LaterPtr& later) {
    const auto add = [&](std::string name, std::string description, mcp::ToolHandler run, std::string schema = {}) {
        registry.add(mcp::Tool{.name = std::move(name),
                               .description = std::move(description),
                               .input_schema = std::move(schema),
                               .handler = std::move(run)});
    };
    add("test_tool_with_logging", "Tests tool that emits log messages during execution", with_logging);
    add("test_tool_with_progress", "Tests tool that reports progress notifications", with_progress);
    add("test_reconnection", "Tests that a client comes back for the answer of a closed stream", reconnection);

    mcp::Arguments<Prompted> prompted{{{.name = "prompt", .description = "The prompt to send to the LLM"}}};
    add("test_sampling", "Tests sampling by the client", mcp::with_arguments(prompted, sampling), prompted.schema());
    mcp::Arguments<Messaged> messaged{{{.name = "message", .description = "The message to show the user"}}};
    add("test_elicitation", "Tests user input by the client",
        mcp::with_arguments(messaged,
                            [](mcp::ToolContext& context, const Messaged& arguments) {
                                return elicitation(context, arguments.message, contact_form, "User response");
                            }),
        messaged.schema());
    add("test_elicitation_sep1034_defaults", "Tests elicitation with default values", [](mcp::ToolContext& context) {
        return elicitation(context, "Please review and update the form fields with defaults", form_with_defaults,
                           "Elicitation completed");
    });
    add("test_elicitation_sep1330_enums", "Tests elicitation with enumerations", [](mcp::ToolContext& context) {
        return elicitation(context, "Please select options from the enum fields", form_with_choices,
                           "Elicitation completed");
    });

    add("test_streaming_elicitation", "Tests progress on the answer's stream", streaming);
    add("test_logging_tool", "Tests that messages are sent only where they were asked for", logging);
    add("test_trigger_tool_change", "Tells listeners that the tools changed", [later](mcp::ToolContext&) {
        later->changes->tools_changed();
        return mcp::ToolResult::text("Mutation triggered");
    });
    add("test_trigger_prompt_change", "Tells listeners that the prompts changed", [later](mcp::ToolContext&) {
        later->changes->prompts_changed();
        return mcp::ToolResult::text("Mutation triggered");
    });
}

}  // namespace fixture
