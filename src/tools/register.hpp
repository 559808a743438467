/// Everything this server offers over MCP: tools, resources, prompts, completions. The one door of this room.
///
/// Place: `app` calls it once, before `Registry::freeze`. Lifetime: the pipelines must outlive the registry.
#pragma once

#include <string>

#include "mcp/registry.hpp"
#include "query/pipeline.hpp"
#include "tools/connections.hpp"
#include "tools/settings.hpp"

namespace tools {

/// What `connections` points to must outlive the registry too. Resources and completions are the default connection's.
void register_all(mcp::Registry& registry, const ConnectionsPtr& connections, const Settings& settings);
/// The same with one connection.
void register_all(mcp::Registry& registry, query::Pipeline& pipeline, const Settings& settings);

/// What a model is told about the server as a whole (`instructions`).
std::string instructions(const Connections& connections);

}  // namespace tools
