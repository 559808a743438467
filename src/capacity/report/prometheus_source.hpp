/// A report of what Prometheus has scraped: range queries over some hours, instances by a label.
///
/// Place: `snowflake-mcp report --prometheus`. Asking is apart from reckoning, so that the latter is pure. Threads: the
/// caller's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "capacity/report/fetch.hpp"
#include "capacity/report/prometheus_answer.hpp"
#include "capacity/report/report.hpp"

namespace capacity::report {

struct PrometheusPlan {
    std::string address;  ///< "http://prometheus:9090", with a path where there is one in front of /api
    base::Secret token;   ///< sent as bearer; may be empty
    double hours = 24;
    std::string job = "snowflake-mcp-server";
    std::string instance_label = "instance";
    double end = 0;  ///< seconds since 1970
    /// What one question may take.
    std::chrono::milliseconds patience{30'000};

    double step_seconds() const;    ///< about 288 points, whole seconds
    double window_seconds() const;  ///< of `rate`: 5 minutes as the guide has it, less where the whole time is short
};

struct PrometheusQuestion {
    std::string id;          ///< "cpu"
    std::string expression;  ///< PromQL
};
/// In the order of the signals; the first is `up`. Names are quoted for PromQL. Errors: `bad_argument` (a label that is
/// none).
base::Result<std::vector<PrometheusQuestion>> questions_of(const PrometheusPlan& plan);

/// By the questions' ids; what failed is not in it.
using PrometheusAnswers = std::map<std::string, PrometheusAnswer, std::less<>>;

/// Fills what the answers tell.
void reckon(const PrometheusAnswers& answers, const PrometheusPlan& plan, Report& report);

/// Errors: `bad_argument`, `unavailable` where it does not answer, or knows nothing of the job.
base::Result<Report> ask_prometheus(Fetcher& fetcher, const PrometheusPlan& plan);

}  // namespace capacity::report
