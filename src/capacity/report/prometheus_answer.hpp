/// The answer of Prometheus' HTTP API to a range query: label sets and their points.
///
/// Place: under prometheus_source. The text is a stranger's. Pure. Threads: none.
/// Source: prometheus.io/docs/prometheus/latest/querying/api ("Range queries", "Expression query result formats").
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "capacity/plot.hpp"

namespace capacity::report {

struct PrometheusSeries {
    std::map<std::string, std::string, std::less<>> labels;
    std::vector<PlotPoint> points;  ///< x: seconds since 1970; y may be NaN or infinite
};

struct PrometheusAnswer {
    std::vector<PrometheusSeries> series;
    std::vector<std::string> warnings;
};

/// Errors (`bad_argument`): not JSON, not this API's form, no matrix; with `status: error` its own words:
/// "bad_data: parse error".
base::Result<PrometheusAnswer> parse_prometheus(std::string_view text);

}  // namespace capacity::report
