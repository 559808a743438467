// Tools that answer at once, one for each kind of content.
#include "fixture.hpp"
#include "mcp/schema.hpp"

namespace fixture {
namespace {

mcp::ToolResult blocks(std::string json) {
    mcp::ToolResult result;
    result.content = base::Payload::own(std::move(json));
    return result;
}

mcp::ToolResult simple_text(mcp::ToolContext&) {
    return mcp::ToolResult::text("This is a simple text response for testing.");
}

mcp::ToolResult image(mcp::ToolContext&) {
    std::string json = "[";
    mcp::append_media_block(json, "image", red_pixel, "image/png");
    return blocks(json + "]");
}

mcp::ToolResult audio(mcp::ToolContext&) {
    std::string json = "[";
    mcp::append_media_block(json, "audio", silence, "audio/wav");
    return blocks(json + "]");
}

mcp::ToolResult embedded_resource(mcp::ToolContext&) {
    std::string json = "[";
    mcp::append_resource_block(json, "test://embedded-resource", "text/plain", "This is an embedded resource content.");
    return blocks(json + "]");
}

mcp::ToolResult multiple_types(mcp::ToolContext&) {
    std::string json = "[";
    mcp::append_text_block(json, "Multiple content types test:");
    json += ',';
    mcp::append_media_block(json, "image", red_pixel, "image/png");
    json += ',';
    mcp::append_resource_block(json, "test://mixed-content-resource", "application/json",
                               R"({"test":"data","value":123})");
    return blocks(json + "]");
}

mcp::ToolResult failing(mcp::ToolContext&) {
    return mcp::ToolResult::error("This tool intentionally returns an error for testing");
}

mcp::ToolResult any_schema(mcp::ToolContext& context) {
    return mcp::ToolResult::text("JSON Schema 2020-12 tool called with: " + mcp::to_json(context.arguments()));
}

struct Mirrored {
    std::string region;
    std::optional<int> priority;
    std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(Mirrored, (), (region, priority, dry_run))

/// The whole vocabulary of JSON Schema 2020-12 must come through the list as it is (SEP-1613, SEP-2106).
constexpr std::string_view schema_2020_12 = R"({
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"}
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": false
})";

}  // namespace

void add_content_tools(mcp::Registry& registry) {
    const auto plain = [&](std::string name, std::string description, mcp::ToolResult (*run)(mcp::ToolContext&)) {
        registry.add(mcp::Tool{.name = std::move(name),
                               .description = std::move(description),
                               .annotations = {.read_only = true},
                               .handler = run});
    };
    plain("test_simple_text", "Tests simple text content response", simple_text);
    plain("test_image_content", "Tests image content response", image);
    plain("test_audio_content", "Tests audio content response", audio);
    plain("test_embedded_resource", "Tests embedded resource content response", embedded_resource);
    plain("test_multiple_content_types", "Tests response with multiple content types", multiple_types);
    plain("test_error_handling", "Tests error response handling", failing);

    registry.add(mcp::Tool{.name = "json_schema_2020_12_tool",
                           .description = "Tool with JSON Schema 2020-12 features",
                           .input_schema = std::string{schema_2020_12},
                           .handler = any_schema});

    mcp::Arguments<Mirrored> mirrored{
        {{.name = "region", .description = "Mirrored as Mcp-Param-Region", .header = "Region"},
         {.name = "priority", .description = "Mirrored as Mcp-Param-Priority", .header = "Priority"},
         {.name = "dry_run", .description = "Mirrored as Mcp-Param-Dry-Run", .header = "Dry-Run"}}};
    registry.add(mcp::Tool{.name = "test_header_parameters",
                           .description = "Tests arguments that are mirrored into HTTP headers",
                           .input_schema = mirrored.schema(),
                           .handler = mcp::with_arguments(mirrored, [](mcp::ToolContext&, Mirrored arguments) {
                               return mcp::ToolResult::text("region: " + arguments.region);
                           })});
}

}  // namespace fixture
