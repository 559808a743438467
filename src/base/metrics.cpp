#include "base/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "base/clock.hpp"
#include "base/metric_cells.hpp"
#include "base/metrics_text.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"

namespace base {

using detail::ThreadSlot;

struct Counter::Cells {
    detail::PerThread<detail::CounterCell> cells;
};

void Counter::add(std::uint64_t n) {
    const ThreadSlot slot = ThreadSlot::mine();
    detail::CounterCell& cell = cells_->cells.mine(slot, [] { return std::make_unique<detail::CounterCell>(); });
    detail::add_to(cell.value, n, slot.shared());
}

std::uint64_t Counter::value() const {
    std::uint64_t sum = 0;
    cells_->cells.each([&](const detail::CounterCell& cell) { sum += cell.value.load(std::memory_order_relaxed); });
    return sum;
}

struct Gauge::Cell {
    std::atomic<double> value = 0;
};

void Gauge::set(double value) { cell_->value.store(value, std::memory_order_relaxed); }
void Gauge::add(double delta) { cell_->value.fetch_add(delta, std::memory_order_relaxed); }
double Gauge::value() const { return cell_->value.load(std::memory_order_relaxed); }

struct Histogram::Cells {
    explicit Cells(std::vector<double> given) : bounds{std::move(given)} {}

    std::size_t bucket_of(double value) const {
        return static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
    }
    detail::HistogramCell& mine(ThreadSlot slot) {
        return cells.mine(slot, [this] { return std::make_unique<detail::HistogramCell>(bounds.size() + 1); });
    }
    std::vector<std::uint64_t> counts() const {
        std::vector<std::uint64_t> sums(bounds.size() + 1);
        cells.each([&](const detail::HistogramCell& cell) {
            for (std::size_t i = 0; i < sums.size(); ++i) {
                sums[i] += cell.counts[i].load(std::memory_order_relaxed);
            }
        });
        return sums;
    }
    double sum() const {
        double total = 0;
        cells.each([&](const detail::HistogramCell& cell) { total += cell.sum.load(std::memory_order_relaxed); });
        return total;
    }
    std::optional<detail::ExemplarCell::Exemplar> exemplar(std::size_t bucket) const {
        std::optional<detail::ExemplarCell::Exemplar> latest;
        cells.each([&](const detail::HistogramCell& cell) {
            const detail::ExemplarCell* const all = cell.exemplars.load(std::memory_order_acquire);
            const auto found = all != nullptr ? all[bucket].read() : std::nullopt;
            if (found && (!latest || found->unix_ms > latest->unix_ms)) {
                latest = found;
            }
        });
        return latest;
    }

    const std::vector<double> bounds;
    detail::PerThread<detail::HistogramCell> cells;
};

void Histogram::observe(double value) { observe(value, {}); }

void Histogram::observe(double value, std::string_view trace_id) {
    if (std::isnan(value)) {
        return;
    }
    const ThreadSlot slot = ThreadSlot::mine();
    detail::HistogramCell& cell = cells_->mine(slot);
    const std::size_t bucket = cells_->bucket_of(value);
    detail::add_to<std::uint64_t>(cell.counts[bucket], 1, slot.shared());
    detail::add_to(cell.sum, value, slot.shared());
    if (trace_id.empty()) {
        return;
    }
    const auto trace = detail::parse_trace_id(trace_id);
    if (!trace) {
        return;
    }
    detail::ExemplarCell* all = cell.exemplars.load(std::memory_order_acquire);
    if (all == nullptr) {
        auto made = std::make_unique<detail::ExemplarCell[]>(cell.counts.size());
        if (cell.exemplars.compare_exchange_strong(all, made.get(), std::memory_order_acq_rel)) {
            all = made.release();
        }
    }
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(WallClock::now().time_since_epoch());
    all[bucket].write({.trace_high = trace->first, .trace_low = trace->second, .value = value, .unix_ms = now.count()});
}

std::uint64_t Histogram::count() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : cells_->counts()) {
        sum += count;
    }
    return sum;
}

double Histogram::sum() const { return cells_->sum(); }

