#include "capacity/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/text.hpp"
#include "capacity/page.hpp"
#include "capacity/plot_axis.hpp"

namespace capacity {
namespace {

constexpr double width = 440;
constexpr double left = 62;
constexpr double right = 10;
constexpr double top = 12;
constexpr double plot_height = 190;
constexpr double plot_width = width - left - right;
constexpr double font = 13;
constexpr double legend_line = 18;
constexpr std::size_t longest_name = 40;
constexpr std::size_t most_names = 12;

/// Dark enough for white paper, told apart with the common colour blindnesses (after Okabe and Ito, darkened).
constexpr std::array<const char*, 8> colours = {"#0072b2", "#c44e00", "#007f5f", "#a8458a",
                                                "#8a6d00", "#2f7fb8", "#5c5c5c", "#9e2a2b"};
constexpr std::array<const char*, 5> dashes = {"", "6 3", "2 3", "8 3 2 3", "12 4"};

const char* colour(std::size_t index) { return colours[index % colours.size()]; }
const char* dash(std::size_t index) { return dashes[(index + index / colours.size()) % dashes.size()]; }
std::size_t style_class(std::size_t index) { return index % colours.size() + 1; }

/// Near enough for a sans-serif font.
double text_width(std::string_view text) {
    const auto characters =
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return static_cast<double>(characters) * font * 0.56;
}

/// Draws one plot; the order of the calls is the order of the layers.
class Drawing {
public:
    Drawing(const Plot& plot, std::string id) : plot_{plot}, id_{std::move(id)}, x_{plot.x}, y_{plot.y} {
        take_ranges();
    }

    std::string svg() {
        open();
        grid();
        for (std::size_t i = 0; i < plot_.bands.size(); ++i) band(i);
        for (const PlotLevel& level : plot_.levels) this->level(level);
        for (std::size_t i = 0; i < plot_.series.size(); ++i) series(i);
        for (const PlotLevel& level : plot_.levels) level_name(level);
        if (!has_points_) {
            text(left + plot_width / 2, top + plot_height / 2, "middle", "no data");
        }
        legend();
        out_ += "</svg>\n";
        return std::move(out_);
    }

private:
    void take_ranges() {
        for (const PlotSeries& series : plot_.series) {
            for (const PlotPoint& point : series.points) take(point.x, {point.y});
        }
        for (const PlotBand& band : plot_.bands) {
            for (const PlotBand::Point& point : band.points) take(point.x, {point.low, point.high});
        }
        if (has_points_) {
            for (const PlotLevel& level : plot_.levels) y_.include(level.value);
        }
        x_.close(false);
        y_.close(true);
    }

    void take(double x, std::initializer_list<double> ys) {
        if (!x_.shows(x) || !std::ranges::all_of(ys, [&](double y) { return y_.shows(y); })) return;
        has_points_ = true;
        x_.include(x);
        for (const double y : ys) y_.include(y);
    }

    bool shows(double x, double y) const { return x_.shows(x) && y_.shows(y); }
    double px(double x) const { return left + x_.place(x) * plot_width; }
    double py(double y) const { return top + (1 - y_.place(y)) * plot_height; }

    void open() {
        const double height = top + plot_height + 44 + legend_height();
        fmt::format_to(
            std::back_inserter(out_),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" "
            "aria-labelledby=\"{}-title {}-about\" font-family=\"system-ui, sans-serif\" font-size=\"{}\">\n",
            width, height, id_, id_, font);
        fmt::format_to(std::back_inserter(out_), "<title id=\"{}-title\">{}</title><desc id=\"{}-about\">{}</desc>\n",
                       id_, escape_html(plot_.title), id_, escape_html(description()));
        fmt::format_to(std::back_inserter(out_),
                       "<clipPath id=\"{}-clip\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
                       id_, left - 4, top - 4, plot_width + 8, plot_height + 8);
    }

    std::string description() const {
        if (!plot_.description.empty()) return plot_.description;
        std::string text;
        for (const PlotSeries& series : plot_.series) {
            double low = INFINITY;
            double high = -INFINITY;
            for (const PlotPoint& point : series.points) {
                if (!shows(point.x, point.y)) continue;
                low = std::min(low, point.y);
                high = std::max(high, point.y);
            }
            if (!text.empty()) text += "; ";
            text += base::ellipsize(series.name, longest_name);
            text += low <= high ? fmt::format(": {:.4g} to {:.4g}{}{}", low, high, plot_.y.unit.empty() ? "" : " ",
                                              plot_.y.unit)
                                : ": no data";
        }
        return text.empty() ? "no data" : text;
    }

