#include "mcp/registry.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/json_writer.hpp"
#include "mcp/header_parameters.hpp"
#include "mcp/list_entries.hpp"
#include "mcp/uri_template.hpp"

namespace mcp {
namespace {

namespace json = boost::json;

constexpr std::size_t revisions = 5;
constexpr std::size_t lists = 4;

/// Lets unordered maps be asked with a view.
struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T>
using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

[[noreturn]] void refuse(std::string_view what, std::string_view name, std::string_view why) {
    throw std::logic_error{fmt::format("{} \"{}\": {}", what, name, why)};
}

bool is_tool_name(std::string_view name) {
    return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
               c == '.';
    });
}

/// Checks that `text` is one JSON value of the kind wanted, and makes it compact (messages are single lines).
json::value checked(std::string_view what, std::string_view name, std::string_view part, std::string& text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error, {}, {.max_depth = 64});
    if (error) refuse(what, name, fmt::format("its {} is not JSON: {}", part, error.message()));
    text = to_json(value);
    return value;
}

void check_object(std::string_view what, std::string_view name, std::string_view part, std::string& text) {
    if (!text.empty() && !checked(what, name, part, text).is_object()) {
        refuse(what, name, fmt::format("its {} is not an object", part));
    }
}

void check_array(std::string_view what, std::string_view name, std::string_view part, std::string& text) {
    if (!text.empty() && !checked(what, name, part, text).is_array()) {
        refuse(what, name, fmt::format("its {} is not an array", part));
    }
}

}  // namespace

struct Registry::Parts {
    struct Template {
        ResourceTemplate resource_template;
        UriTemplate pattern;
    };

    std::vector<std::unique_ptr<ToolEntry>> tools;
    ByName<const ToolEntry*> tools_by_name;
    std::vector<std::unique_ptr<Resource>> resources;
    ByName<const Resource*> resources_by_uri;
    std::vector<std::unique_ptr<Template>> templates;
    std::vector<std::unique_ptr<Prompt>> prompts;
    ByName<const Prompt*> prompts_by_name;
    std::vector<std::unique_ptr<CompletionProvider>> completions;
    std::unique_ptr<ResourceSource> source;
    std::unique_ptr<TaskSource> tasks;
    std::array<std::array<std::vector<std::string>, lists>, revisions> pages;
    bool frozen = false;
};

Registry::Registry() : parts_{std::make_unique<Parts>()} {
    freeze();
    parts_->frozen = false;
}
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

void Registry::add(Tool tool) {
    if (!is_tool_name(tool.name)) refuse("tool", tool.name, "not a tool name ([A-Za-z0-9_.-], 1 to 128)");
    if (!tool.handler) refuse("tool", tool.name, "no handler");
    if (tool.input_schema.empty()) tool.input_schema = R"({"type":"object","additionalProperties":false})";
    auto entry = std::make_unique<ToolEntry>();
    const auto schema = checked("tool", tool.name, "input schema", tool.input_schema);
    const auto* type = schema.is_object() ? schema.get_object().if_contains("type") : nullptr;
    if (type == nullptr || *type != "object") refuse("tool", tool.name, "the input schema's type is not \"object\"");
    auto headers = header_parameters(schema.get_object());
    if (!headers) refuse("tool", tool.name, headers.error().message());
    entry->headers = std::move(*headers);
    check_object("tool", tool.name, "output schema", tool.output_schema);
    check_object("tool", tool.name, "meta", tool.meta_json);
    check_array("tool", tool.name, "icons", tool.icons_json);
    entry->tool = std::move(tool);
    if (!parts_->tools_by_name.emplace(entry->tool.name, entry.get()).second) {
        refuse("tool", entry->tool.name, "registered twice");
    }
    parts_->tools.push_back(std::move(entry));
}

void Registry::add(Resource resource) {
    if (resource.uri.find(':') == std::string::npos) refuse("resource", resource.uri, "not a URI");
    if (resource.name.empty()) refuse("resource", resource.uri, "no name");
    if (!resource.read) refuse("resource", resource.uri, "no handler");
    check_object("resource", resource.uri, "annotations", resource.annotations_json);
    check_array("resource", resource.uri, "icons", resource.icons_json);
    auto entry = std::make_unique<Resource>(std::move(resource));
    if (!parts_->resources_by_uri.emplace(entry->uri, entry.get()).second) {
        refuse("resource", entry->uri, "registered twice");
    }
    parts_->resources.push_back(std::move(entry));
}

void Registry::add(ResourceTemplate resource_template) {
    auto pattern = UriTemplate::parse(resource_template.uri_template);
    if (!pattern) refuse("resource template", resource_template.uri_template, pattern.error().message());
    if (resource_template.name.empty()) refuse("resource template", resource_template.uri_template, "no name");
    if (!resource_template.read) refuse("resource template", resource_template.uri_template, "no handler");
    if (has_template(resource_template.uri_template)) {
        refuse("resource template", resource_template.uri_template, "registered twice");
    }
    check_object("resource template", resource_template.uri_template, "annotations",
                 resource_template.annotations_json);
    check_array("resource template", resource_template.uri_template, "icons", resource_template.icons_json);
    parts_->templates.push_back(
        std::make_unique<Parts::Template>(Parts::Template{std::move(resource_template), std::move(*pattern)}));
}

