#include "capacity/report/server_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "capacity/report/plots.hpp"

namespace capacity::report {
namespace {

constexpr double gap = std::numeric_limits<double>::quiet_NaN();

double or_gap(const std::optional<double>& value) { return value.value_or(gap); }

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void raise_to(std::optional<double>& to, const std::optional<double>& value) {
    if (value) to = std::max(to.value_or(*value), *value);
}

/// All that is known of one server's whole time: stretches around gaps and restarts are added up.
struct WholeTime {
    Change sum;
    double seconds = 0;
    double cpu = 0;  // percent x seconds
    bool restarted = false;
};

WholeTime whole_time(const Watched& watched) {
    WholeTime whole;
    const Reading* before = nullptr;
    for (const auto& reading : watched.readings) {
        if (!reading) continue;
        if (before != nullptr) {
            if (const auto change = between(*before, *reading)) {
                add(whole.sum, *change);
                whole.seconds += change->seconds;
                whole.cpu += change->cpu_percent.value_or(0) * change->seconds;
            } else {
                whole.restarted = true;
            }
        }
        before = &*reading;
    }
    whole.sum.seconds = whole.seconds;
    if (whole.sum.cpu_percent && whole.seconds > 0) whole.sum.cpu_percent = whole.cpu / whole.seconds;
    return whole;
}

const Reading* last_reading(const Watched& watched) {
    const auto found = std::ranges::find_if(watched.readings.rbegin(), watched.readings.rend(),
                                            [](const auto& reading) { return reading.has_value(); });
    return found == watched.readings.rend() ? nullptr : &**found;
}

Instance instance_of(const Watched& watched, const WholeTime& whole) {
    Instance instance{.name = watched.address};
    instance.up = !watched.readings.empty() && watched.readings.back().has_value();
    const Reading* last = last_reading(watched);
    if (last == nullptr) return instance;
    instance.cpu_percent = whole.sum.cpu_percent;
    instance.memory_percent = last->memory_percent();
    if (last->memory_bytes) instance.memory_mb = *last->memory_bytes / 1e6;
    instance.requests_per_second = whole.sum.requests_per_second();
    instance.p95_ms = whole.sum.p95_ms();
    instance.pool_percent = last->pool_percent();
    instance.queue_length = last->queue_length;
    return instance;
}

struct Lines {
    Line cpu, memory, requests, p95, pool, queue, errors;
};

Lines lines_of(const Watched& watched) {
    Lines lines;
    for (Line* line :
         {&lines.cpu, &lines.memory, &lines.requests, &lines.p95, &lines.pool, &lines.queue, &lines.errors}) {
        line->name = watched.address;
    }
    const Reading* before = nullptr;
    for (const auto& reading : watched.readings) {
        if (!reading) {
            before = nullptr;
            continue;
        }
        const double at = reading->at;
        lines.memory.points.push_back({at, or_gap(reading->memory_percent())});
        lines.pool.points.push_back({at, or_gap(reading->pool_percent())});
        lines.queue.points.push_back({at, or_gap(reading->queue_length)});
        const auto change = before != nullptr ? between(*before, *reading) : std::nullopt;
        if (change) {
            lines.cpu.points.push_back({at, or_gap(change->cpu_percent)});
            lines.requests.points.push_back({at, or_gap(change->requests_per_second())});
            lines.p95.points.push_back({at, or_gap(change->p95_ms())});
            const double asked = change->requests.value_or(0);
            lines.errors.points.push_back({at, asked > 0 && change->errors ? 100 * *change->errors / asked : gap});
        }
        before = &*reading;
    }
    return lines;
}

void draw(const std::vector<Watched>& watched, double max_step, Report& report) {
    std::vector<Line> cpu, memory, requests, p95, pool, queue, errors;
    for (const Watched& one : watched) {
        Lines lines = lines_of(one);
        cpu.push_back(std::move(lines.cpu));
        memory.push_back(std::move(lines.memory));
        requests.push_back(std::move(lines.requests));
        p95.push_back(std::move(lines.p95));
        pool.push_back(std::move(lines.pool));
        queue.push_back(std::move(lines.queue));
        errors.push_back(std::move(lines.errors));
    }
    using scaling::Signal;
    const auto put = [&](Signal signal, std::vector<Line>& lines) {
        report.trends.push_back(trend_of(signal, std::move(lines), max_step));
    };
    put(Signal::cpu, cpu);
    put(Signal::memory, memory);
    put(Signal::requests, requests);
    put(Signal::p95, p95);
    put(Signal::pool, pool);
    put(Signal::queue, queue);
    put(Signal::errors, errors);
}

std::string what_went_wrong(const base::Result<HttpAnswer>& answer, base::Result<Reading>& reading, double at) {
    if (!answer) return answer.error().message();
    if (answer->status != 200) return fmt::format("it answers HTTP {}", answer->status);
    auto page = MetricsText::parse(answer->body);
    reading = page ? reading_of(*page, at) : base::fail(std::move(page.error()));
    return reading ? "" : fmt::format("its page is no metrics of snowflake-mcp: {}", reading.error().message());
}

/// One round: everybody is asked at once. True where somebody answered.
bool read_all(Fetcher& fetcher, const std::vector<net::client::Url>& urls, const ServerPlan& plan,
              std::vector<Watched>& watched) {
    std::vector<Question> questions;
    for (const auto& url : urls) {
        questions.push_back({.url = url,
                             .headers = {{"Accept", "text/plain"}},
                             .patience = plan.patience,
                             .most_bytes = std::size_t{32} << 20});
    }
    const auto answers = fetcher.ask(std::move(questions));
    const double at = wall_seconds();
    bool any = false;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        base::Result<Reading> reading = base::fail(base::Kind::unavailable, "");
        const std::string trouble = what_went_wrong(answers[i], reading, at);
        if (!trouble.empty()) watched[i].trouble = trouble;
        watched[i].readings.push_back(trouble.empty() ? std::optional{std::move(*reading)} : std::nullopt);
        any = any || trouble.empty();
    }
    return any;
}

}  // namespace

