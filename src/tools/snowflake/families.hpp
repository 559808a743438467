/// One function a family of tools that only Snowflake has; each adds its own to the registry.
#pragma once

#include <vector>

#include "backend/snowflake/services.hpp"
#include "base/sealed_token.hpp"
#include "mcp/registry.hpp"
#include "query/pipeline.hpp"
#include "tools/connections.hpp"
#include "tools/snowflake/settings.hpp"

namespace tools::snowflake {

/// What a call works with: the account it asks.
struct Account {
    const Connection& connection;
    query::Pipeline& pipeline;
    backend::snowflake::Services& services;
    const base::TokenSealer& sealer;
    const Settings& settings;
};

/// What all tools work with; what it refers to outlives the registry.
struct Room {
    ConnectionsPtr connections;
    std::vector<backend::snowflake::Services*> services;  ///< of each connection, in the same order
    const base::TokenSealer& sealer;
    const Settings& settings;

    Account account(const Connection& at) const {
        return {.connection = at,
                .pipeline = at.pipeline,
                .services = *services[at.index],
                .sealer = sealer,
                .settings = settings};
    }
};

void add_query_tools(mcp::Registry& registry, const Room& room);     ///< submit_query, query_status, …, cancel_query
void add_catalog_tools(mcp::Registry& registry, const Room& room);   ///< get_ddl, list_stages, list_roles
void add_usage_tools(mcp::Registry& registry, const Room& room);     ///< query_history, warehouse_usage
void add_semantic_tools(mcp::Registry& registry, const Room& room);  ///< semantic views
void add_cortex_tools(mcp::Registry& registry, const Room& room);    ///< search, analyst, agents: where configured

}  // namespace tools::snowflake
