#include "mcp/method.hpp"

#include <array>

namespace mcp {
namespace {

constexpr std::array<std::string_view, method_count> names{
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "logging/setLevel",
    "subscriptions/listen",
    "tasks/get",
    "tasks/update",
    "tasks/cancel",
    "unknown",
};

}  // namespace

std::string_view to_string(Method method) { return names[static_cast<std::size_t>(method)]; }

Method method_from(std::string_view name) {
    for (std::size_t i = 0; i + 1 < names.size(); ++i) {
        if (names[i] == name) return static_cast<Method>(i);
    }
    return Method::unknown;
}

bool is_served(Method method, Revision revision, const Registry& registry, const ServerOptions& options) {
    const bool stateless = is_stateless(revision);
    switch (method) {
        case Method::initialize:
        case Method::ping: return !stateless;
        case Method::discover:
        case Method::subscriptions_listen: return stateless;
        case Method::tools_list:
        case Method::tools_call: return registry.has_tools();
        case Method::resources_list:
        case Method::resources_templates_list:
        case Method::resources_read: return registry.has_resources();
        case Method::resources_subscribe:
        case Method::resources_unsubscribe:
            return !stateless && registry.has_resources() && options.resource_subscriptions;
        case Method::prompts_list:
        case Method::prompts_get: return registry.has_prompts();
        case Method::completion_complete: return registry.has_completions();
        case Method::logging_set_level: return !stateless && options.logging;
        case Method::tasks_get:
        case Method::tasks_update:
        case Method::tasks_cancel: return stateless && registry.tasks() != nullptr;
        case Method::unknown: return false;
    }
    return false;
}

std::string_view named_parameter(Method method) {
    switch (method) {
        case Method::tools_call:
        case Method::prompts_get: return "name";
        case Method::resources_read: return "uri";
        case Method::tasks_get:
        case Method::tasks_update:
        case Method::tasks_cancel: return "taskId";
        default: return {};
    }
}

}  // namespace mcp
