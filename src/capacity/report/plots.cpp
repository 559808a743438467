#include "capacity/report/plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace capacity::report {
namespace {

constexpr std::size_t most_lines = 8;

double peak(const Line& line) {
    double value = -INFINITY;
    for (const PlotPoint& point : line.points) {
        if (std::isfinite(point.y)) value = std::max(value, point.y);
    }
    return value;
}

}  // namespace

std::optional<double> highest(const std::vector<Line>& lines) {
    double value = -INFINITY;
    for (const Line& line : lines) value = std::max(value, peak(line));
    return std::isfinite(value) ? std::optional{value} : std::nullopt;
}

std::vector<PlotLevel> levels_of(scaling::Signal signal) {
    for (const scaling::Threshold& bounds : scaling::default_thresholds()) {
        if (bounds.signal != signal || !std::isfinite(bounds.warning)) continue;
        if (signal == scaling::Signal::instances) return {};
        return {{.name = "warning", .value = bounds.warning}, {.name = "critical", .value = bounds.critical}};
    }
    return {};
}

Trend trend_of(scaling::Signal signal, std::vector<Line> lines, double max_step) {
    std::string description;
    if (lines.size() > most_lines) {
        description = fmt::format("the {} highest of {}", most_lines, lines.size());
        std::ranges::sort(lines, [](const Line& a, const Line& b) { return peak(a) > peak(b); });
        lines.resize(most_lines);
        std::ranges::sort(lines, {}, &Line::name);
    }
    Trend trend{
        .id = std::string{scaling::to_string(signal)},
        .plot = {.title = std::string{scaling::title(signal)},
                 .description = {},
                 .x = {.label = "time", .scale = PlotScale::time},
                 .y = {.label = std::string{scaling::title(signal)}, .unit = std::string{scaling::unit(signal)}}}};
    if (!description.empty()) trend.plot.title += fmt::format(" ({})", description);
    for (Line& line : lines) {
        trend.plot.series.push_back(
            {.name = std::move(line.name), .points = std::move(line.points), .max_step = max_step});
    }
    // A bound that is far above everything would press the lines to the floor.
    for (PlotLevel& level : levels_of(signal)) {
        double top = 0;
        for (const PlotSeries& series : trend.plot.series) {
            for (const PlotPoint& point : series.points) {
                if (std::isfinite(point.y)) top = std::max(top, point.y);
            }
        }
        if (scaling::unit(signal) == "%" || top > level.value / 4) trend.plot.levels.push_back(std::move(level));
    }
    return trend;
}

void align_times(Report& report) {
    for (Trend& trend : report.trends) {
        trend.plot.x.low = report.from;
        trend.plot.x.high = report.to;
    }
}

}  // namespace capacity::report