void reckon(const std::vector<Watched>& watched, std::chrono::milliseconds interval, Report& report) {
    scaling::Figures& figures = report.figures;
    Change all;
    double up = 0;
    std::optional<double> rate;
    for (const Watched& one : watched) {
        const WholeTime whole = whole_time(one);
        const Instance instance = instance_of(one, whole);
        report.instances.push_back(instance);
        if (whole.restarted) {
            report.partial.push_back(
                fmt::format("{} was started anew; what happened meanwhile is not known", one.address));
        }
        if (!one.trouble.empty()) {
            const auto missed = std::ranges::count_if(one.readings, [](const auto& reading) { return !reading; });
            report.partial.push_back(fmt::format("{} did not answer {} of {} times: {}", one.address, missed,
                                                 one.readings.size(), one.trouble));
        }
        for (const auto& reading : one.readings) {
            if (!reading) continue;
            report.from = report.from == 0 ? reading->at : std::min(report.from, reading->at);
            report.to = std::max(report.to, reading->at);
            raise_to(figures.queue_length, reading->queue_length);
        }
        if (instance.up) ++up;
        add(all, whole.sum);
        raise_to(figures.cpu_percent, instance.cpu_percent);
        raise_to(figures.memory_percent, instance.memory_percent);
        raise_to(figures.pool_percent, instance.pool_percent);
        if (instance.requests_per_second) rate = rate.value_or(0) + *instance.requests_per_second;
    }
    figures.instances = up;
    figures.instances_expected = static_cast<double>(watched.size());
    figures.requests_per_second = rate;
    figures.p95_ms = all.p95_ms();
    if (all.requests.value_or(0) > 0 && all.errors) figures.error_percent = 100 * *all.errors / *all.requests;
    const double step = std::chrono::duration<double>(interval).count();
    draw(watched, 2.5 * step + 1, report);
    align_times(report);
}

base::Result<Report> ask_servers(Fetcher& fetcher, const ServerPlan& plan, const Pause& pause) {
    std::vector<net::client::Url> urls;
    std::vector<Watched> watched;
    for (const std::string& address : plan.addresses) {
        auto url = address_of(address, "/metrics");
        if (!url) return base::fail(std::move(url.error()));
        watched.push_back({.address = url->authority(), .readings = {}, .trouble = {}});
        urls.push_back(std::move(*url));
    }
    Report report{.source = "server"};
    for (const auto& url : urls) report.about.push_back(url.to_string());
    if (!read_all(fetcher, urls, plan, watched)) {
        return base::fail(base::Kind::unavailable, fmt::format("cannot read {}: {}", urls[0].to_string(),
                                                               base::escape_untrusted(watched[0].trouble)));
    }
    const auto start = base::Clock::now();
    const auto rounds = std::max<std::int64_t>(plan.length / plan.interval, 1);
    for (std::int64_t round = 1; round <= rounds; ++round) {
        const auto wait =
            std::chrono::duration_cast<std::chrono::milliseconds>(start + round * plan.interval - base::Clock::now());
        if (!pause(std::max(wait, std::chrono::milliseconds{0}))) {
            report.partial.push_back("stopped before its time");
            break;
        }
        if (base::Clock::now() > start + plan.length + plan.interval) break;  // slow answers took the time
        read_all(fetcher, urls, plan, watched);
    }
    reckon(watched, plan.interval, report);
    return report;
}

}  // namespace capacity::report