double Histogram::quantile(double q) const {
    return HistogramTotals{.bounds = cells_->bounds, .counts = cells_->counts()}.quantile(q);
}

std::uint64_t HistogramTotals::count() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

HistogramTotals HistogramTotals::since(const HistogramTotals& earlier) const {
    HistogramTotals difference = *this;
    difference.sum -= earlier.sum;
    for (std::size_t i = 0; i < std::min(counts.size(), earlier.counts.size()); ++i) {
        difference.counts[i] -= std::min(counts[i], earlier.counts[i]);
    }
    return difference;
}

double HistogramTotals::quantile(double q) const {
    const auto total = static_cast<double>(count());
    if (total == 0 || std::isnan(q)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const double rank = std::clamp(q, 0.0, 1.0) * total;
    double below = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const auto here = static_cast<double>(counts[i]);
        if (here > 0 && below + here >= rank) {
            const double low = i == 0 ? std::min(0.0, bounds[0]) : bounds[i - 1];
            return low + (bounds[i] - low) * ((rank - below) / here);
        }
        below += here;
    }
    return bounds.back();
}

namespace {

const std::vector<double>& default_bounds() {
    static const std::vector<double> bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                               0.5,    1,     2.5,    5,     10,   15,    30,   60};
    return bounds;
}

bool is_metric_name(std::string_view name, bool colon) {
    const auto letter = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':');
    };
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

enum class Type { counter, gauge, histogram };

std::string_view to_string(Type type) {
    switch (type) {
        case Type::counter: return "counter";
        case Type::gauge: return "gauge";
        case Type::histogram: return "histogram";
    }
    return "untyped";
}

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
    throw std::invalid_argument{fmt::format("metric {}: {}", name, why)};
}

}  // namespace

struct Metrics::Families {
    struct Series {
        Labels labels;
        std::shared_ptr<Counter::Cells> counter;
        std::shared_ptr<Gauge::Cell> gauge;
        std::shared_ptr<Histogram::Cells> histogram;
        std::function<double()> read;
    };
    struct Family {
        std::string name;
        std::string help;
        Type type;
        std::vector<Series> series;
    };

    mutable Mutex mutex;
    std::vector<Family> families BASE_GUARDED_BY(mutex);

    /// The series of that name and those labels, new (without cells) where there was none.
    Series& at(std::string_view name, std::string_view help, Type type, Labels labels) BASE_REQUIRES(mutex);
};

Metrics::Families::Series& Metrics::Families::at(std::string_view name, std::string_view help, Type type,
                                                 Labels labels) {
    if (!is_metric_name(name, true)) {
        refuse(name, "not a name");
    }
    if (type == Type::counter && !name.ends_with("_total")) {
        refuse(name, "a counter's name ends in _total");
    }
    for (const auto& [label, value] : labels) {
        if (!is_metric_name(label, false) || label.starts_with("__") || label == "le") {
            refuse(name, fmt::format("{} is no name for a label", label));
        }
    }
    auto family =
        std::find_if(families.begin(), families.end(), [&](const Family& known) { return known.name == name; });
    if (family == families.end()) {
        families.push_back({.name = std::string{name}, .help = std::string{help}, .type = type});
        family = std::prev(families.end());
    }
    if (family->type != type || family->help != help) {
        refuse(name, "is there already with another type or help");
    }
    const auto series = std::find_if(family->series.begin(), family->series.end(),
                                     [&](const Series& known) { return known.labels == labels; });
    if (series != family->series.end()) {
        return *series;
    }
    family->series.push_back({.labels = std::move(labels)});
    return family->series.back();
}

Metrics::Metrics() : families_{std::make_unique<Families>()} {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
    const MutexLock lock{families_->mutex};
    auto& series = families_->at(name, help, Type::counter, std::move(labels));
    if (series.read) {
        refuse(name, "is read by a function");
    }
    if (!series.counter) {
        series.counter = std::make_shared<Counter::Cells>();
    }
    return Counter{series.counter};
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
    const MutexLock lock{families_->mutex};
    auto& series = families_->at(name, help, Type::gauge, std::move(labels));
    if (series.read) {
        refuse(name, "is read by a function");
    }
    if (!series.gauge) {
        series.gauge = std::make_shared<Gauge::Cell>();
    }
    return Gauge{series.gauge};
}

