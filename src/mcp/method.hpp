/// The methods of the protocol and where each exists. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "mcp/registry.hpp"
#include "mcp/revision.hpp"
#include "mcp/server.hpp"

namespace mcp {

enum class Method : std::uint8_t {
    initialize,
    ping,
    discover,
    tools_list,
    tools_call,
    resources_list,
    resources_templates_list,
    resources_read,
    resources_subscribe,
    resources_unsubscribe,
    prompts_list,
    prompts_get,
    completion_complete,
    logging_set_level,
    subscriptions_listen,
    tasks_get,
    tasks_update,
    tasks_cancel,
    unknown,
};
inline constexpr std::size_t method_count = static_cast<std::size_t>(Method::unknown) + 1;

std::string_view to_string(Method method);
Method method_from(std::string_view name);

/// False where the revision has no such method, or the server does not declare the capability behind it: -32601.
bool is_served(Method method, Revision revision, const Registry& registry, const ServerOptions& options);

/// The parameter that `Mcp-Name` mirrors: "name", "uri" or "taskId"; empty: none.
std::string_view named_parameter(Method method);

}  // namespace mcp
