/// What a server offers: tools, resources, prompts, completions. Filled before start, immutable after `freeze`.
///
/// Names and schemas are checked when they are added (a wrong one is a broken invariant: `std::logic_error` that names
/// it). The answers to list requests are rendered once, in `freeze`. Threads: adding from one; after `freeze` reading
/// from any.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mcp/prompt.hpp"
#include "mcp/resource.hpp"
#include "mcp/revision.hpp"
#include "mcp/tool.hpp"

namespace mcp {

/// An `x-mcp-header` annotation: the argument at `path` is mirrored as `Mcp-Param-<name>`.
struct HeaderParameter {
    enum class Type : std::uint8_t { string, integer, boolean };
    std::string name;               ///< "Region"
    std::string field;              ///< "mcp-param-region"
    std::vector<std::string> path;  ///< property names from the root
    Type type = Type::string;
};

class Registry {
public:
    Registry();
    Registry(Registry&&) noexcept;
    Registry& operator=(Registry&&) noexcept;
    ~Registry();

    void add(Tool tool);
    void add(Resource resource);
    void add(ResourceTemplate resource_template);
    void add(ResourceSource source);  ///< at most one
    void add(TaskSource source);      ///< at most one
    void add(Prompt prompt);
    void add(CompletionProvider provider);

    /// Renders the lists, `page_size` entries a page (0: all on one).
    void freeze(std::size_t page_size = 0);
    bool frozen() const;

    struct ToolEntry {
        Tool tool;
        std::vector<HeaderParameter> headers;
    };
    const ToolEntry* tool(std::string_view name) const;
    const Resource* resource(std::string_view uri) const;
    /// The first template that fits, with its variables put into `request`.
    const ResourceTemplate* match(std::string_view uri, ResourceRequest& request) const;
    const Prompt* prompt(std::string_view name) const;
    const CompletionProvider* completion(const CompletionRequest& request) const;
    bool has_template(std::string_view uri_template) const;
    const ResourceSource* source() const;
    const TaskSource* tasks() const;
    std::vector<std::string_view> tool_names() const;

    bool has_tools() const;
    bool has_resources() const;
    bool has_prompts() const;
    bool has_completions() const;

    /// A page of a list: the JSON array. Pages of one list are numbered from 0.
    enum class List : std::uint8_t { tools, resources, templates, prompts };
    std::size_t pages(List list) const;  ///< at least 1
    std::string_view page(List list, Revision revision, std::size_t index) const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace mcp
