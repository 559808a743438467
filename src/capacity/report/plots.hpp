/// The plots that every source of a report draws alike: one a signal, with the bounds of its threshold.
///
/// Place: the sources. Pure. Threads: none.
#pragma once

#include <string>
#include <vector>

#include "capacity/report/report.hpp"

namespace capacity::report {

/// Values of one instance (or of all) over time.
struct Line {
    std::string name;
    std::vector<PlotPoint> points;  ///< by time; not finite: a gap
};

/// Over time. At most eight lines are drawn, the highest ones; the description says how many there are. `max_step`:
/// seconds between neighbours beyond which nothing is known.
Trend trend_of(scaling::Signal signal, std::vector<Line> lines, double max_step);

/// The same time under every plot.
void align_times(Report& report);

/// The highest finite value of all lines, or nothing.
std::optional<double> highest(const std::vector<Line>& lines);

/// The levels of a signal's threshold, where it has finite ones.
std::vector<PlotLevel> levels_of(scaling::Signal signal);

}  // namespace capacity::report
