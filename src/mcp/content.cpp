// Content blocks and the ready-made results of tools, resources and prompts.
#include "base/json_writer.hpp"
#include "mcp/prompt.hpp"
#include "mcp/resource.hpp"
#include "mcp/tool.hpp"

namespace mcp {

void append_text_block(std::string& json, std::string_view text) {
    base::JsonWriter{json}.begin_object().field("type", "text").field("text", text).end_object();
}

void append_media_block(std::string& json, std::string_view type, std::string_view base64, std::string_view mime_type) {
    base::JsonWriter{json}
        .begin_object()
        .field("type", type)
        .field("data", base64)
        .field("mimeType", mime_type)
        .end_object();
}

void append_resource_block(std::string& json, std::string_view uri, std::string_view mime_type, std::string_view text) {
    base::JsonWriter writer{json};
    writer.begin_object().field("type", "resource").key("resource").begin_object().field("uri", uri);
    if (!mime_type.empty()) writer.field("mimeType", mime_type);
    writer.field("text", text).end_object().end_object();
}

void append_link_block(std::string& json, std::string_view uri, std::string_view name, std::string_view mime_type) {
    base::JsonWriter writer{json};
    writer.begin_object().field("type", "resource_link").field("uri", uri).field("name", name);
    if (!mime_type.empty()) writer.field("mimeType", mime_type);
    writer.end_object();
}

ToolResult ToolResult::text(std::string_view text) {
    std::string json = "[";
    append_text_block(json, text);
    json += ']';
    ToolResult result;
    result.content = base::Payload::own(std::move(json));
    return result;
}

ToolResult ToolResult::error(std::string_view text) {
    auto result = ToolResult::text(text);
    result.is_error = true;
    return result;
}

ToolResult ToolResult::ask(InputRequired input) {
    ToolResult result;
    result.input_required = std::move(input);
    return result;
}

ToolResult ToolResult::later(TaskSeed task) {
    ToolResult result;
    result.task = std::move(task);
    return result;
}

namespace {

ResourceResult one_resource(std::string_view uri, std::string_view mime_type, std::string_view kind,
                            std::string_view bytes) {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_array().begin_object().field("uri", uri);
    if (!mime_type.empty()) writer.field("mimeType", mime_type);
    writer.field(kind, bytes).end_object().end_array();
    ResourceResult result;
    result.contents = base::Payload::own(std::move(json));
    return result;
}

template <class Pairs>
std::string_view second_of(const Pairs& pairs, std::string_view name) {
    for (const auto& [key, value] : pairs) {
        if (key == name) return value;
    }
    return {};
}

}  // namespace

ResourceResult ResourceResult::text(std::string_view uri, std::string_view mime_type, std::string_view text) {
    return one_resource(uri, mime_type, "text", text);
}

ResourceResult ResourceResult::blob(std::string_view uri, std::string_view mime_type, std::string_view base64) {
    return one_resource(uri, mime_type, "blob", base64);
}

std::string_view ResourceRequest::variable(std::string_view name) const { return second_of(variables, name); }
std::string_view CompletionRequest::known_value(std::string_view name) const { return second_of(known, name); }

PromptResult PromptResult::user_text(std::string_view description, std::string_view text) {
    std::string json = R"([{"role":"user","content":)";
    append_text_block(json, text);
    json += "}]";
    PromptResult result;
    result.description = std::string{description};
    result.messages = base::Payload::own(std::move(json));
    return result;
}

}  // namespace mcp