Histogram Metrics::histogram(std::string_view name, std::string_view help, Labels labels, std::vector<double> bounds) {
    if (bounds.empty()) {
        bounds = default_bounds();
    }
    const bool ascending = std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>{}) == bounds.end();
    if (!ascending || !std::all_of(bounds.begin(), bounds.end(), [](double bound) { return std::isfinite(bound); })) {
        refuse(name, "bounds must be finite and ascend");
    }
    const MutexLock lock{families_->mutex};
    auto& series = families_->at(name, help, Type::histogram, std::move(labels));
    if (!series.histogram) {
        series.histogram = std::make_shared<Histogram::Cells>(std::move(bounds));
    } else if (series.histogram->bounds != bounds) {
        refuse(name, "is there already with other bounds");
    }
    return Histogram{series.histogram};
}

void Metrics::gauge_function(std::string_view name, std::string_view help, Labels labels,
                             std::function<double()> read) {
    const MutexLock lock{families_->mutex};
    auto& series = families_->at(name, help, Type::gauge, std::move(labels));
    if (series.read || series.gauge) {
        refuse(name, "is there already");
    }
    series.read = std::move(read);
}

void Metrics::counter_function(std::string_view name, std::string_view help, Labels labels,
                               std::function<double()> read) {
    const MutexLock lock{families_->mutex};
    auto& series = families_->at(name, help, Type::counter, std::move(labels));
    if (series.read || series.counter) {
        refuse(name, "is there already");
    }
    series.read = std::move(read);
}

std::optional<HistogramTotals> Metrics::histogram_totals(std::string_view name) const {
    std::optional<HistogramTotals> totals;
    const MutexLock lock{families_->mutex};
    for (const Families::Family& family : families_->families) {
        if (family.name != name || family.type != Type::histogram) {
            continue;
        }
        for (const Families::Series& series : family.series) {
            HistogramTotals one{series.histogram->bounds, series.histogram->counts(), series.histogram->sum()};
            if (!totals) {
                totals = std::move(one);
            } else if (totals->bounds == one.bounds) {
                totals->sum += one.sum;
                std::transform(one.counts.begin(), one.counts.end(), totals->counts.begin(), totals->counts.begin(),
                               std::plus<>{});
            }
        }
    }
    return totals;
}

Metrics::Format Metrics::negotiate(std::string_view accept_header) { return metrics_text::negotiate(accept_header); }

std::string_view Metrics::content_type(Format format) {
    return format == Format::open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                          : "text/plain; version=0.0.4; charset=utf-8";
}

std::string Metrics::scrape(Format format) const {
    metrics_text::Page page{format};
    const MutexLock lock{families_->mutex};
    for (const Families::Family& family : families_->families) {
        page.family(family.name, family.help, to_string(family.type));
        for (const Families::Series& series : family.series) {
            if (series.histogram) {
                const auto counts = series.histogram->counts();
                std::uint64_t so_far = 0;
                for (std::size_t i = 0; i < counts.size(); ++i) {
                    so_far += counts[i];
                    const bool last = i + 1 == counts.size();
                    page.bucket(series.labels,
                                last ? std::numeric_limits<double>::infinity() : series.histogram->bounds[i], so_far);
                    if (const auto example = series.histogram->exemplar(i)) {
                        page.exemplar(detail::trace_id_text(example->trace_high, example->trace_low), example->value,
                                      example->unix_ms);
                    }
                }
                page.sample("_sum", series.labels, series.histogram->sum());
                page.sample("_count", series.labels, static_cast<double>(so_far));
            } else {
                const double value = series.read      ? series.read()
                                     : series.counter ? static_cast<double>(Counter{series.counter}.value())
                                                      : series.gauge->value.load(std::memory_order_relaxed);
                page.sample("", series.labels, value);
            }
        }
    }
    return std::move(page).end();
}

}  // namespace base
