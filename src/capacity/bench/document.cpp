#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "capacity/bench/output.hpp"
#include "capacity/page.hpp"
#include "capacity/plot.hpp"
#include "scaling/usl.hpp"

namespace capacity::bench {

namespace {

const std::vector<PageColumn> columns{{"Load"},           {"Requests/s", true}, {"avg ms", true},   {"p50 ms", true},
                                      {"p95 ms", true},   {"p99 ms", true},     {"p99.9 ms", true}, {"max ms", true},
                                      {"Errors %", true}, {"CPU %", true},      {"Memory %", true}, {"Advice"}};

std::string number(double value, int digits) { return fmt::format("{:.{}f}", value, digits); }

std::vector<std::string> cells(const Step& step) {
    const auto optional = [](const std::optional<double>& value) {
        return value ? number(*value, 1) : std::string{"-"};
    };
    const Latency& ms = step.latency_ms;
    return {step.target_rate ? number(*step.target_rate, 0) + " requests/s"
                             : fmt::format("{} clients", step.concurrent_clients),
            number(step.requests_per_second, 1),
            number(ms.avg, 3),
            number(ms.p50, 3),
            number(ms.p95, 3),
            number(ms.p99, 3),
            number(ms.p999, 3),
            number(ms.max, 3),
            number(step.error_rate, 2),
            optional(step.cpu_usage),
            optional(step.memory_usage),
            std::string{to_string(step.advice)}};
}

std::string subject(const BenchResult& result) {
    return fmt::format("{} ({}), revision {}, {}, {} s a step{}", result.target.address,
                       result.target.server.empty() ? "unnamed" : result.target.server, result.target.revision,
                       result.workload_name, result.duration_seconds,
                       result.rounds > 1 ? fmt::format(", {} rounds", result.rounds) : "");
}

double load_of(const Step& step) { return step.target_rate.value_or(step.concurrent_clients); }

Plot rates(const BenchResult& result) {
    Plot plot{.title = "Throughput",
              .description = "",
              .x = {.label = result.open_loop ? "requests/s asked" : "clients"},
              .y = {.label = "requests/s"}};
    PlotSeries measured{.name = "measured", .mark = PlotMark::dots, .points = {}};
    double most = 1;
    for (const Step& step : result.steps) {
        measured.points.push_back({load_of(step), step.requests_per_second});
        most = std::max(most, load_of(step));
    }
    plot.series.push_back(std::move(measured));
    if (result.usl) {
        const scaling::UslFit fit{result.usl->lambda, result.usl->sigma, result.usl->kappa, result.usl->r_squared};
        PlotSeries law{.name = "scalability law", .mark = PlotMark::line, .points = {}};
        for (int i = 0; i <= 100; ++i) {
            const double clients = 1 + (most - 1) * i / 100;
            law.points.push_back({clients, fit.rate(clients)});
        }
        plot.series.push_back(std::move(law));
    }
    return plot;
}

Plot latencies(const BenchResult& result) {
    Plot plot{.title = "Response times",
              .description = "",
              .x = {.label = result.open_loop ? "requests/s asked" : "clients"},
              .y = {.label = "response time", .unit = "ms", .scale = PlotScale::logarithmic}};
    constexpr std::pair<const char*, double Latency::*> which[] = {
        {"p50", &Latency::p50}, {"p95", &Latency::p95}, {"p99", &Latency::p99}, {"max", &Latency::max}};
    for (const auto& [name, member] : which) {
        PlotSeries series{.name = name, .mark = PlotMark::line_and_dots, .points = {}};
        for (const Step& step : result.steps) series.points.push_back({load_of(step), step.latency_ms.*member});
        plot.series.push_back(std::move(series));
    }
    return plot;
}

}  // namespace

std::string write_markdown(const BenchResult& result) {
    std::string text = fmt::format("# Benchmark of {}\n\n{}, started {} ({})\n\n",
                                   result.target.server.empty() ? result.target.address : result.target.server,
                                   subject(result), result.started_at, result.generator);
    if (!result.complete) text += fmt::format("**Partial:** {}\n\n", result.why_partial);
    std::string rule = "|";
    text += "|";
    for (const PageColumn& column : columns) {
        text += " " + column.name + " |";
        rule += column.number ? "---:|" : "---|";
    }
    text += "\n" + rule + "\n";
    for (const Step& step : result.steps) {
        text += "|";
        for (const std::string& cell : cells(step)) text += " " + cell + " |";
        text += "\n";
    }
    text += "\n";
    for (const Step& step : result.steps) text += fmt::format("- {}: {}\n", cells(step).front(), step.advice_text);
    text += "\n" + describe_sustainable(result) + ".\n";
    if (result.usl) text += "\nScalability law: " + describe_law(*result.usl) + ".\n";
    return text;
}

std::string write_html(const BenchResult& result) {
    Page page{{.title = "Benchmark",
               .subtitle = subject(result),
               .footer = fmt::format("{}, started {}", result.generator, result.started_at)}};
    if (!result.complete) page.note(Tone::warning, "Partial: " + result.why_partial);
    if (result.sustainable) {
        const Sustainable& found = *result.sustainable;
        page.cards({{.name = "Maximum sustainable load",
                     .value = result.open_loop ? number(found.requests_per_second, 0) + " requests/s"
                                               : fmt::format("{} clients", found.clients),
                     .note = number(found.requests_per_second, 0) + " requests/s",
                     .tone = Tone::good},
                    {.name = "Scale-out trigger",
                     .value = result.open_loop ? number(found.scale_out_requests_per_second, 0) + " requests/s"
                                               : fmt::format("{} clients", found.scale_out_clients),
                     .note = "80 % of it",
                     .tone = Tone::plain}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const Step& step : result.steps) rows.push_back(cells(step));
    page.heading("Steps").table(columns, rows);
    page.heading("Plots").plot(rates(result)).plot(latencies(result));
    if (result.usl) page.paragraph("Scalability law: " + describe_law(*result.usl));
    std::vector<std::string> advice;
    for (const Step& step : result.steps) advice.push_back(cells(step).front() + ": " + step.advice_text);
    page.heading("Recommendations").list(advice).paragraph(describe_sustainable(result));
    std::vector<std::string> errors;
    for (const Step& step : result.steps) {
        for (const ErrorCount& error : step.errors) {
            errors.push_back(
                fmt::format("{}: {} x {}: {}", cells(step).front(), error.count, error.kind, error.example));
        }
    }
    if (!errors.empty()) page.heading("Errors").list(errors);
    return page.html();
}

}  // namespace capacity::bench
