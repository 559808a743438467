/// Entries of list answers in each revision's form: what a revision does not know is left out. Pure.
#pragma once

#include <string>

#include "mcp/prompt.hpp"
#include "mcp/resource.hpp"
#include "mcp/revision.hpp"
#include "mcp/tool.hpp"

namespace mcp {

/// Each appends one JSON object.
void append_tool(std::string& json, const Tool& tool, Revision revision);
void append_resource(std::string& json, const Resource& resource, Revision revision);
void append_template(std::string& json, const ResourceTemplate& resource_template, Revision revision);
void append_prompt(std::string& json, const Prompt& prompt, Revision revision);

}  // namespace mcp
