/// Metrics of the protocol: what was asked, how long it took, how it ended. Label sets are made at start.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/metrics.hpp"
#include "mcp/method.hpp"

namespace mcp {

class Traffic {
public:
    enum class Ending : std::uint8_t { ok, tool_error, rpc_error, cancelled };

    Traffic(base::Metrics& metrics, const Registry& registry);

    void finished(Method method, std::string_view tool, Revision revision, Ending ending,
                  std::chrono::steady_clock::duration took, std::string_view trace_id);

private:
    struct PerMethod {
        base::Counter requests;
        base::Histogram seconds;
        std::array<base::Counter, 4> endings;
    };
    struct PerTool {
        base::Counter calls;
        base::Counter errors;
        base::Histogram seconds;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    std::vector<PerMethod> methods_;
    std::vector<base::Counter> revisions_;
    base::Counter tool_errors_, rpc_errors_;
    std::unordered_map<std::string, PerTool, Hash, std::equal_to<>> tools_;
};

}  // namespace mcp