    void text(double x, double y, std::string_view anchor, std::string_view words, std::string_view more = {},
              std::string_view name = "text") {
        fmt::format_to(std::back_inserter(out_),
                       "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"#333\"{}>{}</text>\n",
                       name, x, y, anchor, more, escape_html(words));
    }

    void line(double x1, double y1, double x2, double y2, std::string_view style) {
        fmt::format_to(std::back_inserter(out_), "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" {}/>\n", x1, y1, x2, y2,
                       style);
    }

    void grid() {
        if (has_points_) scales();
        line(left, top + plot_height, left + plot_width, top + plot_height,
             "class=\"axis\" stroke=\"#777\" fill=\"none\"");
        text(left + plot_width / 2, top + plot_height + 35, "middle", axis_name(plot_.x));
        const double middle = top + plot_height / 2;
        text(12, middle, "middle", axis_name(plot_.y), fmt::format(" transform=\"rotate(-90 12 {:.1f})\"", middle));
    }

    void scales() {
        const std::vector<double> ys = y_.ticks(4);
        const std::vector<std::string> y_texts = y_.tick_texts(ys);
        for (std::size_t i = 0; i < ys.size(); ++i) {
            line(left, py(ys[i]), left + plot_width, py(ys[i]), "class=\"grid\" stroke=\"#ddd\" fill=\"none\"");
            text(left - 6, py(ys[i]) + 4, "end", y_texts[i]);
        }
        const std::vector<double> xs = x_.ticks(5);
        const std::vector<std::string> x_texts = x_.tick_texts(xs);
        double free_from = 0;
        for (std::size_t i = 0; i < xs.size(); ++i) {
            const double at = px(xs[i]);
            line(at, top + plot_height, at, top + plot_height + 4, "class=\"axis\" stroke=\"#777\" fill=\"none\"");
            const double half = text_width(x_texts[i]) / 2;
            if (at - half < free_from) continue;
            free_from = at + half + 6;
            text(std::min(at, width - half), top + plot_height + 17, "middle", x_texts[i]);
        }
    }

    static std::string axis_name(const PlotAxis& axis) {
        const std::string unit = axis.scale == PlotScale::time && axis.unit.empty() ? "UTC" : axis.unit;
        if (unit.empty()) return axis.label;
        return axis.label.empty() ? unit : fmt::format("{} ({})", axis.label, unit);
    }

    void band(std::size_t index) {
        std::string there;
        std::string back;
        for (const PlotBand::Point& point : plot_.bands[index].points) {
            if (!shows(point.x, point.low) || !shows(point.x, point.high)) continue;
            fmt::format_to(std::back_inserter(there), "{}{:.1f} {:.1f}", there.empty() ? "M" : "L", px(point.x),
                           py(point.high));
            back.insert(0, fmt::format("L{:.1f} {:.1f}", px(point.x), py(point.low)));
        }
        if (there.empty()) return;
        fmt::format_to(
            std::back_inserter(out_),
            "<path class=\"fill-{}\" d=\"{}{}Z\" fill=\"{}\" fill-opacity=\"0.18\" clip-path=\"url(#{}-clip)\"/>\n",
            style_class(index), there, back, colour(index), id_);
    }

    void level(const PlotLevel& level) {
        if (!y_.shows(level.value) || !has_points_) return;
        const double at = py(level.value);
        line(left, at, left + plot_width, at,
             "class=\"level\" stroke=\"#b00020\" stroke-dasharray=\"3 3\" fill=\"none\"");
    }

    /// Over the lines, on a halo of the page's colour.
    void level_name(const PlotLevel& level) {
        if (!y_.shows(level.value) || !has_points_) return;
        const double at = py(level.value);
        text(left + plot_width - 2, at > top + font + 4 ? at - 4 : at + font + 2, "end", level.name,
             " font-size=\"11\" stroke-width=\"3\" paint-order=\"stroke\" stroke=\"#fff\"", "text halo");
    }

    void series(std::size_t index) {
        const PlotSeries& series = plot_.series[index];
        std::string path;
        std::vector<PlotPoint> lone;
        const bool lines = series.mark != PlotMark::dots;
        for (const std::vector<PlotPoint>& run : runs(series)) {
            if (run.size() == 1 && lines) lone.push_back(run.front());
            for (std::size_t i = 0; i < run.size(); ++i) {
                fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", i == 0 ? "M" : "L", px(run[i].x),
                               py(run[i].y));
            }
        }
        if (lines && !path.empty()) {
            fmt::format_to(std::back_inserter(out_), "<path {} d=\"{}\" clip-path=\"url(#{}-clip)\"/>\n", stroke(index),
                           path, id_);
        }
        for (const PlotPoint& point : series.mark == PlotMark::line ? lone : series.points) {
            if (shows(point.x, point.y)) mark(index, px(point.x), py(point.y));
        }
    }

