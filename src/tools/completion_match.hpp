/// Which names complete what was typed: those that begin so first, then those that hold it; without case. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/prompt.hpp"

namespace tools {

/// The values are names as they are written in SQL, escaped (strangers made them), each once.
mcp::Completions matching(std::vector<std::string> names, std::string_view typed);

}  // namespace tools
