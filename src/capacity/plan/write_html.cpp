#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "capacity/page.hpp"
#include "capacity/plan/calendar.hpp"
#include "capacity/plan/document.hpp"
#include "capacity/plan/text.hpp"
#include "capacity/plan/writers.hpp"

namespace capacity::plan {
namespace {

/// Seconds since 1970 of a month's first day: the time axis of plots.
double seconds_of(std::string_view month) {
    const auto day = parse_date(month);
    return day ? static_cast<double>(std::chrono::sys_days{*day}.time_since_epoch().count()) * 86'400 : 0;
}

Plot clients_plot(const Plan& plan) {
    Plot plot{.title = "Clients",
              .description = "",
              .x = {.label = "month", .unit = "", .scale = PlotScale::time},
              .y = {.label = "concurrent clients", .unit = ""}};
    PlotSeries ahead{
        .name = plan.growth.fitted ? "expected" : "clients", .mark = PlotMark::line_and_dots, .points = {}};
    PlotBand band{.name = number(plan.inputs.history.level * 100, 1) + " % interval", .points = {}};
    if (plan.past.empty()) {
        ahead.points.push_back({.x = seconds_of(plan.start), .y = static_cast<double>(plan.clients_now)});
    } else {
        PlotSeries past{.name = "past", .mark = PlotMark::dots, .points = {}};
        for (const PastMonth& month : plan.past) {
            past.points.push_back({.x = seconds_of(month_label(month.month)), .y = month.clients});
        }
        plot.series.push_back(std::move(past));
    }
    for (const Month& month : plan.months) {
        const double x = seconds_of(month.date);
        ahead.points.push_back({.x = x, .y = static_cast<double>(month.fleet.clients)});
        if (month.interval) {
            band.points.push_back({.x = x,
                                   .low = static_cast<double>(month.interval->low),
                                   .high = static_cast<double>(month.interval->high)});
        }
    }
    plot.series.push_back(std::move(ahead));
    if (!band.points.empty()) {
        plot.bands.push_back(std::move(band));
    }
    if (plan.inputs.target) {
        plot.levels.push_back({.name = "target", .value = static_cast<double>(*plan.inputs.target)});
    }
    return plot;
}

Plot cost_plot(const Plan& plan) {
    Plot plot{.title = "Cost a month",
              .description = "",
              .x = {.label = "month", .unit = "", .scale = PlotScale::time},
              .y = {.label = "US dollars", .unit = ""}};
    PlotSeries cost{.name = "all instances", .mark = PlotMark::line_and_dots, .points = {}};
    double highest = 0;
    for (const Month& month : plan.months) {
        highest = std::max(highest, month.fleet.monthly_cost_usd);
        cost.points.push_back({.x = seconds_of(month.date), .y = month.fleet.monthly_cost_usd});
    }
    plot.series.push_back(std::move(cost));
    if (highest > plan.inputs.advice.high_cost_usd / 2) {
        plot.levels.push_back({.name = "high cost", .value = plan.inputs.advice.high_cost_usd});
    }
    return plot;
}

Tone tone_of(Recommendation::Level level) {
    switch (level) {
        case Recommendation::Level::fine: return Tone::good;
        case Recommendation::Level::consider: return Tone::warning;
        case Recommendation::Level::act: return Tone::critical;
    }
    return Tone::plain;
}

std::vector<PageCard> cards_of(const Plan& plan) {
    const scaling::FleetSize& fleet = plan.target;
    const SnowflakeUse& use = plan.snowflake;
    constexpr double high_cpu = 70;  // percent: where scaling begins
    return {
        {.name = "Clients",
         .value = number(static_cast<double>(fleet.clients)),
         .note = fmt::format("today {}", plan.clients_now)},
        {.name = "Instances",
         .value = number(static_cast<double>(fleet.instances)),
         .note = number(fleet.clients_per_instance, 1) + " clients each, margin included"},
        {.name = "CPU cores", .value = number(fleet.cpu_cores)},
        {.name = "Memory", .value = number(fleet.memory_gb) + " GB"},
        {.name = "Cost a month",
         .value = dollars(fleet.monthly_cost_usd),
         .note = "servers, without Snowflake",
         .tone = fleet.monthly_cost_usd > plan.inputs.advice.high_cost_usd ? Tone::warning : Tone::plain},
        {.name = "CPU of an instance",
         .value = number(plan.load.cpu_percent, 0) + " %",
         .note = "at its fullest",
         .tone = plan.load.cpu_percent > 100        ? Tone::critical
                 : plan.load.cpu_percent > high_cpu ? Tone::warning
                                                    : Tone::good},
        {.name = "Snowflake sessions",
         .value = number(static_cast<double>(use.fleet_sessions)),
         .note = fmt::format("the warehouse runs {} statements at once", use.warehouse_statements),
         .tone = use.beyond_account ? Tone::critical
                 : use.queues       ? Tone::warning
                                    : Tone::good},
        {.name = "Credits saved",
         .value = number(use.saved_by_pooling + use.saved_by_caching, 1),
         .note = fmt::format("a month, {}", dollars(use.saved_usd))},
    };
}

}  // namespace

std::string write_html(const Plan& plan, std::string_view footer) {
    const Document document = document_of(plan);
    Page page{{.title = document.title, .subtitle = document.subtitle, .footer = std::string{footer}}};
    page.cards(cards_of(plan));
    if (plan.months.size() > 1) {
        page.plot(clients_plot(plan)).plot(cost_plot(plan));
    }
    for (const Section& section : document.sections) {
        page.heading(section.heading);
        for (const std::string& paragraph : section.paragraphs) {
            page.paragraph(paragraph);
        }
        if (!section.table.columns.empty()) {
            std::vector<PageColumn> columns;
            for (const DocumentColumn& column : section.table.columns) {
                columns.push_back({.name = column.name, .number = column.number});
            }
            page.table(columns, section.table.rows);
        }
        if (section.heading == "Recommendations") {
            for (const Recommendation& advice : plan.recommendations) {
                page.note(tone_of(advice.level), advice.text);
            }
        } else if (!section.points.empty()) {
            page.list(section.points);
        }
    }
    return page.html();
}

}  // namespace capacity::plan
