/// An axis of a plot: which values it spans, where its ticks stand, and how a value is written.
///
/// Place: under plot.cpp. Pure. Threads: none.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "capacity/plot.hpp"

namespace capacity {

class AxisRange {
public:
    explicit AxisRange(const PlotAxis& axis);

    /// May the value be drawn at all?
    bool shows(double value) const;
    void include(double value);
    bool empty() const { return !(low_ <= high_); }
    /// After all values: room for a flat line, 0 as the beginning of a linear axis. `from_zero`: of a value axis.
    void close(bool from_zero);

    /// Where `value` stands, 0 at the low end and 1 at the high one.
    double place(double value) const;
    std::vector<double> ticks(int wanted) const;
    /// Of all ticks, each by itself.
    std::vector<std::string> tick_texts(const std::vector<double>& ticks) const;

    double low() const { return low_; }
    double high() const { return high_; }

private:
    PlotScale scale_;
    double low_ = std::numeric_limits<double>::infinity();
    double high_ = -std::numeric_limits<double>::infinity();
};

}  // namespace capacity
