/// What a scaling report says, whichever source it comes from and however it is written.
///
/// Place: made by a source of this folder (a server, Prometheus, benchmark files, kubectl), read by the writers
/// (write.hpp). Plain values; texts may be a stranger's: the writers escape. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capacity/page.hpp"
#include "capacity/plot.hpp"
#include "scaling/status.hpp"

namespace capacity::report {

/// One instance at the end of the time.
struct Instance {
    std::string name;
    bool up = false;
    std::optional<double> cpu_percent = {};
    std::optional<double> memory_percent = {};
    std::optional<double> memory_mb = {};
    std::optional<double> requests_per_second = {};
    std::optional<double> p95_ms = {};
    std::optional<double> pool_percent = {};
    std::optional<double> queue_length = {};
};

struct Trend {
    std::string id;  ///< "cpu": the name in JSON
    Plot plot;
};

struct ScalingEvent {
    std::string time;     ///< "2026-11-24T14:30:00Z"
    std::string object;   ///< "HorizontalPodAutoscaler/snowflake-mcp-hpa"
    std::string event;    ///< "SuccessfulRescale"
    std::string trigger;  ///< why, in the source's own words
    std::optional<int> from = {};
    std::optional<int> to = {};
};

struct Autoscaler {
    std::string name;
    std::optional<int> current = {};
    std::optional<int> desired = {};
    std::optional<int> min = {};
    std::optional<int> max = {};
    std::string last_scaled = {};
};

struct Events {
    enum class State : std::uint8_t { not_asked, known, failed };
    State state = State::not_asked;
    std::string why = {};                   ///< of the other two: "no kubectl", "kubectl: connection refused"
    std::vector<ScalingEvent> events = {};  ///< oldest first
    std::vector<Autoscaler> autoscalers = {};
};

/// Figures that are no trend: the steps of a benchmark.
struct FigureTable {
    std::string title;
    std::vector<PageColumn> columns;
    std::vector<std::vector<std::string>> rows;
};

struct Report {
    std::string source;              ///< "server", "prometheus" or "bench"
    std::vector<std::string> about;  ///< addresses or files
    double from = 0;                 ///< seconds since 1970; both 0 where the source has no time of its own
    double to = 0;
    std::string made_at;                    ///< "2026-11-24T15:00:00Z"
    std::string generator;                  ///< "snowflake-mcp 0.1.0"
    std::vector<std::string> partial = {};  ///< what is missing, one remark each; empty: complete

    scaling::Figures figures = {};
    std::vector<std::string> notes =
        {};  ///< more to a figure than its threshold, in the order of the signals; or empty
    std::vector<Instance> instances = {};
    std::vector<Trend> trends = {};
    std::vector<FigureTable> tables = {};
    Events events = {};
    std::vector<std::string> advice = {};  ///< the source's own, beside what follows from the figures
};

/// "2026-11-24T14:30:00Z"
std::string iso_time(double seconds);

}  // namespace capacity::report
