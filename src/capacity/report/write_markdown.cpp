#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "capacity/report/write.hpp"

namespace capacity::report {
namespace {

/// Plain text in a line or a table's cell: nothing of it is markup, a link or a line end.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : base::escape_untrusted(text)) {
        switch (c) {
            case '\n': out += ' '; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '\\':
            case '`':
            case '*':
            case '_':
            case '[':
            case ']':
            case '#':
            case '|':
            case '~':
            case '!':
                out.push_back('\\');
                out.push_back(c);
                break;
            default: out.push_back(c);
        }
    }
    return out;
}

std::string cell(const std::optional<double>& value) { return value ? fmt::format("{:.4g}", *value) : "-"; }
std::string cell(const std::optional<int>& value) { return value ? fmt::format("{}", *value) : "-"; }

void table(std::string& out, const std::vector<PageColumn>& columns,
           const std::vector<std::vector<std::string>>& rows) {
    for (const PageColumn& column : columns) out += fmt::format("| {} ", escaped(column.name));
    out += "|\n";
    for (const PageColumn& column : columns) out += column.number ? "|---:" : "|---";
    out += "|\n";
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < columns.size(); ++i)
            out += fmt::format("| {} ", i < row.size() ? escaped(row[i]) : "");
        out += "|\n";
    }
    out += "\n";
}

/// Of a trend: begin, end, least and most of each line. A plot has no place in a text.
void put_trends(std::string& out, const Report& report) {
    if (report.trends.empty()) return;
    out += "## Trends\n\n";
    std::vector<std::vector<std::string>> rows;
    for (const Trend& trend : report.trends) {
        for (const PlotSeries& series : trend.plot.series) {
            std::optional<double> first, last, low, high;
            for (const PlotPoint& point : series.points) {
                if (!std::isfinite(point.y)) continue;
                if (!first) first = point.y;
                last = point.y;
                low = std::min(low.value_or(point.y), point.y);
                high = std::max(high.value_or(point.y), point.y);
            }
            rows.push_back(
                {trend.plot.title, series.name, trend.plot.y.unit, cell(first), cell(last), cell(low), cell(high)});
        }
    }
    table(out,
          {{.name = "trend"},
           {.name = "of"},
           {.name = "unit"},
           {.name = "first", .number = true},
           {.name = "last", .number = true},
           {.name = "lowest", .number = true},
           {.name = "highest", .number = true}},
          rows);
}

void put_instances(std::string& out, const Report& report) {
    if (report.instances.empty()) return;
    out += "## Instances\n\n";
    std::vector<std::vector<std::string>> rows;
    for (const Instance& one : report.instances) {
        rows.push_back({one.name, one.up ? "up" : "does not answer", cell(one.cpu_percent), cell(one.memory_percent),
                        cell(one.memory_mb), cell(one.requests_per_second), cell(one.p95_ms), cell(one.pool_percent),
                        cell(one.queue_length)});
    }
    table(out,
          {{.name = "instance"},
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

void put_events(std::string& out, const Report& report) {
    if (report.source == "bench") return;
    out += "## Scaling events\n\n";
    if (const std::string state = events_state(report.events); !state.empty()) out += escaped(state) + "\n\n";
    std::vector<std::vector<std::string>> rows;
    for (const Autoscaler& one : report.events.autoscalers) {
        rows.push_back({one.name, cell(one.current), cell(one.desired), cell(one.min), cell(one.max), one.last_scaled});
    }
    if (!rows.empty()) {
        table(out,
              {{.name = "autoscaler"},
               {.name = "replicas", .number = true},
               {.name = "wanted", .number = true},
               {.name = "min", .number = true},
               {.name = "max", .number = true},
               {.name = "last scaled"}},
              rows);
    }
    rows.clear();
    for (const ScalingEvent& one : report.events.events) {
        rows.push_back({one.time, one.object, one.event, cell(one.from), cell(one.to), one.trigger});
    }
    if (!rows.empty()) {
        table(out,
              {{.name = "time"},
               {.name = "object"},
               {.name = "event"},
               {.name = "from", .number = true},
               {.name = "to", .number = true},
               {.name = "trigger"}},
              rows);
    }
}

}  // namespace

std::string write_markdown(const Report& report) {
    const auto judged = scaling::judge_all(report.figures);
    std::string out = fmt::format("# {}\n\n{}\n\n", escaped(title_of(report)), escaped(subtitle_of(report)));
    for (const std::string& why : report.partial) out += fmt::format("> **partial**: {}\n\n", escaped(why));
    out += "## Current status\n\n";
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < judged.size(); ++i) {
        rows.push_back({std::string{scaling::title(judged[i].signal)}, value_text(judged[i]),
                        std::string{to_string(judged[i].level)}, note_of(report, i, judged[i])});
    }
    table(out, {{.name = "figure"}, {.name = "value", .number = true}, {.name = "level"}, {.name = "note"}}, rows);
    put_trends(out, report);
    put_instances(out, report);
    for (const FigureTable& one : report.tables) {
        out += fmt::format("## {}\n\n", escaped(one.title));
        table(out, one.columns, one.rows);
    }
    put_events(out, report);
    out += "## Recommendations\n\n";
    for (const auto& one : recommendations_of(report, judged)) {
        out += fmt::format("- {}: {}\n", to_string(one.level), escaped(one.text));
    }
    return out + fmt::format("\nMade by {} at {}.\n", escaped(report.generator), report.made_at);
}

}  // namespace capacity::report
