/// Plots as static inline SVG: lines, dots and bands over a linear, logarithmic or time axis.
///
/// Place: the reports of this folder. A report is mailed and printed, where no script runs, so the picture is drawn
/// here; series differ by colour, dash and mark, so that neither grey paper nor colour blindness hides one. Colours are
/// presentation attributes that a page's style may override (classes `series-1` to `series-8`, `grid`, `axis`, `text`;
/// page.hpp does for dark screens). Text of strangers is escaped. Pure. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capacity {

struct PlotPoint {
    double x = 0;
    double y = 0;  ///< not finite: a gap, the line is broken
};

/// How a series is drawn. A lone point between two gaps is a dot in any case.
enum class PlotMark { line, dots, line_and_dots };

struct PlotSeries {
    std::string name;  ///< in the legend; cut after 40 characters
    PlotMark mark = PlotMark::line;
    std::vector<PlotPoint> points;  ///< in the order of x
    /// Where two neighbours are farther apart in x than this, nothing is known between them.
    std::optional<double> max_step = std::nullopt;
};

/// An interval around a line: a forecast's, filled pale.
struct PlotBand {
    struct Point {
        double x = 0;
        double low = 0;
        double high = 0;
    };
    std::string name;
    std::vector<Point> points;
};

/// A level that matters: a threshold, drawn dashed across the plot with its name at the line.
struct PlotLevel {
    std::string name;
    double value = 0;
};

enum class PlotScale {
    linear,       ///< begins at 0 when no value is below it
    logarithmic,  ///< values at or below 0 are gaps
    time,         ///< seconds since 1970, shown in UTC
};

struct PlotAxis {
    std::string label;  ///< "requests per second"
    std::string unit;   ///< "ms": behind the label in brackets; may be empty
    PlotScale scale = PlotScale::linear;
    std::optional<double> low = std::nullopt;  ///< bounds to show at least
    std::optional<double> high = std::nullopt;
};

struct Plot {
    std::string title;        ///< also the SVG's accessible name
    std::string description;  ///< accessible; "" : what is drawn is summed up from the series
    PlotAxis x;
    PlotAxis y;
    std::vector<PlotSeries> series = {};  ///< the ninth is drawn as the first, with another dash
    std::vector<PlotBand> bands = {};
    std::vector<PlotLevel> levels = {};
};

/// The `<svg>` element, 440 units wide, with a `viewBox` and no fixed size. Ids in it begin with `id` (letters, digits
/// and dashes; unique in its page). Without a finite point it says "no data".
std::string plot_svg(const Plot& plot, std::string_view id);

/// Round values for an axis from `low` to `high` (finite, low < high), about `wanted` of them: multiples of 1, 2 or 5
/// times a power of ten; of a time axis whole seconds, minutes, hours or days; of a logarithmic one 1, 2 and 5 of each
/// decade.
std::vector<double> plot_ticks(PlotScale scale, double low, double high, int wanted);

/// "1.5k", "250", "0.02": a value of a linear or logarithmic axis whose ticks are `step` apart (0: not known).
std::string plot_number(double value, double step = 0);

}  // namespace capacity
