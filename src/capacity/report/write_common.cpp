#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "capacity/report/write.hpp"

namespace capacity::report {

std::string iso_time(double seconds) {
    if (!std::isfinite(seconds) || std::abs(seconds) > 1e11) return "-";
    const std::chrono::sys_seconds time{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time);
}

std::string title_of(const Report& report) {
    return fmt::format("Snowflake MCP scaling report, {}", report.made_at.substr(0, 10));
}

std::string subtitle_of(const Report& report) {
    std::string text = report.source == "bench"        ? "Benchmark files: "
                       : report.source == "prometheus" ? "Prometheus: "
                                                       : "Server: ";
    for (std::size_t i = 0; i < report.about.size(); ++i) {
        if (i > 0) text += ", ";
        text += report.about[i];
    }
    if (report.to > 0) text += fmt::format("; {} to {}", iso_time(report.from), iso_time(report.to));
    return text;
}

std::string value_text(const scaling::Judged& judged) {
    if (!judged.value) return "-";
    const std::string_view unit = scaling::unit(judged.signal);
    const double size = std::abs(*judged.value);
    return fmt::format("{}{}{}",
                       size >= 1000 ? fmt::format("{:.0f}", *judged.value) : fmt::format("{:.3g}", *judged.value),
                       unit.empty() ? "" : " ", unit);
}

std::string events_state(const Events& events) {
    switch (events.state) {
        case Events::State::not_asked: return fmt::format("Kubernetes: not asked: {}", events.why);
        case Events::State::failed: return fmt::format("Kubernetes: not known: {}", events.why);
        case Events::State::known: break;
    }
    return events.events.empty() ? "Kubernetes knows of no scaling event." : "";
}

scaling::Level level_of(const std::vector<scaling::Judged>& judged) {
    scaling::Level level = scaling::Level::unknown;
    for (const scaling::Judged& one : judged) level = scaling::worse(level, one.level);
    return level;
}

std::vector<scaling::Recommendation> recommendations_of(const Report& report,
                                                        const std::vector<scaling::Judged>& judged) {
    std::vector<scaling::Recommendation> all = scaling::recommend(judged, report.figures);
    for (const std::string& text : report.advice) all.push_back({scaling::Level::good, text});
    return all;
}

std::string note_of(const Report& report, std::size_t index, const scaling::Judged& judged) {
    const std::string own = index < report.notes.size() ? report.notes[index] : std::string{};
    return own.empty() ? judged.why : fmt::format("{}; {}", own, judged.why);
}

std::string write_summary(const Report& report) {
    const auto judged = scaling::judge_all(report.figures);
    std::string out = fmt::format("{}\n{}\n\n", title_of(report), subtitle_of(report));
    for (const std::string& why : report.partial) out += fmt::format("Partial: {}\n", why);
    for (const scaling::Judged& one : judged) {
        out += fmt::format("{:<20} {:<12} {}\n", scaling::title(one.signal), value_text(one), to_string(one.level));
    }
    out += "\nRecommendations:\n";
    for (const auto& one : recommendations_of(report, judged)) out += fmt::format("- {}\n", one.text);
    return out + fmt::format("\nThe whole report is attached as HTML.\n{}\n", report.generator);
}

}  // namespace capacity::report
