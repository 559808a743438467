#include "capacity/bench/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "scaling/usl.hpp"

namespace capacity::bench {
namespace {

std::string optional_number(const std::optional<double>& value, int digits) {
    return value ? fmt::format("{:.{}f}", *value, digits) : std::string{};
}

/// "12.3", "0.123", "1234": three or four digits that matter.
std::string short_number(double value) {
    const int digits = value == 0 ? 0 : value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0;
    return fmt::format("{:.{}f}", value, digits);
}

std::string load_of(const Step& step) {
    return step.target_rate ? fmt::format("{}/s", short_number(*step.target_rate))
                            : std::to_string(step.concurrent_clients);
}

scaling::UslFit fit_of(const UslTerms& terms) { return {terms.lambda, terms.sigma, terms.kappa, terms.r_squared}; }

/// Measured rates ('o') and the law ('.') over the clients.
std::string plot(const BenchResult& result, int width) {
    constexpr int height = 12;
    const int columns = std::clamp(width - 12, 20, 100);
    const scaling::UslFit fit = fit_of(*result.usl);
    double most_clients = 1;
    double most_rate = 0;
    for (const Step& step : result.steps)
        most_clients = std::max(most_clients, static_cast<double>(step.concurrent_clients));
    for (const Step& step : result.steps) most_rate = std::max(most_rate, step.requests_per_second);
    for (int x = 0; x < columns; ++x) {
        most_rate = std::max(most_rate, fit.rate(1 + (most_clients - 1) * x / (columns - 1)));
    }
    if (!(most_rate > 0) || most_clients <= 1) return {};
    std::vector<std::string> rows(height, std::string(static_cast<std::size_t>(columns), ' '));
    const auto put = [&](double clients, double rate, char mark) {
        const auto x = std::lround((clients - 1) / (most_clients - 1) * (columns - 1));
        const auto y = std::lround(rate / most_rate * (height - 1));
        if (x < 0 || x >= columns || y < 0 || y >= height) return;
        rows[static_cast<std::size_t>(height - 1 - y)][static_cast<std::size_t>(x)] = mark;
    };
    for (int x = 0; x < columns; ++x) {
        const double clients = 1 + (most_clients - 1) * x / (columns - 1);
        put(clients, fit.rate(clients), '.');
    }
    for (const Step& step : result.steps) put(step.concurrent_clients, step.requests_per_second, 'o');
    std::string text;
    for (int row = 0; row < height; ++row) {
        const bool labelled = row == 0 || row == height - 1 || row == height / 2;
        const double rate = most_rate * (height - 1 - row) / (height - 1);
        text += fmt::format("{:>9} |{}\n", labelled ? short_number(rate) : "", rows[static_cast<std::size_t>(row)]);
    }
    text += fmt::format("{:>9} +{}\n", "req/s", std::string(static_cast<std::size_t>(columns), '-'));
    const std::string right = fmt::format("{} clients", short_number(most_clients));
    text += fmt::format("{:>9}  1{:>{}}\n", "", right, columns - 1);
    return text;
}

}  // namespace

std::string describe_law(const UslTerms& terms) {
    std::string text = fmt::format(
        "throughput = {} N / (1 + {:.4f} (N - 1) + {:.6f} N (N - 1)): contention {:.2f} %, coherency {:.4f} %, R2 "
        "{:.3f}",
        short_number(terms.lambda), terms.sigma, terms.kappa, 100 * terms.sigma, 100 * terms.kappa, terms.r_squared);
    if (terms.peak_clients && terms.peak_requests_per_second) {
        text += fmt::format("; most at {:.0f} clients ({} requests/s)", *terms.peak_clients,
                            short_number(*terms.peak_requests_per_second));
    } else if (terms.sigma > 0) {
        text += fmt::format("; never above {} requests/s", short_number(terms.lambda / terms.sigma));
    }
    return text;
}

std::string describe_sustainable(const BenchResult& result) {
    if (!result.sustainable) {
        return "Maximum sustainable load: none of the steps held CPU < 70 %, memory < 75 %, p95 < 2 s and errors < 1 %";
    }
    const Sustainable& found = *result.sustainable;
    std::string text =
        result.open_loop
            ? fmt::format("Maximum sustainable load: {} requests/s\nRecommended scale-out trigger: {} requests/s",
                          short_number(found.requests_per_second), short_number(found.scale_out_requests_per_second))
            : fmt::format(
                  "Maximum sustainable load: {} concurrent clients ({} requests/s)\n"
                  "Recommended scale-out trigger: {} clients ({} requests/s)",
                  found.clients, short_number(found.requests_per_second), found.scale_out_clients,
                  short_number(found.scale_out_requests_per_second));
    text += !found.limited_by.empty() ? "\nThe next step broke: " + found.limited_by
            : result.complete         ? "\nEvery step held its limits: a longer ladder would tell where it ends"
                                      : "\nThe run ended early: larger loads were not measured";
    const auto known = [](const Step& step) { return step.cpu_usage && step.memory_usage; };
    if (!std::ranges::all_of(result.steps, known)) {
        text += "\nCPU or memory of the server is not known in every step, and limits nothing there";
    }
    return text;
}

std::string write_csv(const BenchResult& result) {
    std::string text =
        "concurrent_clients,requests_per_second,avg_response_time,p95_response_time,error_rate,cpu_usage,memory_usage,"
        "p50,p99,p99.9,max\n";
    for (const Step& step : result.steps) {
        text += fmt::format("{},{:.3f},{:.4f},{:.4f},{:.4f},{},{},{:.4f},{:.4f},{:.4f},{:.4f}\n",
                            step.concurrent_clients, step.requests_per_second, step.latency_ms.avg, step.latency_ms.p95,
                            step.error_rate, optional_number(step.cpu_usage, 2), optional_number(step.memory_usage, 2),
                            step.latency_ms.p50, step.latency_ms.p99, step.latency_ms.p999, step.latency_ms.max);
    }
    if (!result.complete) text += fmt::format("# partial: {}\n", result.why_partial);
    return text;
}

std::string step_heading() {
    return fmt::format("{:>9} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>6} {:>6}", "clients", "req/s",
                       "avg ms", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms", "max ms", "errors", "CPU", "memory");
}

std::string step_line(const Step& step) {
    const Latency& latency = step.latency_ms;
    const auto percent = [](const std::optional<double>& value) {
        return value ? fmt::format("{:.0f}%", *value) : std::string{"-"};
    };
    std::string line =
        fmt::format("{:>9} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6.2f}% {:>6} {:>6}", load_of(step),
                    short_number(step.requests_per_second), short_number(latency.avg), short_number(latency.p50),
                    short_number(latency.p95), short_number(latency.p99), short_number(latency.p999),
                    short_number(latency.max), step.error_rate, percent(step.cpu_usage), percent(step.memory_usage));
    if (!step.complete) line += "  partial";
    for (const ErrorCount& error : step.errors) {
        line += fmt::format("\n{:>9} {} x {}{}: {}", "", error.count, error.kind, error.refused ? " (refused)" : "",
                            error.example);
    }
    if (step.generator_lag_ms > std::max(1.0, step.latency_ms.p50 / 10)) {
        line += fmt::format("\n{:>9} the generator itself was {} ms late (p99): it had too little CPU for this rate",
                            "", short_number(step.generator_lag_ms));
    }
    return line;
}

std::string write_text(const BenchResult& result, int width, Table table) {
    std::string text;
    if (table == Table::with) {
        text += step_heading() + "\n";
        for (const Step& step : result.steps) text += step_line(step) + "\n";
    }
    text += "\nScaling recommendations:\n";
    for (const Step& step : result.steps) {
        text += fmt::format("  at {}{}: {}\n", load_of(step), step.target_rate ? "" : " clients", step.advice_text);
    }
    text += "\n" + describe_sustainable(result) + "\n";
    if (result.usl) {
        text += "\nScalability law: " + describe_law(*result.usl) + "\n";
        text += plot(result, width);
    }
    if (!result.complete) text += fmt::format("\nPARTIAL: {}\n", result.why_partial);
    return text;
}

}  // namespace capacity::bench
