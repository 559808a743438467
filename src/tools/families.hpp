/// One function a family of tools; each adds its own to the registry. Called by `register_all` only.
#pragma once

#include "mcp/registry.hpp"
#include "tools/connections.hpp"

namespace tools {

void add_list_tools(mcp::Registry& registry, const ConnectionsPtr& connections);  ///< list_databases … list_warehouses
void add_describe_table(mcp::Registry& registry, const ConnectionsPtr& connections);
void add_describe_view(mcp::Registry& registry, const ConnectionsPtr& connections);
void add_execute_query(mcp::Registry& registry, const ConnectionsPtr& connections);
void add_read_tools(mcp::Registry& registry,
                    const ConnectionsPtr& connections);  ///< query_view, sample_table, explain_query
void add_search_tool(mcp::Registry& registry, const ConnectionsPtr& connections);  ///< search_objects
/// Resources and completions are the default connection's.
void add_resources(mcp::Registry& registry, query::Pipeline& pipeline);
void add_prompts(mcp::Registry& registry);
void add_completions(mcp::Registry& registry, query::Pipeline& pipeline);

}  // namespace tools
