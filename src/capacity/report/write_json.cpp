#include "base/json_writer.hpp"

#include <cmath>

#include "capacity/report/write.hpp"

namespace capacity::report {
namespace {

using base::JsonWriter;

template <class T>
void optional_field(JsonWriter& json, std::string_view name, const std::optional<T>& value) {
    json.key(name);
    if (value) {
        json.number(*value);
    } else {
        json.null();
    }
}

void strings(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).begin_array();
    for (const std::string& text : texts) json.string(text);
    json.end_array();
}

void write_status(JsonWriter& json, const Report& report, const std::vector<scaling::Judged>& judged) {
    json.key("status").begin_array();
    for (std::size_t i = 0; i < judged.size(); ++i) {
        const scaling::Judged& one = judged[i];
        json.begin_object().field("name", to_string(one.signal));
        optional_field(json, "value", one.value);
        json.field("unit", scaling::unit(one.signal))
            .field("level", to_string(one.level))
            .field("why", one.why)
            .field("note", i < report.notes.size() ? std::string_view{report.notes[i]} : std::string_view{})
            .end_object();
    }
    json.end_array();
}

void write_instances(JsonWriter& json, const Report& report) {
    json.key("instances").begin_array();
    for (const Instance& one : report.instances) {
        json.begin_object().field("name", one.name).field("up", one.up);
        optional_field(json, "cpu_percent", one.cpu_percent);
        optional_field(json, "memory_percent", one.memory_percent);
        optional_field(json, "memory_mb", one.memory_mb);
        optional_field(json, "requests_per_second", one.requests_per_second);
        optional_field(json, "p95_ms", one.p95_ms);
        optional_field(json, "pool_percent", one.pool_percent);
        optional_field(json, "queue_length", one.queue_length);
        json.end_object();
    }
    json.end_array();
}

void write_trends(JsonWriter& json, const Report& report) {
    json.key("trends").begin_array();
    for (const Trend& trend : report.trends) {
        json.begin_object().field("id", trend.id).field("title", trend.plot.title);
        json.field("x", trend.plot.x.label).field("unit", trend.plot.y.unit).key("series").begin_array();
        for (const PlotSeries& series : trend.plot.series) {
            json.begin_object().field("name", series.name).key("points").begin_array();
            for (const PlotPoint& point : series.points) {
                json.begin_array().number(point.x).number(point.y).end_array();  // not finite: null
            }
            json.end_array().end_object();
        }
        json.end_array().end_object();
    }
    json.end_array();
}

std::string_view state_name(Events::State state) {
    switch (state) {
        case Events::State::known: return "known";
        case Events::State::failed: return "failed";
        case Events::State::not_asked: break;
    }
    return "not_asked";
}

void write_events(JsonWriter& json, const Events& events) {
    json.key("scaling_events").begin_object();
    json.field("state", state_name(events.state)).field("why", events.why).key("events").begin_array();
    for (const ScalingEvent& one : events.events) {
        json.begin_object().field("time", one.time).field("object", one.object).field("event", one.event);
        optional_field(json, "from", one.from);
        optional_field(json, "to", one.to);
        json.field("trigger", one.trigger).end_object();
    }
    json.end_array().key("autoscalers").begin_array();
    for (const Autoscaler& one : events.autoscalers) {
        json.begin_object().field("name", one.name);
        optional_field(json, "current", one.current);
        optional_field(json, "desired", one.desired);
        optional_field(json, "min", one.min);
        optional_field(json, "max", one.max);
        json.field("last_scaled", one.last_scaled).end_object();
    }
    json.end_array().end_object();
}

void write_tables(JsonWriter& json, const Report& report) {
    json.key("tables").begin_array();
    for (const FigureTable& table : report.tables) {
        json.begin_object().field("title", table.title).key("columns").begin_array();
        for (const PageColumn& column : table.columns) json.string(column.name);
        json.end_array().key("rows").begin_array();
        for (const auto& row : table.rows) {
            json.begin_array();
            for (const std::string& cell : row) json.string(cell);
            json.end_array();
        }
        json.end_array().end_object();
    }
    json.end_array();
}

}  // namespace

std::string write_json(const Report& report) {
    const auto judged = scaling::judge_all(report.figures);
    std::string out;
    JsonWriter json{out};
    json.begin_object().field("format", "snowflake-mcp-report").field("version", 1);
    json.field("complete", report.partial.empty());
    strings(json, "partial", report.partial);
    json.field("source", report.source);
    strings(json, "about", report.about);
    for (const auto& [name, time] : {std::pair{"from", report.from}, std::pair{"to", report.to}}) {
        json.key(name);
        if (report.to > 0) {
            json.string(iso_time(time));
        } else {
            json.null();
        }
    }
    json.field("made_at", report.made_at).field("generator", report.generator);
    json.field("level", to_string(level_of(judged)));
    write_status(json, report, judged);
    write_instances(json, report);
    write_trends(json, report);
    write_events(json, report.events);
    write_tables(json, report);
    json.key("recommendations").begin_array();
    for (const auto& one : recommendations_of(report, judged)) {
        json.begin_object().field("level", to_string(one.level)).field("text", one.text).end_object();
    }
    json.end_array().end_object();
    return out + "\n";
}

}  // namespace capacity::report
