/// What Kubernetes says of scaling: `kubectl get events` and `kubectl get hpa` as JSON.
///
/// Place: the report's "scaling events". The parsers are pure; the text is a stranger's. `ask_kubectl` runs the program
/// (child_process.hpp), bounded in time and bytes. Threads: the caller's.
/// Source: the Kubernetes API: Event v1 (core), HorizontalPodAutoscaler v2 and v1.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "capacity/report/report.hpp"

namespace capacity::report {

/// Events of HorizontalPodAutoscalers, and of Deployments that were scaled; oldest first, at most `most`, the newest.
/// Sizes come out of their messages ("New size: 5; reason: …", "Scaled up replica set x to 5 from 3"); where only the
/// new size is told, the old one is that of the event before.
base::Result<std::vector<ScalingEvent>> parse_kubernetes_events(std::string_view text, std::size_t most = 50);

base::Result<std::vector<Autoscaler>> parse_autoscalers(std::string_view text);

struct KubectlPlan {
    std::string program = "kubectl";  ///< looked for in PATH
    std::string name_space = "snowflake-mcp";
    std::chrono::milliseconds patience{5'000};  ///< for each question
};

/// Never an error: what went wrong stands in the answer.
Events ask_kubectl(const KubectlPlan& plan);

}  // namespace capacity::report
