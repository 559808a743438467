#include "capacity/plan/base_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.hpp"

namespace capacity::plan {
namespace {

std::unexpected<base::Error> wrong(const Inputs& inputs, std::string what) {
    return base::fail(base::Error{base::Kind::bad_argument,
                                  fmt::format("{}: {}", base::escape_untrusted(inputs.bench_file), std::move(what))}
                          .about("--bench"));
}

struct Point {
    double clients = 0;
    double value = 0;
};

struct Line {
    double at_zero = 0;
    double slope = 0;
};

/// Least squares; nothing unless two different numbers of clients were measured.
std::optional<Line> line_through(const std::vector<Point>& points) {
    double x = 0, y = 0, xx = 0, xy = 0;
    const auto count = static_cast<double>(points.size());
    for (const Point& point : points) {
        x += point.clients / count, y += point.value / count;
    }
    for (const Point& point : points) {
        xx += (point.clients - x) * (point.clients - x);
        xy += (point.clients - x) * (point.value - y);
    }
    if (!(xx > 0)) {
        return std::nullopt;
    }
    return Line{.at_zero = y - xy / xx * x, .slope = xy / xx};
}

/// Writes a measured value where none was given by hand, and notes it.
class Replace {
public:
    Replace(const Inputs& inputs, BenchFacts& facts) : inputs_{inputs}, facts_{facts} {}
    void operator()(std::string_view option, double& value, double measured, std::string how) const {
        if (!inputs_.is_given(option) && measured >= 0) {
            value = measured;
            facts_.measured.emplace(option, std::move(how));
        }
    }

private:
    const Inputs& inputs_;
    BenchFacts& facts_;
};

std::vector<Point> points_of(const std::vector<const bench::Step*>& steps, auto value) {
    std::vector<Point> points;
    for (const bench::Step* step : steps) {
        if (const std::optional<double> seen = value(*step)) {
            points.push_back({.clients = static_cast<double>(step->concurrent_clients), .value = *seen});
        }
    }
    return points;
}

void take_memory(Inputs& inputs, BenchFacts& facts, const std::vector<const bench::Step*>& steps) {
    const Replace replace{inputs, facts};
    if (const auto line = line_through(points_of(steps, [](const auto& step) { return step.memory_mb; }))) {
        facts.idle_memory_mb = std::max(0.0, line->at_zero);
        facts.memory_mb_per_client = std::max(0.0, line->slope);
        replace("--memory-per-client", inputs.profile.memory_mb_per_client, *facts.memory_mb_per_client,
                "slope of memory over clients");
    }
    const bench::Step& last = *steps.back();
    if (last.memory_mb && last.memory_usage.value_or(0) > 0) {
        // Of two averages, so only near the limit: 0.9988 is 1 GB.
        const double gb = *last.memory_mb / *last.memory_usage * 100 / 1024;
        replace("--instance-memory-gb", inputs.profile.memory_gb, std::max(0.01, std::round(gb * 100) / 100),
                "the measured server's limit");
    }
}

}  // namespace

base::Result<BenchFacts> apply_bench(Inputs& inputs, const bench::BenchResult& result) {
    if (!result.complete) {
        return wrong(
            inputs,
            fmt::format("the benchmark is partial{}: run it to its end",
                        result.why_partial.empty() ? "" : " (" + base::escape_untrusted(result.why_partial) + ")"));
    }
    if (result.open_loop) {
        return wrong(inputs,
                     "the benchmark ran at fixed rates, so it does not tell what a client takes: use one with "
                     "--clients");
    }
    std::vector<const bench::Step*> steps;
    for (const bench::Step& step : result.steps) {
        if (step.complete && step.ok > 0 && step.concurrent_clients > 0) {
            steps.push_back(&step);
        }
    }
    if (steps.empty()) {
        return wrong(inputs, "no step of the benchmark has a correct answer");
    }
    std::ranges::sort(steps, {}, &bench::Step::concurrent_clients);
    if (!result.sustainable && !inputs.is_given("--max-clients-per-instance")) {
        return wrong(inputs,
                     "no step of the benchmark kept the limits, so it does not tell what an instance carries: "
                     "measure fewer clients, or give --max-clients-per-instance");
    }
    BenchFacts facts{.file = inputs.bench_file, .server = result.target.server, .started_at = result.started_at};
    const Replace replace{inputs, facts};
    std::vector<const bench::Step*> kept = steps;
    if (result.sustainable) {
        replace("--max-clients-per-instance", inputs.profile.max_clients, result.sustainable->clients,
                result.sustainable->limited_by.empty()
                    ? "the highest step; none broke a limit, so it may carry more"
                    : fmt::format("the largest load that kept the limits; then: {}",
                                  base::escape_untrusted(result.sustainable->limited_by)));
        std::erase_if(kept, [&](const auto* step) { return step->concurrent_clients > result.sustainable->clients; });
    }
    if (kept.empty()) {
        return wrong(inputs, "its sustainable load is below its smallest step");
    }
    const bench::Step& top = *kept.back();
    if (top.cpu_usage) {
        replace("--cpu-per-client", inputs.profile.cpu_percent_per_client, *top.cpu_usage / top.concurrent_clients,
                fmt::format("CPU at {} clients", top.concurrent_clients));
    }
    if (result.target.cpu_cores.value_or(0) > 0) {
        replace("--instance-cores", inputs.profile.cpu_cores, *result.target.cpu_cores, "cores of the measured server");
    }
    take_memory(inputs, facts, steps);
    const auto response =
        line_through(points_of(kept, [](const auto& step) { return std::optional{step.latency_ms.avg}; }));
    if (response && response->at_zero > 0) {
        replace("--response-base", inputs.profile.response_ms_base, response->at_zero, "average over clients, at none");
        if (!inputs.is_given("--response-base")) {
            replace("--response-factor", inputs.profile.response_factor_client,
                    std::max(0.0, response->slope / response->at_zero), "average over clients, slope / base");
        }
    }
    return facts;
}

}  // namespace capacity::plan
