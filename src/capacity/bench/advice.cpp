#include "capacity/bench/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "scaling/usl.hpp"

namespace capacity::bench {
namespace {

std::string figures(const Step& step) {
    std::string text;
    if (step.cpu_usage) text += fmt::format("CPU {:.1f} %, ", *step.cpu_usage);
    if (step.memory_usage) text += fmt::format("memory {:.1f} %, ", *step.memory_usage);
    return text + fmt::format("p95 {:.1f} ms, errors {:.2f} %", step.latency_ms.p95, step.error_rate);
}

void advise(Step& step) {
    const bool short_of_cpu = step.cpu_usage.value_or(0) >= most_cpu;
    const bool short_of_memory = step.memory_usage.value_or(0) >= most_memory;
    const double wrong =
        step.requests == 0 ? 0 : 100.0 * static_cast<double>(step.failed) / static_cast<double>(step.requests);
    const double refused =
        step.requests == 0 ? 0 : 100.0 * static_cast<double>(step.refused) / static_cast<double>(step.requests);
    if (step.requests == 0) {
        step.advice = Advice::look;
        step.advice_text = "no request ended in the measured time: measure longer, or find out why; " + figures(step);
    } else if (step.ok == 0 || (wrong >= most_errors && wrong >= refused)) {
        step.advice = Advice::look;
        step.advice_text = fmt::format(
            "answers fail ({:.2f} % of {}){}: find out why before scaling; {}", wrong, step.requests,
            step.errors.empty() ? "" : fmt::format(", mostly \"{}\"", step.errors.front().kind), figures(step));
    } else if (short_of_cpu || short_of_memory) {
        step.advice = Advice::scale_up;
        step.advice_text =
            fmt::format("scale up: {} is at its limit; {}", short_of_cpu ? "CPU" : "memory", figures(step));
    } else if (step.latency_ms.p95 >= most_p95_ms || refused >= most_errors) {
        step.advice = Advice::scale_out;
        step.advice_text =
            fmt::format("scale out: {} while the instance has CPU and memory left; {}",
                        refused >= most_errors ? "requests are refused" : "answers are late", figures(step));
    } else {
        step.advice = Advice::fine;
        step.advice_text = "fine: " + figures(step);
    }
}

/// The steps in the order of their load, up to the first that breaks a limit.
void find_sustainable(BenchResult& result) {
    std::vector<const Step*> steps;
    for (const Step& step : result.steps) {
        if (step.requests > 0 || step.complete) steps.push_back(&step);  // else it was stopped before it measured
    }
    std::ranges::sort(
        steps, {}, [](const Step* step) { return std::pair{step->target_rate.value_or(0), step->concurrent_clients}; });
    std::string limited_by;
    const Step* best = nullptr;
    for (const Step* step : steps) {
        limited_by = broken_limit(*step);
        if (!limited_by.empty()) break;
        best = step;
    }
    if (best == nullptr) return;
    result.sustainable = Sustainable{
        .clients = best->concurrent_clients,
        .requests_per_second = best->requests_per_second,
        .scale_out_clients = static_cast<int>(best->concurrent_clients * scale_out_share + 1e-9),
        .scale_out_requests_per_second = best->requests_per_second * scale_out_share,
        .limited_by = limited_by,
    };
}

void fit(BenchResult& result) {
    if (result.open_loop) return;  // the rate is given there, not an answer of the server's
    std::vector<scaling::UslPoint> points;
    for (const Step& step : result.steps) {
        if (step.requests_per_second > 0) {
            points.push_back({static_cast<double>(step.concurrent_clients), step.requests_per_second});
        }
    }
    const auto found = scaling::fit_usl(points);
    if (!found) return;
    UslTerms terms{found->lambda, found->sigma, found->kappa, found->r_squared};
    terms.peak_clients = found->peak_clients();
    if (terms.peak_clients) terms.peak_requests_per_second = found->rate(*terms.peak_clients);
    result.usl = terms;
}

}  // namespace

std::string broken_limit(const Step& step) {
    if (step.ok == 0) return "no correct answer";
    if (step.error_rate >= most_errors)
        return fmt::format("errors {:.2f} % (limit {} %)", step.error_rate, most_errors);
    if (step.cpu_usage.value_or(0) >= most_cpu)
        return fmt::format("CPU {:.1f} % (limit {} %)", *step.cpu_usage, most_cpu);
    if (step.memory_usage.value_or(0) >= most_memory) {
        return fmt::format("memory {:.1f} % (limit {} %)", *step.memory_usage, most_memory);
    }
    if (step.latency_ms.p95 >= most_p95_ms) {
        return fmt::format("p95 {:.0f} ms (limit {} ms)", step.latency_ms.p95, most_p95_ms);
    }
    return {};
}

void conclude(BenchResult& result) {
    result.sustainable.reset();
    result.usl.reset();
    for (Step& step : result.steps) advise(step);
    find_sustainable(result);
    fit(result);
}

}  // namespace capacity::bench
