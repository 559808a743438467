// Resources, prompts and a completion, as the suite's scenarios ask for them.
#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "fixture.hpp"

namespace fixture {
namespace {

constexpr std::string_view context_form =
    R"({"type":"object","properties":{"context":{"type":"string"}},"required":["context"]})";

mcp::ResourceResult text_resource(std::string_view uri, std::string_view text) {
    auto result = mcp::ResourceResult::text(uri, "text/plain", text);
    result.cache.ttl = std::chrono::minutes{5};
    return result;
}

mcp::ResourceResult from_template(mcp::Context&, const mcp::ResourceRequest& request) {
    std::string json;
    base::JsonWriter{json}
        .begin_object()
        .field("id", request.variable("id"))
        .field("templateTest", true)
        .field("data", fmt::format("Data for ID: {}", request.variable("id")))
        .end_object();
    return mcp::ResourceResult::text(request.uri, "application/json", json);
}

std::string argument(mcp::Context& context, std::string_view name) {
    return std::string{mcp::find_string(context.arguments(), name).value_or("")};
}

/// Two user messages: a block, then a text.
mcp::PromptResult block_and_text(std::string_view block_json, std::string_view text) {
    std::string json = fmt::format(R"([{{"role":"user","content":{}}},{{"role":"user","content":)", block_json);
    mcp::append_text_block(json, text);
    json += "}]";
    mcp::PromptResult result;
    result.messages = base::Payload::own(std::move(json));
    return result;
}

mcp::PromptResult with_arguments(mcp::Context& context) {
    return mcp::PromptResult::user_text("", fmt::format("Prompt with arguments: arg1='{}', arg2='{}'",
                                                        argument(context, "arg1"), argument(context, "arg2")));
}

mcp::PromptResult with_resource(mcp::Context& context) {
    std::string block;
    mcp::append_resource_block(block, argument(context, "resourceUri"), "text/plain",
                               "Embedded resource content for testing.");
    return block_and_text(block, "Please process the embedded resource above.");
}

mcp::PromptResult with_image(mcp::Context&) {
    std::string block;
    mcp::append_media_block(block, "image", red_pixel, "image/png");
    return block_and_text(block, "Please analyze the image above.");
}

mcp::PromptResult with_input(mcp::Context& context) {
    const auto* answer = context.input_response("user_context");
    if (answer == nullptr) {
        mcp::PromptResult result;
        result.input_required =
            mcp::InputRequired{{mcp::elicit("user_context", "What context should the prompt use?", context_form)}, {}};
        return result;
    }
    const auto* content = mcp::find_object(*answer, "content");
    const auto text = content ? mcp::find_string(*content, "context") : std::nullopt;
    return mcp::PromptResult::user_text("", fmt::format("Prompt with context: {}", text.value_or("unknown")));
}

}  // namespace

void add_resources(mcp::Registry& registry) {
    registry.add(mcp::Resource{.uri = "test://static-text",
                               .name = "static-text",
                               .title = "Static Text Resource",
                               .description = "A static text resource for testing",
                               .mime_type = "text/plain",
                               .read = [](mcp::Context&, const mcp::ResourceRequest& request) {
                                   return text_resource(request.uri,
                                                        "This is the content of the static text resource.");
                               }});
    registry.add(mcp::Resource{.uri = "test://static-binary",
                               .name = "static-binary",
                               .title = "Static Binary Resource",
                               .description = "A static binary resource (image) for testing",
                               .mime_type = "image/png",
                               .read = [](mcp::Context&, const mcp::ResourceRequest& request) {
                                   return mcp::ResourceResult::blob(request.uri, "image/png", red_pixel);
                               }});
    registry.add(mcp::Resource{.uri = "test://watched-resource",
                               .name = "watched-resource",
                               .title = "Watched Resource",
                               .description = "A resource that can be subscribed to",
                               .mime_type = "text/plain",
                               .read = [](mcp::Context&, const mcp::ResourceRequest& request) {
                                   return text_resource(request.uri, "Watched resource content");
                               }});
    registry.add(mcp::ResourceTemplate{.uri_template = "test://template/{id}/data",
                                       .name = "template",
                                       .title = "Resource Template",
                                       .description = "A resource template with parameter substitution",
                                       .mime_type = "application/json",
                                       .read = from_template});
}

void add_prompts(mcp::Registry& registry) {
    const auto add = [&](std::string name, std::string description, std::vector<mcp::PromptArgument> arguments,
                         mcp::PromptResult (*get)(mcp::Context&)) {
        registry.add(mcp::Prompt{.name = std::move(name),
                                 .description = std::move(description),
                                 .arguments = std::move(arguments),
                                 .get = get});
    };
    add("test_simple_prompt", "A simple prompt without arguments", {},
        [](mcp::Context&) { return mcp::PromptResult::user_text("", "This is a simple prompt for testing."); });
    add("test_prompt_with_arguments", "A prompt with required arguments",
        {{.name = "arg1", .description = "First test argument", .required = true},
         {.name = "arg2", .description = "Second test argument", .required = true}},
        with_arguments);
    add("test_prompt_with_embedded_resource", "A prompt that includes an embedded resource",
        {{.name = "resourceUri", .description = "URI of the resource to embed", .required = true}}, with_resource);
    add("test_prompt_with_image", "A prompt that includes image content", {}, with_image);
    add("test_input_required_result_prompt", "A prompt that asks for input first", {}, with_input);

    registry.add(mcp::CompletionProvider{.of = mcp::CompletionRequest::Of::prompt,
                                         .ref = "test_prompt_with_arguments",
                                         .argument = "arg1",
                                         .complete = [](mcp::Context&, const mcp::CompletionRequest& request) {
                                             mcp::Completions completions;
                                             for (const std::string_view word : {"paris", "park", "party"}) {
                                                 if (word.starts_with(request.value))
                                                     completions.values.emplace_back(word);
                                             }
                                             completions.total = completions.values.size();
                                             return completions;
                                         }});
}

mcp::Registry registry(const LaterPtr& later) {
    mcp::Registry registry;
    add_content_tools(registry);
    add_interactive_tools(registry, later);
    add_input_tools(registry);
    add_task_tools(registry);
    add_resources(registry);
    add_prompts(registry);
    return registry;
}

mcp::ServerOptions options(std::size_t workers) {
    mcp::ServerOptions options;
    options.name = "mcp-conformance-server";
    options.version = "1.0.0";
    options.logging = true;
    options.tools_list_changed = true;
    options.prompts_list_changed = true;
    options.resource_subscriptions = true;
    options.workers = workers;
    return options;
}

}  // namespace fixture
