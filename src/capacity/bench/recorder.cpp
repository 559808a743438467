#include "capacity/bench/recorder.hpp"

#include <algorithm>

namespace capacity::bench {
namespace {

double ms(std::chrono::nanoseconds value) { return std::chrono::duration<double, std::milli>(value).count(); }

}  // namespace

Latency latency_of(const scaling::LatencyHistogram& histogram) {
    return {.avg = ms(histogram.mean()),
            .min = ms(histogram.min()),
            .p50 = ms(histogram.at(0.5)),
            .p90 = ms(histogram.at(0.9)),
            .p95 = ms(histogram.at(0.95)),
            .p99 = ms(histogram.at(0.99)),
            .p999 = ms(histogram.at(0.999)),
            .max = ms(histogram.max())};
}

std::size_t Window::intervals() const {
    const auto whole = (end - begin) / interval;
    return static_cast<std::size_t>(std::max<std::int64_t>(1, whole));
}

Recorder::Recorder(Window window) : window_{window}, slices_(window.intervals()) {}

Recorder::Slice* Recorder::slice_at(TimePoint at) {
    if (!window_.holds(at)) return nullptr;
    const auto index = static_cast<std::size_t>((at - window_.begin) / window_.interval);
    return &slices_[std::min(index, slices_.size() - 1)];
}

void Recorder::ok(TimePoint began, TimePoint ended) {
    const auto took = ended - began;
    if (window_.holds(began)) {
        ok_.record(took);
        ++counts_[0];
    }
    if (Slice* slice = slice_at(ended)) {
        slice->latencies.record(took);
        ++slice->counts[0];
    }
}

void Recorder::not_ok(TimePoint began, TimePoint ended, const Verdict& verdict) {
    const auto outcome = static_cast<std::size_t>(verdict.outcome);
    if (Slice* slice = slice_at(ended)) ++slice->counts[outcome];
    if (!window_.holds(began)) return;
    ++counts_[outcome];
    if (verdict.outcome == Outcome::refused) refused_.record(ended - began);
    ErrorCount& error = errors_[verdict.kind];
    if (error.count++ == 0) {
        error.kind = verdict.kind;
        error.refused = verdict.outcome == Outcome::refused;
        error.example = verdict.example;
    }
}

void Recorder::merge(const Recorder& other) {
    ok_.merge(other.ok_);
    refused_.merge(other.refused_);
    lag_.merge(other.lag_);
    for (std::size_t i = 0; i < std::min(slices_.size(), other.slices_.size()); ++i) {
        slices_[i].latencies.merge(other.slices_[i].latencies);
        for (std::size_t k = 0; k < counts_.size(); ++k) slices_[i].counts[k] += other.slices_[i].counts[k];
    }
    for (std::size_t k = 0; k < counts_.size(); ++k) counts_[k] += other.counts_[k];
    for (const auto& [kind, error] : other.errors_) {
        const auto [at, added] = errors_.emplace(kind, error);
        if (!added) at->second.count += error.count;
    }
    opened_ += other.opened_;
    lost_ += other.lost_;
}

void Recorder::cut(TimePoint end) {
    if (end >= window_.end) return;
    window_.end = std::max(window_.begin, end);
    const auto begun = (window_.end - window_.begin + window_.interval - Clock::duration{1}) / window_.interval;
    slices_.resize(std::min(slices_.size(), static_cast<std::size_t>(begun)));
}

Step Recorder::step(int round) const {
    Step step;
    step.seconds = window_.seconds();
    step.ok = counts_[0];
    step.refused = counts_[1];
    step.failed = counts_[2];
    step.requests = step.ok + step.refused + step.failed;
    step.connections_opened = opened_;
    step.connections_lost = lost_;
    for (const auto& [kind, error] : errors_) step.errors.push_back(error);
    std::ranges::sort(step.errors, std::ranges::greater{}, &ErrorCount::count);
    for (std::size_t i = 0; i < slices_.size(); ++i) {
        const Slice& slice = slices_[i];
        const auto from = window_.begin + window_.interval * static_cast<std::int64_t>(i);
        const auto to = i + 1 == slices_.size() ? window_.end : from + window_.interval;
        Interval interval;
        interval.round = round;
        interval.at = std::chrono::duration<double>(from - window_.begin).count();
        interval.seconds = std::chrono::duration<double>(to - from).count();
        interval.ok = slice.counts[0];
        interval.refused = slice.counts[1];
        interval.failed = slice.counts[2];
        const Latency latency = latency_of(slice.latencies);
        interval.avg_ms = latency.avg;
        interval.p50_ms = latency.p50;
        interval.p95_ms = latency.p95;
        interval.p99_ms = latency.p99;
        step.intervals.push_back(interval);
    }
    return step;
}

}  // namespace capacity::bench
