#include "capacity/plot_axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>

namespace capacity {
namespace {

constexpr double minute = 60;
constexpr double hour = 60 * minute;
constexpr double day = 24 * hour;

/// The least of 1, 2, 5 times a power of ten that is not below `wanted`.
double round_step(double wanted) {
    const double power = std::pow(10.0, std::floor(std::log10(wanted)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= wanted * 0.999999) return factor * power;
    }
    return 10 * power;
}

double time_step(double wanted) {
    constexpr auto steps = std::to_array<double>(
        {1,          2,           5,           10,          15,       30,       minute,   2 * minute,
         5 * minute, 10 * minute, 15 * minute, 30 * minute, hour,     2 * hour, 3 * hour, 6 * hour,
         12 * hour,  day,         2 * day,     7 * day,     14 * day, 30 * day});
    const auto* const found = std::ranges::find_if(steps, [&](double step) { return step >= wanted * 0.999999; });
    return found != steps.end() ? *found : day * round_step(wanted / day);
}

std::vector<double> even_ticks(double low, double high, double step) {
    std::vector<double> ticks;
    const double first = std::ceil(low / step - 1e-6);
    for (double at = first; at * step <= high + step * 1e-6 && ticks.size() < 100; ++at) {
        ticks.push_back(at == 0 ? 0 : at * step);
    }
    return ticks;
}

std::vector<double> decade_ticks(double low, double high, int wanted) {
    std::vector<double> ticks;
    const double first = std::floor(std::log10(low));
    const double last = std::ceil(std::log10(high));
    const double decades = last - first;
    const double stride = std::max(1.0, std::ceil(decades / wanted));
    for (double decade = first; decade <= last; decade += stride) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double tick = factor * std::pow(10.0, decade);
            const bool wanted_here = factor == 1.0 || decades * 3 <= wanted + 2;
            if (wanted_here && tick >= low * 0.999999 && tick <= high * 1.000001) ticks.push_back(tick);
        }
    }
    return ticks;
}

std::string time_text(double seconds, double step) {
    using namespace std::chrono;
    constexpr auto months = std::to_array<const char*>(
        {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});
    const sys_seconds time{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss clock{time - midnight};
    if (step >= day) {
        return fmt::format("{} {}", static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1]);
    }
    if (step >= minute) return fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count());
    return fmt::format("{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// Digits behind the point that `step` has, at most `most`.
int digits_of(double step, int most) {
    int digits = 0;
    for (double scaled = step; digits < most && std::abs(scaled - std::round(scaled)) > 1e-6 * step; scaled *= 10) {
        ++digits;
    }
    return digits;
}

double least_gap(const std::vector<double>& ticks) {
    double gap = 0;
    for (std::size_t i = 1; i < ticks.size(); ++i) {
        const double here = ticks[i] - ticks[i - 1];
        gap = i == 1 ? here : std::min(gap, here);
    }
    return gap;
}

}  // namespace

std::vector<double> plot_ticks(PlotScale scale, double low, double high, int wanted) {
    wanted = std::max(wanted, 2);
    if (!std::isfinite(low) || !std::isfinite(high) || !(low < high)) return {};
    switch (scale) {
        case PlotScale::time: return even_ticks(low, high, time_step((high - low) / wanted));
        case PlotScale::logarithmic: return low > 0 ? decade_ticks(low, high, wanted) : std::vector<double>{};
        case PlotScale::linear: break;
    }
    return even_ticks(low, high, round_step((high - low) / wanted));
}

std::string plot_number(double value, double step) {
    if (!std::isfinite(value)) return "-";
    if (value == 0) return "0";
    const double size = std::max(std::abs(value), std::abs(step));
    constexpr std::pair<double, const char*> suffixes[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}};
    if (size >= 1e15) return fmt::format("{:.3g}", value);
    for (const auto& [from, suffix] : suffixes) {
        if (size < from) continue;
        const double unit = from == 1e4 ? 1e3 : from;
        const int digits = step > 0 ? digits_of(step / unit, 3) : 1;
        return fmt::format("{:.{}f}{}", value / unit, digits, suffix);
    }
    if (step > 0) return fmt::format("{:.{}f}", value, digits_of(step, 9));
    return fmt::format("{:.4g}", value);
}

AxisRange::AxisRange(const PlotAxis& axis) : scale_{axis.scale} {
    if (axis.low) include(*axis.low);
    if (axis.high) include(*axis.high);
}

bool AxisRange::shows(double value) const {
    // Beyond this, differences of two values are no numbers any more.
    return std::isfinite(value) && std::abs(value) < 1e300 && (scale_ != PlotScale::logarithmic || value > 1e-300);
}

void AxisRange::include(double value) {
    if (!shows(value)) return;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
}

void AxisRange::close(bool from_zero) {
    if (empty()) {
        low_ = scale_ == PlotScale::logarithmic ? 1 : 0;
        high_ = scale_ == PlotScale::logarithmic ? 10 : 1;
    }
    if (scale_ == PlotScale::logarithmic) {
        if (high_ / low_ < 1.01) {
            low_ /= 2;
            high_ *= 2;
        }
        return;
    }
    if (from_zero && scale_ == PlotScale::linear) {
        low_ = std::min(low_, 0.0);
        high_ = std::max(high_, 0.0);
    }
    const double size = std::max(std::abs(low_), std::abs(high_));
    if (high_ - low_ <= size * 1e-9) {  // a single value
        const double room = scale_ == PlotScale::time ? 30 : size > 0 ? size * 0.5 : 1;
        low_ -= low_ == 0 && scale_ == PlotScale::linear ? 0 : room;
        high_ += room;
    }
    if (from_zero && scale_ == PlotScale::linear) {  // up to the next tick, so that no curve touches the frame
        const double step = round_step((high_ - low_) / 4);
        high_ = std::ceil(high_ / step - 1e-6) * step;
        low_ = std::floor(low_ / step + 1e-6) * step;
    }
}

double AxisRange::place(double value) const {
    if (scale_ == PlotScale::logarithmic) {
        return (std::log10(value) - std::log10(low_)) / (std::log10(high_) - std::log10(low_));
    }
    return (value - low_) / (high_ - low_);
}

std::vector<double> AxisRange::ticks(int wanted) const { return plot_ticks(scale_, low_, high_, wanted); }

std::vector<std::string> AxisRange::tick_texts(const std::vector<double>& ticks) const {
    std::vector<std::string> texts;
    const double gap = least_gap(ticks);
    std::ranges::transform(ticks, std::back_inserter(texts), [&](double tick) {
        if (scale_ == PlotScale::time) return time_text(tick, gap > 0 ? gap : 1);
        return plot_number(tick, scale_ == PlotScale::logarithmic ? 0 : gap);
    });
    return texts;
}

}  // namespace capacity
