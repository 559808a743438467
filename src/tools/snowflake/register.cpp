#include "tools/snowflake/register.hpp"

namespace tools::snowflake {

void register_all(mcp::Registry& registry, const Room& room) {
    add_query_tools(registry, room);
    add_catalog_tools(registry, room);
    add_usage_tools(registry, room);
    if (room.settings.semantic_views) add_semantic_tools(registry, room);
    add_cortex_tools(registry, room);
}

}  // namespace tools::snowflake
