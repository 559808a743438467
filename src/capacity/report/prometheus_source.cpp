#include "capacity/report/prometheus_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "capacity/report/plots.hpp"

namespace capacity::report {
namespace {

using scaling::Signal;

/// A PromQL string.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            default: out.push_back(c);
        }
    }
    return out + "\"";
}

bool is_label(std::string_view name) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && is_letter(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::vector<Line> lines_of(const PrometheusAnswers& answers, std::string_view id, const PrometheusPlan& plan) {
    std::vector<Line> lines;
    const auto found = answers.find(id);
    if (found == answers.end()) return lines;
    for (const PrometheusSeries& series : found->second.series) {
        const auto label = series.labels.find(plan.instance_label);
        lines.push_back({.name = label == series.labels.end() ? "all" : label->second, .points = series.points});
    }
    std::ranges::sort(lines, {}, &Line::name);
    return lines;
}

/// The value at the end; nothing where the last one is older than two steps (or a minute).
std::optional<double> now(const Line& line, const PrometheusPlan& plan) {
    const double oldest = plan.end - std::max(2 * plan.step_seconds(), 60.0);
    if (line.points.empty() || line.points.back().x < oldest || !std::isfinite(line.points.back().y))
        return std::nullopt;
    return line.points.back().y;
}

std::optional<double> now_of(const std::vector<Line>& lines, std::string_view name, const PrometheusPlan& plan) {
    const auto found = std::ranges::find(lines, name, &Line::name);
    return found == lines.end() ? std::nullopt : now(*found, plan);
}

std::optional<double> largest_now(const std::vector<Line>& lines, const PrometheusPlan& plan) {
    std::optional<double> value;
    for (const Line& line : lines) {
        if (const auto here = now(line, plan)) value = std::max(value.value_or(*here), *here);
    }
    return value;
}

std::optional<double> sum_now(const std::vector<Line>& lines, const PrometheusPlan& plan) {
    std::optional<double> value;
    for (const Line& line : lines) {
        if (const auto here = now(line, plan)) value = value.value_or(0) + *here;
    }
    return value;
}

/// How many instances were up at each time that anything is known of.
Line count_of(const std::vector<Line>& up) {
    std::map<double, double> counts;
    for (const Line& line : up) {
        for (const PlotPoint& point : line.points) counts[point.x] += point.y > 0 ? 1 : 0;
    }
    Line line{.name = "instances that answer", .points = {}};
    for (const auto& [at, count] : counts) line.points.push_back({at, count});
    return line;
}

std::vector<ScalingEvent> changes_of(const Line& count, const PrometheusPlan& plan) {
    std::vector<ScalingEvent> events;
    for (std::size_t i = 1; i < count.points.size(); ++i) {
        const PlotPoint& before = count.points[i - 1];
        const PlotPoint& after = count.points[i];
        if (before.y == after.y || after.x - before.x > 1.5 * plan.step_seconds()) continue;
        events.push_back({.time = iso_time(after.x),
                          .object = fmt::format("job {}", plan.job),
                          .event = "instances that answer",
                          .trigger = "seen by Prometheus",
                          .from = static_cast<int>(before.y),
                          .to = static_cast<int>(after.y)});
    }
    return events;
}

std::string highest_note(const std::vector<Line>& lines, std::string_view unit) {
    const auto value = highest(lines);
    if (!value) return {};
    return fmt::format("highest {:.4g}{}{}", *value, unit.empty() ? "" : " ", unit);
}

void instances_of(const PrometheusAnswers& answers, const PrometheusPlan& plan, Report& report) {
    const auto all = [&](std::string_view id) { return lines_of(answers, id, plan); };
    const auto up = all("up"), cpu = all("cpu"), memory = all("memory"), bytes = all("memory_bytes"),
               requests = all("requests"), p95 = all("p95_by_instance"), pool = all("pool"), queue = all("queue");
    for (const Line& line : up) {
        Instance instance{.name = line.name};
        instance.up = now(line, plan).value_or(0) > 0;
        instance.cpu_percent = now_of(cpu, line.name, plan);
        instance.memory_percent = now_of(memory, line.name, plan);
        if (const auto value = now_of(bytes, line.name, plan)) instance.memory_mb = *value / 1e6;
        instance.requests_per_second = now_of(requests, line.name, plan);
        instance.p95_ms = now_of(p95, line.name, plan);
        instance.pool_percent = now_of(pool, line.name, plan);
        instance.queue_length = now_of(queue, line.name, plan);
        report.instances.push_back(std::move(instance));
    }
}

std::string query_target(const net::client::Url& base, const PrometheusQuestion& question, const PrometheusPlan& plan) {
    std::string target = base.target.substr(0, base.target.find('?'));
    while (target.ends_with('/')) target.pop_back();
    target += "/api/v1/query_range";
    net::client::append_query(target, "query", question.expression);
    net::client::append_query(target, "start", fmt::format("{:.3f}", plan.end - plan.hours * 3600));
    net::client::append_query(target, "end", fmt::format("{:.3f}", plan.end));
    net::client::append_query(target, "step", fmt::format("{:.0f}", plan.step_seconds()));
    return target;
}

/// Prometheus answers its errors as JSON with HTTP 400, 422 or 503.
base::Result<PrometheusAnswer> answer_of(const base::Result<HttpAnswer>& answer) {
    if (!answer) return base::fail(base::Error{answer.error()});
    auto parsed = parse_prometheus(answer->body);
    if (!parsed && answer->status != 200) {
        return base::fail(base::Kind::unavailable,
                          fmt::format("HTTP {}: {}", answer->status, parsed.error().message()));
    }
    return parsed;
}

}  // namespace

