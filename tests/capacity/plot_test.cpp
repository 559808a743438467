#include "capacity/plot.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <regex>
#include <string>

namespace capacity {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

/// The path of the first series.
std::string path_of(const std::string& svg) {
    std::smatch found;
    const std::regex pattern{"<path class=\"series-1\"[^>]* d=\"([^\"]*)\""};
    return std::regex_search(svg, found, pattern) ? found[1].str() : "";
}

Plot line(std::vector<PlotPoint> points) {
    return {.title = "CPU",
            .description = "",
            .x = {.label = "x"},
            .y = {.label = "y", .unit = "%"},
            .series = {{.name = "one", .points = std::move(points)}}};
}

TEST(PlotTicks, are_round_numbers) {
    EXPECT_THAT(plot_ticks(PlotScale::linear, 0, 100, 4), ElementsAre(0, 50, 100));
    EXPECT_THAT(plot_ticks(PlotScale::linear, 0, 80, 4), ElementsAre(0, 20, 40, 60, 80));
    EXPECT_THAT(plot_ticks(PlotScale::logarithmic, 1, 1000, 4), ElementsAre(1, 10, 100, 1000));
    EXPECT_THAT(plot_ticks(PlotScale::time, 3600, 3 * 3600, 4), ElementsAre(3600, 5400, 7200, 9000, 10800));
}

TEST(PlotTicks, of_a_range_that_is_none_are_none) {
    EXPECT_TRUE(plot_ticks(PlotScale::linear, 1, 1, 4).empty());
    EXPECT_TRUE(plot_ticks(PlotScale::linear, 0, std::numeric_limits<double>::infinity(), 4).empty());
    EXPECT_TRUE(plot_ticks(PlotScale::logarithmic, 0, 10, 4).empty());
}

TEST(PlotNumber, is_short) {
    EXPECT_EQ(plot_number(0, 10000), "0");
    EXPECT_EQ(plot_number(20000, 10000), "20k");
    EXPECT_EQ(plot_number(12500, 2500), "12.5k");
    EXPECT_EQ(plot_number(3e6, 1e6), "3M");
    EXPECT_EQ(plot_number(0.02, 0.01), "0.02");
    EXPECT_EQ(plot_number(1000), "1000");
    EXPECT_EQ(plot_number(std::numeric_limits<double>::quiet_NaN()), "-");
}

TEST(Plot, draws_a_line_from_edge_to_edge) {
    EXPECT_EQ(path_of(plot_svg(line({{0, 0}, {1, 100}}), "p")), "M62.0 202.0L430.0 12.0");
}

TEST(Plot, breaks_a_line_where_a_value_is_missing) {
    const std::string path = path_of(plot_svg(line({{0, 1}, {1, 2}, {2, NAN}, {3, 3}, {4, 4}}), "p"));
    EXPECT_EQ(count(path, "M"), 2U) << path;
}

TEST(Plot, breaks_a_line_where_neighbours_are_too_far_apart) {
    Plot plot = line({{0, 1}, {1, 2}, {9, 3}, {10, 4}});
    plot.series[0].max_step = 2;
    EXPECT_EQ(count(path_of(plot_svg(plot, "p")), "M"), 2U);
}

TEST(Plot, shows_a_lone_point_as_a_dot) {
    const std::string svg = plot_svg(line({{0, 1}, {1, NAN}, {2, 3}, {3, 3}}), "p");
    EXPECT_EQ(count(svg, "<circle"), 1U);
}

TEST(Plot, says_that_there_is_no_data) {
    EXPECT_THAT(plot_svg(line({}), "p"), HasSubstr(">no data</text>"));
    EXPECT_THAT(plot_svg(line({{NAN, NAN}, {0, INFINITY}}), "p"), HasSubstr(">no data</text>"));
    EXPECT_THAT(plot_svg(line({{0, 1}}), "p"), Not(HasSubstr(">no data</text>")));
}

TEST(Plot, writes_finite_numbers_only_whatever_it_is_given) {
    Plot plot = line({{-1e308, 1e308}, {1e308, -1e308}, {0, 5e-324}, {1, 1}, {1, 1}});
    plot.levels = {{.name = "high", .value = NAN}, {.name = "higher", .value = INFINITY}};
    for (const PlotScale scale : {PlotScale::linear, PlotScale::logarithmic, PlotScale::time}) {
        plot.x.scale = scale;
        plot.y.scale = scale == PlotScale::time ? PlotScale::linear : scale;
        const std::string svg = plot_svg(plot, "p");
        EXPECT_THAT(svg, Not(HasSubstr("nan")));
        EXPECT_THAT(svg, Not(HasSubstr("inf")));
    }
}

TEST(Plot, leaves_what_a_logarithm_cannot_show_as_a_gap) {
    Plot plot = line({{1, 1}, {2, 0}, {3, 10}, {4, 100}});
    plot.y.scale = PlotScale::logarithmic;
    EXPECT_EQ(count(path_of(plot_svg(plot, "p")), "M"), 2U);
}

TEST(Plot, tells_series_apart_by_more_than_colour) {
    Plot plot = line({{0, 1}, {1, 2}});
    plot.series.push_back({.name = "two", .points = {{0, 2}, {1, 1}}});
    const std::string svg = plot_svg(plot, "p");
    EXPECT_THAT(svg, HasSubstr("class=\"series-2\""));
    EXPECT_THAT(svg, HasSubstr("stroke-dasharray=\"6 3\""));
}

TEST(Plot, has_an_accessible_name_and_description) {
    const std::string svg = plot_svg(line({{0, 1}, {1, 2.5}}), "plot-7");
    EXPECT_THAT(svg, HasSubstr("role=\"img\" aria-labelledby=\"plot-7-title plot-7-about\""));
    EXPECT_THAT(svg, HasSubstr("<title id=\"plot-7-title\">CPU</title>"));
    EXPECT_THAT(svg, HasSubstr("one: 1 to 2.5 %"));
}

TEST(Plot, escapes_names_of_strangers) {
    Plot plot = line({{0, 1}, {1, 2}});
    plot.title = "</title><script>alert(1)</script>";
    plot.series[0].name = "\"><img src=x onerror=alert(1)>\x1b[31m";
    plot.levels = {{.name = "<b>&", .value = 1}};
    plot.x.label = plot.y.unit = plot.description = "<i>'";
    const std::string svg = plot_svg(plot, "p");
    for (const char* what : {"<script", "<img", "<b>", "<i>", "\x1b"}) EXPECT_THAT(svg, Not(HasSubstr(what)));
}

TEST(Plot, bounds_its_legend) {
    Plot plot = line({{0, 1}, {1, 2}});
    plot.series.assign(40, plot.series[0]);
    plot.series[0].name = std::string(500, 'x');
    const std::string svg = plot_svg(plot, "p");
    EXPECT_THAT(svg, HasSubstr("and 28 more"));
    EXPECT_THAT(svg, Not(HasSubstr(std::string(60, 'x') + "</text>")));
}

TEST(Plot, draws_bands_and_levels) {
    Plot plot = line({{0, 1}, {1, 2}});
    plot.bands = {{.name = "95 %", .points = {{0, 0, 2}, {1, 1, 3}}}};
    plot.levels = {{.name = "warning", .value = 5}};
    const std::string svg = plot_svg(plot, "p");
    EXPECT_THAT(svg, HasSubstr("fill-opacity=\"0.18\" clip-path"));
    EXPECT_THAT(svg, HasSubstr(">warning</text>"));
}

}  // namespace
}  // namespace capacity
