#include "mcp/list_entries.hpp"

#include "base/json_writer.hpp"

namespace mcp {
namespace {

/// Name and title; before titles were there, the display name of a tool stands in its annotations.
void write_names(base::JsonWriter& writer, const std::string& name, const std::string& title, Revision revision) {
    writer.field("name", name);
    if (!title.empty() && has_titles(revision)) writer.field("title", title);
}

void write_text(base::JsonWriter& writer, std::string_view key, const std::string& text) {
    if (!text.empty()) writer.field(key, text);
}

void write_raw(base::JsonWriter& writer, std::string_view key, const std::string& json, bool known = true) {
    if (!json.empty() && known) writer.key(key).raw(json);
}

void write_annotations(base::JsonWriter& writer, const Tool& tool, Revision revision) {
    const auto& hints = tool.annotations;
    const bool title = !tool.title.empty() && !has_titles(revision);
    if (!title && !hints.read_only && !hints.destructive && !hints.idempotent && !hints.open_world) return;
    writer.key("annotations").begin_object();
    if (title) writer.field("title", tool.title);
    if (hints.read_only) writer.field("readOnlyHint", *hints.read_only);
    if (hints.destructive) writer.field("destructiveHint", *hints.destructive);
    if (hints.idempotent) writer.field("idempotentHint", *hints.idempotent);
    if (hints.open_world) writer.field("openWorldHint", *hints.open_world);
    writer.end_object();
}

}  // namespace

void append_tool(std::string& json, const Tool& tool, Revision revision) {
    base::JsonWriter writer{json};
    writer.begin_object();
    write_names(writer, tool.name, tool.title, revision);
    write_text(writer, "description", tool.description);
    writer.key("inputSchema").raw(tool.input_schema);
    write_raw(writer, "outputSchema", tool.output_schema, has_structured_content(revision));
    if (has_annotations(revision)) write_annotations(writer, tool, revision);
    write_raw(writer, "icons", tool.icons_json, has_icons(revision));
    write_raw(writer, "_meta", tool.meta_json, has_titles(revision));
    writer.end_object();
}

void append_resource(std::string& json, const Resource& resource, Revision revision) {
    base::JsonWriter writer{json};
    writer.begin_object().field("uri", resource.uri);
    write_names(writer, resource.name, resource.title, revision);
    write_text(writer, "description", resource.description);
    write_text(writer, "mimeType", resource.mime_type);
    if (resource.size) writer.field("size", *resource.size);
    write_raw(writer, "annotations", resource.annotations_json);
    write_raw(writer, "icons", resource.icons_json, has_icons(revision));
    writer.end_object();
}

void append_template(std::string& json, const ResourceTemplate& resource_template, Revision revision) {
    base::JsonWriter writer{json};
    writer.begin_object().field("uriTemplate", resource_template.uri_template);
    write_names(writer, resource_template.name, resource_template.title, revision);
    write_text(writer, "description", resource_template.description);
    write_text(writer, "mimeType", resource_template.mime_type);
    write_raw(writer, "annotations", resource_template.annotations_json);
    write_raw(writer, "icons", resource_template.icons_json, has_icons(revision));
    writer.end_object();
}

void append_prompt(std::string& json, const Prompt& prompt, Revision revision) {
    base::JsonWriter writer{json};
    writer.begin_object();
    write_names(writer, prompt.name, prompt.title, revision);
    write_text(writer, "description", prompt.description);
    if (!prompt.arguments.empty()) {
        writer.key("arguments").begin_array();
        for (const auto& argument : prompt.arguments) {
            writer.begin_object();
            write_names(writer, argument.name, argument.title, revision);
            write_text(writer, "description", argument.description);
            writer.field("required", argument.required).end_object();
        }
        writer.end_array();
    }
    write_raw(writer, "icons", prompt.icons_json, has_icons(revision));
    writer.end_object();
}

}  // namespace mcp
