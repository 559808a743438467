/// The tools that only Snowflake has. The door of this room: `app` calls it after `tools::register_all`.
#pragma once

#include "tools/snowflake/families.hpp"

namespace tools::snowflake {

/// `minimal`: none of them (TOOLSET).
void register_all(mcp::Registry& registry, const Room& room, bool minimal);

}  // namespace tools::snowflake
