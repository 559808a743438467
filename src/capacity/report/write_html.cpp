#include <fmt/format.h>

#include "capacity/page.hpp"
#include "capacity/report/write.hpp"

namespace capacity::report {
namespace {

Tone tone_of(scaling::Level level) {
    switch (level) {
        case scaling::Level::good: return Tone::good;
        case scaling::Level::warning: return Tone::warning;
        case scaling::Level::critical: return Tone::critical;
        case scaling::Level::unknown: break;
    }
    return Tone::unknown;
}

std::string cell(const std::optional<double>& value) { return value ? fmt::format("{:.4g}", *value) : "-"; }
std::string cell(const std::optional<int>& value) { return value ? fmt::format("{}", *value) : "-"; }

void put_status(Page& page, const Report& report, const std::vector<scaling::Judged>& judged) {
    std::vector<PageCard> cards;
    for (std::size_t i = 0; i < judged.size(); ++i) {
        cards.push_back({.name = std::string{scaling::title(judged[i].signal)},
                         .value = value_text(judged[i]),
                         .note = note_of(report, i, judged[i]),
                         .tone = tone_of(judged[i].level)});
    }
    page.heading("Current status").cards(cards);
}

void put_instances(Page& page, const Report& report) {
    if (report.instances.empty()) return;
    std::vector<std::vector<std::string>> rows;
    for (const Instance& one : report.instances) {
        rows.push_back({one.name, one.up ? "up" : "does not answer", cell(one.cpu_percent), cell(one.memory_percent),
                        cell(one.memory_mb), cell(one.requests_per_second), cell(one.p95_ms), cell(one.pool_percent),
                        cell(one.queue_length)});
    }
    page.heading("Instances")
        .table({{.name = "instance"},
                {.name = "state"},
                {.name = "CPU %", .number = true},
                {.name = "memory %", .number = true},
                {.name = "memory MB", .number = true},
                {.name = "requests/s", .number = true},
                {.name = "p95 ms", .number = true},
                {.name = "pool %", .number = true},
                {.name = "queue", .number = true}},
               rows);
}

void put_events(Page& page, const Report& report) {
    if (report.source == "bench") return;
    page.heading("Scaling events");
    if (const std::string state = events_state(report.events); !state.empty()) page.paragraph(state);
    if (!report.events.autoscalers.empty()) {
        std::vector<std::vector<std::string>> rows;
        for (const Autoscaler& one : report.events.autoscalers) {
            rows.push_back({one.name, cell(one.current), cell(one.desired), cell(one.min), cell(one.max),
                            one.last_scaled.empty() ? "-" : one.last_scaled});
        }
        page.table({{.name = "autoscaler"},
                    {.name = "replicas", .number = true},
                    {.name = "wanted", .number = true},
                    {.name = "min", .number = true},
                    {.name = "max", .number = true},
                    {.name = "last scaled"}},
                   rows);
    }
    if (report.events.events.empty()) return;
    std::vector<std::vector<std::string>> rows;
    for (const ScalingEvent& one : report.events.events) {
        rows.push_back({one.time, one.object, one.event, cell(one.from), cell(one.to), one.trigger});
    }
    page.table({{.name = "time"},
                {.name = "object"},
                {.name = "event"},
                {.name = "from", .number = true},
                {.name = "to", .number = true},
                {.name = "trigger"}},
               rows);
}

}  // namespace

std::string write_html(const Report& report) {
    const auto judged = scaling::judge_all(report.figures);
    Page page{{.title = title_of(report),
               .subtitle = subtitle_of(report),
               .footer = fmt::format("Made by {} at {}.", report.generator, report.made_at)}};
    for (const std::string& why : report.partial) page.note(Tone::warning, "partial: " + why);
    put_status(page, report, judged);
    if (!report.trends.empty()) page.heading("Trends");
    for (const Trend& trend : report.trends) page.plot(trend.plot);
    put_instances(page, report);
    for (const FigureTable& table : report.tables) page.heading(table.title).table(table.columns, table.rows);
    put_events(page, report);
    page.heading("Recommendations");
    std::vector<std::string> items;
    for (const auto& one : recommendations_of(report, judged)) {
        if (one.level == scaling::Level::warning || one.level == scaling::Level::critical) {
            page.note(tone_of(one.level), one.text);
        } else {
            items.push_back(one.text);
        }
    }
    page.list(items);
    return page.html();
}

}  // namespace capacity::report
