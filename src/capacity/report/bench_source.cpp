#include "capacity/report/bench_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "capacity/report/plots.hpp"

namespace capacity::report {
namespace {

using bench::BenchResult;
using bench::Step;
using scaling::Signal;

constexpr double gap = std::numeric_limits<double>::quiet_NaN();
constexpr int curve_points = 100;

/// What the load of a step is counted in.
double load_of(const Step& step, bool open_loop) {
    return open_loop ? step.target_rate.value_or(0) : step.concurrent_clients;
}

std::optional<double> pool_percent(const Step& step) {
    if (!step.pool_active || !step.pool_max || !(*step.pool_max > 0)) return std::nullopt;
    return 100 * *step.pool_active / *step.pool_max;
}

using ValueOf = std::function<std::optional<double>(const Step&)>;

Trend trend_over_load(const std::vector<NamedBench>& results, bool open_loop, Signal signal, const ValueOf& value_of) {
    const std::string over = open_loop ? "requests per second asked" : "concurrent clients";
    Trend trend{
        .id = fmt::format("{}_over_{}", scaling::to_string(signal), open_loop ? "rate" : "clients"),
        .plot = {.title = fmt::format("{} over {}", scaling::title(signal), over),
                 .description = {},
                 .x = {.label = over, .low = 0},
                 .y = {.label = std::string{scaling::title(signal)}, .unit = std::string{scaling::unit(signal)}}}};
    for (const auto& [name, result] : results) {
        if (result.open_loop != open_loop) continue;
        PlotSeries series{.name = name, .mark = PlotMark::line_and_dots, .points = {}};
        for (const Step& step : result.steps) {
            series.points.push_back({load_of(step, open_loop), value_of(step).value_or(gap)});
        }
        std::ranges::sort(series.points, {}, &PlotPoint::x);
        trend.plot.series.push_back(std::move(series));
    }
    if (scaling::unit(signal) == "%") trend.plot.levels = levels_of(signal);
    return trend;
}

/// The fitted scalability law as a line beside what was measured.
void add_law(const NamedBench& named, Plot& plot) {
    const BenchResult& result = named.second;
    if (!result.usl || result.open_loop || result.steps.empty()) return;
    double most = 1;
    for (const Step& step : result.steps) most = std::max(most, static_cast<double>(step.concurrent_clients));
    PlotSeries series{.name = fmt::format("{}: fitted law", named.first), .points = {}};
    for (int i = 0; i <= curve_points; ++i) {
        const double n = 1 + (most - 1) * i / curve_points;
        const double slowed = 1 + result.usl->sigma * (n - 1) + result.usl->kappa * n * (n - 1);
        series.points.push_back({n, slowed > 0 ? result.usl->lambda * n / slowed : gap});
    }
    plot.series.push_back(std::move(series));
}

void draw(const std::vector<NamedBench>& results, bool open_loop, Report& report) {
    if (std::ranges::none_of(results, [&](const auto& named) { return named.second.open_loop == open_loop; })) return;
    const auto put = [&](Signal signal, const ValueOf& value_of) -> Trend& {
        return report.trends.emplace_back(trend_over_load(results, open_loop, signal, value_of));
    };
    Trend& throughput = put(Signal::requests, [](const Step& step) { return std::optional{step.requests_per_second}; });
    for (const NamedBench& named : results) add_law(named, throughput.plot);
    put(Signal::p95, [](const Step& step) { return step.ok > 0 ? std::optional{step.latency_ms.p95} : std::nullopt; });
    put(Signal::cpu, [](const Step& step) { return step.cpu_usage; });
    put(Signal::memory, [](const Step& step) { return step.memory_usage; });
    put(Signal::pool, pool_percent);
    put(Signal::errors, [](const Step& step) { return std::optional{step.error_rate}; });
}

std::string cell(const std::optional<double>& value) { return value ? fmt::format("{:.4g}", *value) : "-"; }

FigureTable table_of(const NamedBench& named) {
    const BenchResult& result = named.second;
    FigureTable table{.title = fmt::format("{}: {}, {}", named.first, result.target.address, result.started_at),
                      .columns = {{.name = result.open_loop ? "rate asked" : "clients", .number = true},
                                  {.name = "requests/s", .number = true},
                                  {.name = "avg ms", .number = true},
                                  {.name = "p50 ms", .number = true},
                                  {.name = "p95 ms", .number = true},
                                  {.name = "p99 ms", .number = true},
                                  {.name = "max ms", .number = true},
                                  {.name = "errors %", .number = true},
                                  {.name = "CPU %", .number = true},
                                  {.name = "memory %", .number = true},
                                  {.name = "advice"}},
                      .rows = {}};
    for (const Step& step : result.steps) {
        const bench::Latency& ms = step.latency_ms;
        table.rows.push_back({cell(load_of(step, result.open_loop)), cell(step.requests_per_second), cell(ms.avg),
                              cell(ms.p50), cell(ms.p95), cell(ms.p99), cell(ms.max), cell(step.error_rate),
                              cell(step.cpu_usage), cell(step.memory_usage),
                              step.complete ? step.advice_text : fmt::format("{} (stopped early)", step.advice_text)});
    }
    return table;
}

void advise(const NamedBench& named, std::vector<std::string>& advice) {
    if (const auto& law = named.second.usl) {
        advice.push_back(fmt::format("{}: scalability law (USL), contention {:.3g}, coherency {:.2g}: {}.", named.first,
                                     law->sigma, law->kappa,
                                     law->peak_clients ? fmt::format("most at {:.0f} clients", *law->peak_clients)
                                                       : std::string{"no peak in sight"}));
    }
    const auto& most = named.second.sustainable;
    if (!most) {
        advice.push_back(fmt::format(
            "{}: no load of this run kept CPU < 70 %, memory < 75 %, p95 < 2 s and errors < 1 %.", named.first));
        return;
    }
    advice.push_back(
        fmt::format("{}: maximum sustainable load {} concurrent clients ({:.4g} requests/s); scale out at {} clients "
                    "({:.4g} requests/s){}.",
                    named.first, most->clients, most->requests_per_second, most->scale_out_clients,
                    most->scale_out_requests_per_second,
                    most->limited_by.empty() ? "; the ladder was too short to find the limit"
                                             : fmt::format("; what came next broke {}", most->limited_by)));
}

void take_figures(const BenchResult& result, Report& report) {
    const auto greatest =
        std::ranges::max_element(result.steps, {}, [&](const Step& step) { return load_of(step, result.open_loop); });
    if (greatest == result.steps.end()) return;
    scaling::Figures& figures = report.figures;
    figures.cpu_percent = greatest->cpu_usage;
    figures.memory_percent = greatest->memory_usage;
    figures.requests_per_second = greatest->requests_per_second;
    if (greatest->ok > 0) figures.p95_ms = greatest->latency_ms.p95;
    figures.pool_percent = pool_percent(*greatest);
    figures.queue_length = greatest->queue_max;
    figures.error_percent = greatest->error_rate;
    const std::string at = fmt::format("at {:g} {}", load_of(*greatest, result.open_loop),
                                       result.open_loop ? "requests per second asked" : "concurrent clients");
    report.notes.assign(scaling::signal_count, at);
    report.notes[0] = "a benchmark sees one address";
}

}  // namespace

Report report_of(const std::vector<NamedBench>& results) {
    Report report{.source = "bench"};
    for (const auto& named : results) {
        report.about.push_back(named.first);
        report.tables.push_back(table_of(named));
        advise(named, report.advice);
        if (!named.second.complete) {
            report.partial.push_back(fmt::format("{} is partial: {}", named.first, named.second.why_partial));
        }
    }
    take_figures(results.back().second, report);
    report.figures.sustainable_requests_per_second = sustained(results);
    draw(results, false, report);
    draw(results, true, report);
    return report;
}

std::optional<double> sustained(const std::vector<NamedBench>& results) {
    std::optional<double> rate;
    for (const auto& named : results) {
        if (named.second.sustainable) rate = named.second.sustainable->requests_per_second;
    }
    return rate;
}

}  // namespace capacity::report
