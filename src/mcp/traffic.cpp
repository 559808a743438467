#include "mcp/traffic.hpp"

namespace mcp {
namespace {

constexpr std::array<std::string_view, 4> ending_names{"ok", "tool_error", "rpc_error", "cancelled"};

}  // namespace

Traffic::Traffic(base::Metrics& metrics, const Registry& registry)
    : tool_errors_{metrics.counter("mcp_errors_total", "Requests that ended in an error", {{"kind", "tool_error"}})},
      rpc_errors_{metrics.counter("mcp_errors_total", "Requests that ended in an error", {{"kind", "rpc_error"}})} {
    for (std::size_t i = 0; i < method_count; ++i) {
        const std::string method{to_string(static_cast<Method>(i))};
        const auto ending = [&](std::size_t which) {
            return metrics.counter("mcp_responses_total", "How requests ended",
                                   {{"method", method}, {"ending", std::string{ending_names[which]}}});
        };
        methods_.push_back({metrics.counter("mcp_requests_total", "Requests by method", {{"method", method}}),
                            metrics.histogram("mcp_request_duration_seconds", "Time from a request to its answer",
                                              {{"method", method}}),
                            {ending(0), ending(1), ending(2), ending(3)}});
    }
    for (std::size_t i = 0; i < 5; ++i) {
        revisions_.push_back(metrics.counter("mcp_revision_requests_total", "Requests by protocol revision",
                                             {{"revision", std::string{to_string(static_cast<Revision>(i))}}}));
    }
    for (const auto name : registry.tool_names()) {
        const base::Labels labels{{"tool", std::string{name}}};
        tools_.emplace(
            std::string{name},
            PerTool{metrics.counter("mcp_tool_calls_total", "Calls by tool", labels),
                    metrics.counter("mcp_tool_errors_total", "Calls that ended in an error, by tool", labels),
                    metrics.histogram("mcp_tool_duration_seconds", "Time of a tool call", labels)});
    }
}

void Traffic::finished(Method method, std::string_view tool, Revision revision, Ending ending,
                       std::chrono::steady_clock::duration took, std::string_view trace_id) {
    const double seconds = std::chrono::duration<double>(took).count();
    auto& entry = methods_[static_cast<std::size_t>(method)];
    entry.requests.add();
    entry.endings[static_cast<std::size_t>(ending)].add();
    entry.seconds.observe(seconds, trace_id);
    if (ending == Ending::tool_error) tool_errors_.add();
    if (ending == Ending::rpc_error) rpc_errors_.add();
    revisions_[static_cast<std::size_t>(revision)].add();
    if (tool.empty()) return;
    const auto found = tools_.find(tool);
    if (found == tools_.end()) return;
    found->second.calls.add();
    if (ending == Ending::tool_error || ending == Ending::rpc_error) found->second.errors.add();
    found->second.seconds.observe(seconds);
}

}  // namespace mcp
