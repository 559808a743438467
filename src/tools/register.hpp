/// Everything this server offers over MCP: tools, resources, prompts, completions. The one door of this room.
///
/// Place: `app` calls it once, before `Registry::freeze`. Lifetime: the pipeline must outlive the registry.
#pragma once

#include <string_view>

#include "mcp/registry.hpp"
#include "query/pipeline.hpp"
#include "tools/query_options.hpp"
#include "tools/settings.hpp"

namespace tools {

/// What `options` points to must outlive the registry too.
void register_all(mcp::Registry& registry, query::Pipeline& pipeline, const Settings& settings,
                  const QueryOptions& options = {});

/// What a model is told about the server as a whole (`instructions`).
std::string_view instructions();

}  // namespace tools
