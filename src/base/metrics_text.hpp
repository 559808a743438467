/// The text formats of a scrape: Prometheus 0.0.4 (prometheus.io, "Exposition formats") and OpenMetrics 1.0.
///
/// Place: base/metrics only. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/metrics.hpp"

namespace base::metrics_text {

/// OpenMetrics where the header names it with at least the weight of plain text (RFC 9110, 12.5.1).
Metrics::Format negotiate(std::string_view accept_header);

/// One page: `family`, then its samples (a histogram's buckets, each followed by its exemplar if it has one).
class Page {
public:
    explicit Page(Metrics::Format format) : format_{format} {}

    void family(std::string_view name, std::string_view help, std::string_view type);
    void sample(std::string_view suffix, const Labels& labels, double value);
    void bucket(const Labels& labels, double bound, std::uint64_t count);
    void exemplar(std::string_view trace_id, double value, std::int64_t unix_ms);
    std::string end() &&;

private:
    void begin_sample(std::string_view suffix, const Labels& labels, std::string_view bound);

    Metrics::Format format_;
    std::string name_;
    std::string out_;
};

}  // namespace base::metrics_text
