/// The text of a /metrics page: Prometheus' exposition format 0.0.4 and OpenMetrics 1.0, both as they are met.
///
/// Place: whoever reads a server's metrics in this folder. The text is a stranger's: what is not of the format is an
/// error that names the line, never a guess. Names in quotes (Prometheus 3) are read; comments, units and exemplars are
/// passed over; a sample's own time is left out, since a page is read when it is asked for. Pure. Threads: none.
///
/// Sources: prometheus.io/docs/instrumenting/exposition_formats, OpenMetrics 1.0 (section 4, "Text format").
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace capacity {

struct MetricSample {
    std::string name;  ///< "mcp_request_duration_seconds_bucket"
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;  ///< may be NaN or infinite

    /// The label's value, or empty.
    std::string_view label(std::string_view key) const;
};

struct HistogramBucketCount {
    double at_most = 0;  ///< the label `le`; the last is +infinity
    double count = 0;    ///< cumulative
};

class MetricsText {
public:
    /// Errors: `bad_argument`: "line 3 is no metric: …", a page without a sample, more than `most_samples`.
    static base::Result<MetricsText> parse(std::string_view text, std::size_t most_samples = 200'000);

    const std::vector<MetricSample>& samples() const { return samples_; }
    bool has(std::string_view name) const { return by_name_.contains(name); }
    /// The sum over all label sets, NaN left out; nothing where the name is not there.
    std::optional<double> sum(std::string_view name) const;
    /// The buckets of a histogram, summed over all label sets, ascending; `name` without "_bucket".
    std::vector<HistogramBucketCount> buckets(std::string_view name) const;

private:
    MetricsText() = default;
    std::vector<MetricSample> samples_;
    std::map<std::string, std::vector<std::size_t>, std::less<>> by_name_;
};

/// The value that a share `quantile` (0 to 1) of what the buckets count is not above, interpolated within its bucket as
/// Prometheus' histogram_quantile does; of the last bucket its lower bound. Nothing when nothing is counted.
std::optional<double> histogram_quantile(double quantile, const std::vector<HistogramBucketCount>& buckets);

}  // namespace capacity