double PrometheusPlan::step_seconds() const { return std::max(1.0, std::ceil(hours * 3600 / 288)); }

double PrometheusPlan::window_seconds() const {
    return std::max(step_seconds(), std::clamp(std::floor(hours * 3600 / 4), 10.0, 300.0));
}

base::Result<std::vector<PrometheusQuestion>> questions_of(const PrometheusPlan& plan) {
    if (!is_label(plan.instance_label)) {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("'{}' is no label's name", base::escape_untrusted(plan.instance_label)));
    }
    const std::string only = fmt::format("{{job={}}}", quoted(plan.job));
    const std::string range = fmt::format("{}[{:.0f}s]", only, plan.window_seconds());
    const std::string by = fmt::format("by ({}) ", plan.instance_label);
    return std::vector<PrometheusQuestion>{
        {"up", fmt::format("max {}(up{})", by, only)},
        {"cpu", fmt::format("100 * max {0}(rate(process_cpu_seconds_total{1})) / max {0}(process_cpu_limit_cores{2})",
                            by, range, only)},
        {"memory",
         fmt::format("100 * max {0}(process_memory_bytes{1}) / max {0}(process_memory_limit_bytes{1})", by, only)},
        {"memory_bytes", fmt::format("max {}(process_memory_bytes{})", by, only)},
        {"requests", fmt::format("sum {}(rate(mcp_requests_total{}))", by, range)},
        {"p95",
         fmt::format("1000 * histogram_quantile(0.95, sum by (le) (rate(mcp_request_duration_seconds_bucket{})))",
                     range)},
        {"p95_by_instance",
         fmt::format("1000 * histogram_quantile(0.95, sum by (le, {}) (rate(mcp_request_duration_seconds_bucket{})))",
                     plan.instance_label, range)},
        {"pool",
         fmt::format("100 * sum {0}(pool_connections_active{1}) / (sum {0}(pool_connections_max{1}) > 0)", by, only)},
        {"queue", fmt::format("sum {}(mcp_request_queue_length{})", by, only)},
        {"errors", fmt::format("100 * sum(rate(mcp_errors_total{0})) / (sum(rate(mcp_requests_total{0})) > 0)", range)},
    };
}

