/// Counters, gauges and histograms, and the text Prometheus reads.
///
/// Label sets are made at start (with fixed labels; asking again for the same gives the same); recording is lock-free:
/// each thread that records has its own cell on cache lines of its own (the first `own_cells` threads alive, the others
/// share cells), summed at scrape. Text format:
/// Prometheus 0.0.4 and OpenMetrics 1.0 (with exemplars), chosen by the Accept header; `promtool check metrics` judges
/// it. Threads: registering before workers start; recording and scraping from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
public:
    void add(std::uint64_t n = 1);
    std::uint64_t value() const;

private:
    friend class Metrics;
    struct Cells;
    explicit Counter(std::shared_ptr<Cells> cells) : cells_{std::move(cells)} {}
    std::shared_ptr<Cells> cells_;
};

class Gauge {
public:
    void set(double value);
    void add(double delta);
    double value() const;

private:
    friend class Metrics;
    struct Cell;
    explicit Gauge(std::shared_ptr<Cell> cell) : cell_{std::move(cell)} {}
    std::shared_ptr<Cell> cell_;
};

class Histogram {
public:
    void observe(double value);
    /// `trace_id` (32 hex digits, may be empty) becomes the bucket's exemplar.
    void observe(double value, std::string_view trace_id);
    std::uint64_t count() const;
    double sum() const;
    /// Linear interpolation inside the bucket, as Prometheus' histogram_quantile does; NaN when nothing was observed.
    double quantile(double q) const;

private:
    friend class Metrics;
    struct Cells;
    explicit Histogram(std::shared_ptr<Cells> cells) : cells_{std::move(cells)} {}
    std::shared_ptr<Cells> cells_;
};

/// A histogram's buckets, summed over all its label sets at one moment.
struct HistogramTotals {
    std::vector<double> bounds;
    std::vector<std::uint64_t> counts;  ///< one a bound, and one for what is above all; not cumulative
    double sum = 0;

    std::uint64_t count() const;
    /// What came since `earlier` (of the same histogram).
    HistogramTotals since(const HistogramTotals& earlier) const;
    /// As `Histogram::quantile`; NaN when there is nothing.
    double quantile(double q) const;
};

class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// Name and labels are checked ([a-zA-Z_:][a-zA-Z0-9_:]*, labels without ':'); a counter's name ends in `_total`;
    /// the same name twice must have the same type and help. std::invalid_argument otherwise.
    Counter counter(std::string_view name, std::string_view help, Labels labels = {});
    Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
    /// `bounds` ascending, in the unit of the name; empty: 0.5 ms … 60 s.
    Histogram histogram(std::string_view name, std::string_view help, Labels labels = {},
                        std::vector<double> bounds = {});
    /// Read at scrape time, by the thread that scrapes; must not scrape or register.
    void gauge_function(std::string_view name, std::string_view help, Labels labels, std::function<double()> read);
    void counter_function(std::string_view name, std::string_view help, Labels labels, std::function<double()> read);

    /// Absent where no histogram has this name.
    std::optional<HistogramTotals> histogram_totals(std::string_view name) const;

    enum class Format { prometheus, open_metrics };
    static Format negotiate(std::string_view accept_header);
    static std::string_view content_type(Format format);
    std::string scrape(Format format) const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace base