    /// The stretches of a series between its gaps.
    std::vector<std::vector<PlotPoint>> runs(const PlotSeries& series) const {
        std::vector<std::vector<PlotPoint>> runs;
        bool broken = true;
        for (const PlotPoint& point : series.points) {
            if (!shows(point.x, point.y)) {
                broken = true;
                continue;
            }
            if (!broken && series.max_step && point.x - runs.back().back().x > *series.max_step) broken = true;
            if (broken) runs.emplace_back();
            runs.back().push_back(point);
            broken = false;
        }
        return runs;
    }

    static std::string stroke(std::size_t index) {
        const std::string_view pattern = dash(index);
        return fmt::format(
            "class=\"series-{}\" stroke=\"{}\" stroke-width=\"2\" stroke-linejoin=\"round\" fill=\"none\"{}",
            style_class(index), colour(index), pattern.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", pattern));
    }

    void mark(std::size_t index, double x, double y) {
        const auto style = fmt::format("class=\"fill-{}\" fill=\"{}\"", style_class(index), colour(index));
        switch (index % 4) {
            case 0:
                fmt::format_to(std::back_inserter(out_), "<circle {} cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.2\"/>\n", style,
                               x, y);
                break;
            case 1:
                fmt::format_to(std::back_inserter(out_),
                               "<rect {} x=\"{:.1f}\" y=\"{:.1f}\" width=\"6\" height=\"6\"/>\n", style, x - 3, y - 3);
                break;
            case 2:
                fmt::format_to(std::back_inserter(out_), "<path {} d=\"M{:.1f} {:.1f}l4 7h-8z\"/>\n", style, x, y - 4);
                break;
            default:
                fmt::format_to(std::back_inserter(out_), "<path {} d=\"M{:.1f} {:.1f}l4 4l-4 4l-4 -4z\"/>\n", style, x,
                               y - 4);
        }
    }

    // ---- legend: under the axis, in as many lines as it takes ----

    struct Entry {
        std::string name;
        double x = 0;
        double y = 0;
    };

    std::vector<Entry> legend_entries() const {
        std::vector<Entry> entries;
        double x = left;
        double y = 0;
        const auto add = [&](std::string name) {
            name = base::ellipsize(base::escape_untrusted(name), longest_name);
            const double wide = 30 + text_width(name) + 12;
            if (x > left && x + wide > width) {
                x = left;
                y += legend_line;
            }
            entries.push_back({.name = std::move(name), .x = x, .y = y});
            x += wide;
        };
        for (const PlotSeries& series : plot_.series) {
            if (entries.size() == most_names) {
                add(fmt::format("and {} more", plot_.series.size() - most_names));
                break;
            }
            add(series.name);
        }
        for (const PlotBand& band : plot_.bands) add(band.name);
        return entries;
    }

    double legend_height() const {
        const std::vector<Entry> entries = legend_entries();
        return entries.empty() ? 0 : entries.back().y + legend_line;
    }

    void legend() {
        const double base = top + plot_height + 52;
        const std::vector<Entry> entries = legend_entries();
        const std::size_t shown = std::min(plot_.series.size(), most_names);
        const std::size_t bands_from = entries.size() - plot_.bands.size();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const double y = base + entries[i].y;
            if (i < shown) {
                if (plot_.series[i].mark != PlotMark::dots) line(entries[i].x, y, entries[i].x + 24, y, stroke(i));
                if (plot_.series[i].mark != PlotMark::line) mark(i, entries[i].x + 12, y);
            } else if (i >= bands_from) {
                const std::size_t band = i - bands_from;
                fmt::format_to(std::back_inserter(out_),
                               "<rect class=\"fill-{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"24\" height=\"10\" "
                               "fill=\"{}\" fill-opacity=\"0.18\"/>\n",
                               style_class(band), entries[i].x, y - 5, colour(band));
            }
            text(entries[i].x + 30, y + 4, "start", entries[i].name);
        }
    }

    const Plot& plot_;
    const std::string id_;
    AxisRange x_;
    AxisRange y_;
    bool has_points_ = false;
    std::string out_;
};

}  // namespace

std::string plot_svg(const Plot& plot, std::string_view id) { return Drawing{plot, std::string{id}}.svg(); }

}  // namespace capacity