void reckon(const PrometheusAnswers& answers, const PrometheusPlan& plan, Report& report) {
    report.from = plan.end - plan.hours * 3600;
    report.to = plan.end;
    instances_of(answers, plan, report);
    const auto all = [&](std::string_view id) { return lines_of(answers, id, plan); };
    std::vector<Line> up = all("up"), cpu = all("cpu"), memory = all("memory"), requests = all("requests"),
                      p95 = all("p95"), pool = all("pool"), queue = all("queue"), errors = all("errors");
    const Line count = count_of(up);
    scaling::Figures& figures = report.figures;
    double expected = 0;
    for (const Line& line : up) expected += now(line, plan) ? 1 : 0;
    if (answers.contains("up")) {
        figures.instances = std::ranges::count_if(report.instances, &Instance::up);
        figures.instances_expected = expected;
    }
    figures.cpu_percent = largest_now(cpu, plan);
    figures.memory_percent = largest_now(memory, plan);
    figures.requests_per_second = sum_now(requests, plan);
    figures.p95_ms = largest_now(p95, plan);
    figures.pool_percent = largest_now(pool, plan);
    figures.queue_length = largest_now(queue, plan);
    figures.error_percent = largest_now(errors, plan);
    report.notes = {
        highest_note({count}, ""), highest_note(cpu, "%"),  highest_note(memory, "%"), {},
        highest_note(p95, "ms"),   highest_note(pool, "%"), highest_note(queue, ""),   highest_note(errors, "%")};
    report.events.events = changes_of(count, plan);
    const double max_step = 1.5 * plan.step_seconds();
    const auto put = [&](Signal signal, std::vector<Line> lines) {
        report.trends.push_back(trend_of(signal, std::move(lines), max_step));
    };
    put(Signal::instances, {count});
    put(Signal::cpu, std::move(cpu));
    put(Signal::memory, std::move(memory));
    put(Signal::requests, std::move(requests));
    put(Signal::p95, std::move(p95));
    put(Signal::pool, std::move(pool));
    put(Signal::queue, std::move(queue));
    put(Signal::errors, std::move(errors));
    align_times(report);
}

base::Result<Report> ask_prometheus(Fetcher& fetcher, const PrometheusPlan& plan) {
    auto url = address_of(plan.address, "/");
    if (!url) return base::fail(std::move(url.error()));
    auto questions = questions_of(plan);
    if (!questions) return base::fail(std::move(questions.error()));
    std::vector<Question> http;
    for (const PrometheusQuestion& question : *questions) {
        Question one{.url = *url, .headers = {{"Accept", "application/json"}}, .patience = plan.patience};
        one.url.target = query_target(*url, question, plan);
        if (!plan.token.empty()) {
            one.headers.emplace_back("Authorization", fmt::format("Bearer {}", plan.token.reveal()));
        }
        http.push_back(std::move(one));
    }
    Report report{.source = "prometheus", .about = {url->origin()}};
    PrometheusAnswers answers;
    const auto got = fetcher.ask(std::move(http));
    for (std::size_t i = 0; i < got.size(); ++i) {
        auto answer = answer_of(got[i]);
        const std::string& id = (*questions)[i].id;
        if (!answer) {
            report.partial.push_back(
                fmt::format("{} is not known: {}", id, base::escape_untrusted(answer.error().message())));
            continue;
        }
        for (const std::string& warning : answer->warnings)
            report.partial.push_back(fmt::format("{}: {}", id, warning));
        answers.emplace(id, std::move(*answer));
    }
    if (answers.empty()) {
        auto first = answer_of(got[0]);
        return base::fail(base::Kind::unavailable,
                          fmt::format("Prometheus at {} cannot be asked: {}", url->origin(),
                                      base::escape_untrusted(first ? "" : first.error().message())));
    }
    if (std::ranges::all_of(answers, [](const auto& answer) { return answer.second.series.empty(); })) {
        return base::fail(
            base::Kind::not_found,
            fmt::format("Prometheus at {} knows nothing of job \"{}\" in the last {:g} hours: name the job "
                        "with --job, or check its scrape configuration",
                        url->origin(), base::escape_untrusted(plan.job), plan.hours));
    }
    reckon(answers, plan, report);
    return report;
}

}  // namespace capacity::report
