/// The tools that only Snowflake has. The door of this room: `app` calls it after `tools::register_all`, where TOOLSET
/// is "full".
#pragma once

#include "tools/snowflake/families.hpp"

namespace tools::snowflake {

void register_all(mcp::Registry& registry, const Room& room);

}  // namespace tools::snowflake
