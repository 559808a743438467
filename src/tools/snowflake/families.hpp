/// One function a family of tools that only Snowflake has; each adds its own to the registry.
#pragma once

#include "backend/snowflake/services.hpp"
#include "base/sealed_token.hpp"
#include "mcp/registry.hpp"
#include "query/pipeline.hpp"
#include "tools/snowflake/settings.hpp"

namespace tools::snowflake {

/// What they all work with; outlives the registry.
struct Room {
    query::Pipeline& pipeline;
    backend::snowflake::Services& services;
    const base::TokenSealer& sealer;
    const Settings& settings;
};

void add_query_tools(mcp::Registry& registry, const Room& room);     ///< submit_query, query_status, …, cancel_query
void add_catalog_tools(mcp::Registry& registry, const Room& room);   ///< get_ddl, list_stages, list_roles
void add_usage_tools(mcp::Registry& registry, const Room& room);     ///< query_history, warehouse_usage
void add_semantic_tools(mcp::Registry& registry, const Room& room);  ///< semantic views
void add_cortex_tools(mcp::Registry& registry, const Room& room);    ///< search, analyst, agents: where configured

}  // namespace tools::snowflake