void Registry::add(ResourceSource source) {
    if (parts_->source) throw std::logic_error{"a second resource source"};
    if (!source.list) throw std::logic_error{"a resource source without a handler"};
    parts_->source = std::make_unique<ResourceSource>(std::move(source));
}

void Registry::add(TaskSource source) {
    if (parts_->tasks) throw std::logic_error{"a second task source"};
    if (!source.get || !source.cancel) throw std::logic_error{"a task source without a handler"};
    parts_->tasks = std::make_unique<TaskSource>(std::move(source));
}

void Registry::add(Prompt prompt) {
    if (prompt.name.empty()) refuse("prompt", prompt.name, "no name");
    if (!prompt.get) refuse("prompt", prompt.name, "no handler");
    check_array("prompt", prompt.name, "icons", prompt.icons_json);
    auto entry = std::make_unique<Prompt>(std::move(prompt));
    if (!parts_->prompts_by_name.emplace(entry->name, entry.get()).second) {
        refuse("prompt", entry->name, "registered twice");
    }
    parts_->prompts.push_back(std::move(entry));
}

void Registry::add(CompletionProvider provider) {
    if (!provider.complete) refuse("completion", provider.ref, "no handler");
    parts_->completions.push_back(std::make_unique<CompletionProvider>(std::move(provider)));
}

void Registry::freeze(std::size_t page_size) {
    const auto render = [&](std::vector<std::string>& pages, const auto& entries, auto append) {
        pages.clear();
        const std::size_t per_page = page_size == 0 ? std::max<std::size_t>(entries.size(), 1) : page_size;
        for (std::size_t at = 0; at == 0 || at < entries.size(); at += per_page) {
            std::string json = "[";
            for (std::size_t i = at; i < std::min(entries.size(), at + per_page); ++i) {
                if (i > at) json += ',';
                append(json, *entries[i]);
            }
            json += ']';
            pages.push_back(std::move(json));
        }
    };
    for (std::size_t r = 0; r < revisions; ++r) {
        const auto revision = static_cast<Revision>(r);
        auto& pages = parts_->pages[r];
        render(pages[static_cast<std::size_t>(List::tools)], parts_->tools,
               [&](std::string& json, const ToolEntry& entry) { append_tool(json, entry.tool, revision); });
        render(pages[static_cast<std::size_t>(List::resources)], parts_->resources,
               [&](std::string& json, const Resource& entry) { append_resource(json, entry, revision); });
        render(pages[static_cast<std::size_t>(List::templates)], parts_->templates,
               [&](std::string& json, const Parts::Template& entry) {
                   append_template(json, entry.resource_template, revision);
               });
        render(pages[static_cast<std::size_t>(List::prompts)], parts_->prompts,
               [&](std::string& json, const Prompt& entry) { append_prompt(json, entry, revision); });
    }
    parts_->frozen = true;
}

bool Registry::frozen() const { return parts_->frozen; }

const Registry::ToolEntry* Registry::tool(std::string_view name) const {
    const auto found = parts_->tools_by_name.find(name);
    return found == parts_->tools_by_name.end() ? nullptr : found->second;
}

const Resource* Registry::resource(std::string_view uri) const {
    const auto found = parts_->resources_by_uri.find(uri);
    return found == parts_->resources_by_uri.end() ? nullptr : found->second;
}

const ResourceTemplate* Registry::match(std::string_view uri, ResourceRequest& request) const {
    for (const auto& entry : parts_->templates) {
        if (entry->pattern.match(uri, request.variables)) return &entry->resource_template;
    }
    return nullptr;
}

const Prompt* Registry::prompt(std::string_view name) const {
    const auto found = parts_->prompts_by_name.find(name);
    return found == parts_->prompts_by_name.end() ? nullptr : found->second;
}

const CompletionProvider* Registry::completion(const CompletionRequest& request) const {
    for (const auto& provider : parts_->completions) {
        if (provider->of == request.of && provider->ref == request.ref && provider->argument == request.argument) {
            return provider.get();
        }
    }
    return nullptr;
}

bool Registry::has_template(std::string_view uri_template) const {
    return std::ranges::any_of(
        parts_->templates, [&](const auto& entry) { return entry->resource_template.uri_template == uri_template; });
}

const ResourceSource* Registry::source() const { return parts_->source.get(); }
const TaskSource* Registry::tasks() const { return parts_->tasks.get(); }

std::vector<std::string_view> Registry::tool_names() const {
    std::vector<std::string_view> names;
    for (const auto& entry : parts_->tools) names.push_back(entry->tool.name);
    return names;
}

bool Registry::has_tools() const { return !parts_->tools.empty(); }
bool Registry::has_resources() const {
    return !parts_->resources.empty() || !parts_->templates.empty() || parts_->source != nullptr;
}
bool Registry::has_prompts() const { return !parts_->prompts.empty(); }
bool Registry::has_completions() const { return !parts_->completions.empty(); }

std::size_t Registry::pages(List list) const { return parts_->pages.front()[static_cast<std::size_t>(list)].size(); }

std::string_view Registry::page(List list, Revision revision, std::size_t index) const {
    return parts_->pages[static_cast<std::size_t>(revision)][static_cast<std::size_t>(list)].at(index);
}

}  // namespace mcp
