/// `x-mcp-header` annotations of a tool's input schema (specification 2026-07-28, "Custom Headers from Tool
/// Parameters"). Pure.
#pragma once

#include <boost/json/fwd.hpp>

#include <vector>

#include "base/error.hpp"
#include "mcp/registry.hpp"

namespace mcp {

/// Every annotation with its property path. Errors (`Kind::internal`: the tool's author) name the annotation that
/// breaks a rule: not a token, not unique, not on a primitive, not reachable by `properties` alone.
base::Result<std::vector<HeaderParameter>> header_parameters(const boost::json::object& input_schema);

}  // namespace mcp
