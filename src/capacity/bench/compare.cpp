#include "capacity/bench/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "base/json_writer.hpp"
#include "capacity/bench/zipf.hpp"

namespace capacity::bench {
namespace {

constexpr std::size_t fewest_intervals = 5;
constexpr std::size_t rounds_to_draw = 3;

/// One figure's values over the intervals, by rounds.
using Series = std::vector<std::vector<double>>;
using Value = std::function<std::optional<double>(const Interval&)>;

Series series_of(const Step& step, const Value& value) {
    std::map<int, std::vector<double>> rounds;
    for (const Interval& interval : step.intervals) {
        if (const auto found = value(interval)) rounds[interval.round].push_back(*found);
    }
    Series series;
    for (auto& [round, values] : rounds) series.push_back(std::move(values));
    return series;
}

std::size_t size_of(const Series& series) {
    std::size_t size = 0;
    for (const auto& round : series) size += round.size();
    return size;
}

double mean_of(const Series& series) {
    double sum = 0;
    for (const auto& round : series) {
        for (const double value : round) sum += value;
    }
    return sum / static_cast<double>(std::max<std::size_t>(1, size_of(series)));
}

/// The mean of one resample.
double resampled_mean(const Series& series, Random& random) {
    const auto pick = [&random](std::size_t count) {
        return std::min(count - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(count)));
    };
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const auto& round = series.size() >= rounds_to_draw ? series[pick(series.size())] : series[i];
        if (round.empty()) continue;
        const auto block = std::max<std::size_t>(
            1, static_cast<std::size_t>(std::lround(std::cbrt(static_cast<double>(round.size())))));
        for (std::size_t taken = 0; taken < round.size();) {
            const std::size_t start = pick(round.size());
            for (std::size_t k = 0; k < block && taken < round.size(); ++k, ++taken) {
                sum += round[(start + k) % round.size()];
            }
        }
        count += round.size();
    }
    return sum / static_cast<double>(std::max<std::size_t>(1, count));
}

struct Judge {
    const CompareOptions& options;
    double tail;  // of one comparison, one side

    Comparison judge(std::string load, std::string figure, const Series& a, const Series& b,
                     bool more_is_better) const {
        Comparison found{.load = std::move(load), .figure = std::move(figure), .a = mean_of(a), .b = mean_of(b)};
        if (found.a > 0 && found.b > 0) found.ratio = found.low = found.high = found.b / found.a;
        if (size_of(a) < fewest_intervals || size_of(b) < fewest_intervals || !(found.a > 0) || !(found.b > 0)) {
            return found;
        }
        Random random{12'345};
        std::vector<double> ratios;
        for (int i = 0; i < options.resamples; ++i) {
            const double under = resampled_mean(a, random);
            const double over = resampled_mean(b, random);
            if (under > 0) ratios.push_back(over / under);
        }
        std::ranges::sort(ratios);
        const auto last = static_cast<double>(ratios.size() - 1);
        found.low = ratios[static_cast<std::size_t>(std::floor(tail * last))];
        found.high = ratios[static_cast<std::size_t>(std::ceil((1 - tail) * last))];
        const double most = 1 + options.threshold;
        const bool real = found.low > 1 || found.high < 1;
        const bool large = found.ratio > most || found.ratio < 1 / most;
        if (real && large) {
            found.finding = (found.ratio > 1) == more_is_better ? Finding::better : Finding::worse;
        } else if ((real && !large) || (found.low >= 1 / most && found.high <= most)) {
            found.finding = Finding::same;
        }
        return found;
    }

    /// Proportions of requests that were refused or failed.
    Comparison judge_errors(std::string load, const Step& a, const Step& b) const {
        Comparison found{.load = std::move(load), .figure = "errors", .a = a.error_rate, .b = b.error_rate};
        if (a.requests == 0 || b.requests == 0) return found;
        const auto count = [](const Step& step) { return static_cast<double>(step.refused + step.failed); };
        const double all = static_cast<double>(a.requests) + static_cast<double>(b.requests);
        const double share = (count(a) + count(b)) / all;
        const double spread = std::sqrt(share * (1 - share) *
                                        (1 / static_cast<double>(a.requests) + 1 / static_cast<double>(b.requests)));
        const double difference =
            count(b) / static_cast<double>(b.requests) - count(a) / static_cast<double>(a.requests);
        const double p = spread > 0 ? std::erfc(std::abs(difference) / spread / std::sqrt(2.0)) : 1;
        found.ratio = a.error_rate > 0 ? b.error_rate / a.error_rate : 1;
        found.low = found.high = found.ratio;
        found.finding = Finding::same;
        if (p < 2 * tail && std::abs(difference) >= 0.01) {
            found.finding = difference > 0 ? Finding::worse : Finding::better;
        }
        return found;
    }
};

std::string name_of(const Step& step) {
    return step.target_rate ? fmt::format("{:g} requests/s", *step.target_rate)
                            : fmt::format("{} clients", step.concurrent_clients);
}

const Step* same_load(const BenchResult& in, const Step& as) {
    const auto at = std::ranges::find_if(in.steps, [&as](const Step& step) {
        return step.concurrent_clients == as.concurrent_clients && step.target_rate == as.target_rate;
    });
    return at == in.steps.end() ? nullptr : &*at;
}

std::optional<double> rate_of(const Interval& interval) {
    if (!(interval.seconds > 0)) return std::nullopt;
    return static_cast<double>(interval.ok) / interval.seconds;
}

Value time_of(double Interval::* member) {
    return [member](const Interval& interval) -> std::optional<double> {
        if (interval.ok == 0) return std::nullopt;
        return interval.*member;
    };
}

void sum_up(CompareResult& result, const CompareOptions& options) {
    bool better = false;
    bool worse = false;
    bool undecided = false;
    for (const Comparison& one : result.comparisons) {
        better |= one.finding == Finding::better;
        worse |= one.finding == Finding::worse;
        undecided |= one.finding == Finding::undecided;
    }
    const std::string bound = fmt::format("{:g} %", 100 * options.threshold);
    std::string text;
    if (better && worse) {
        result.verdict = Finding::undecided;
        text = "B is better in some figures and worse in others";
    } else if (worse) {
        result.verdict = Finding::worse;
        text = "B is slower than A, or errs more";
    } else if (better) {
        result.verdict = Finding::better;
        text = "B is faster than A";
    } else if (undecided) {
        text = fmt::format("a difference of more than {} cannot be shown, nor ruled out: measure longer, or in rounds",
                           bound);
    } else {
        result.verdict = Finding::same;
        text = fmt::format("A and B do not differ by more than {}", bound);
    }
    result.text = fmt::format(
        "{} (block bootstrap of the intervals' ratios, {:g} % confidence for all {} comparisons together, threshold "
        "{})",
        text, 100 * options.confidence, result.comparisons.size(), bound);
}

}  // namespace

std::string_view to_string(Finding finding) {
    switch (finding) {
        case Finding::better: return "better";
        case Finding::worse: return "worse";
        case Finding::same: return "same";
        case Finding::undecided: break;
    }
    return "undecided";
}

base::Result<CompareResult> compare(const BenchResult& a, const BenchResult& b, const CompareOptions& options) {
    CompareResult result;
    std::vector<std::pair<const Step*, const Step*>> pairs;
    for (const Step& step : a.steps) {
        if (const Step* other = same_load(b, step)) {
            pairs.emplace_back(&step, other);
        } else {
            result.remarks.push_back(fmt::format("only A has {}", name_of(step)));
        }
    }
    for (const Step& step : b.steps) {
        if (same_load(a, step) == nullptr) result.remarks.push_back(fmt::format("only B has {}", name_of(step)));
    }
    if (pairs.empty()) {
        return base::fail(
            base::Kind::bad_argument,
            "the two results have no step of the same load: measure both with the same --clients or --rate");
    }
    if (a.workload_name != b.workload_name || a.workload_requests != b.workload_requests) {
        result.remarks.push_back(fmt::format("they ran other workloads: {} and {}", a.workload_name, b.workload_name));
    }
    if (!a.complete) result.remarks.push_back("A is partial: " + a.why_partial);
    if (!b.complete) result.remarks.push_back("B is partial: " + b.why_partial);
    if (a.rounds < static_cast<int>(rounds_to_draw) || b.rounds < static_cast<int>(rounds_to_draw)) {
        result.remarks.emplace_back(
            "one run each: what differs from run to run is not in the intervals of confidence "
            "(--rounds 3 or more has it)");
    }
    const std::size_t figures = 4;
    const Judge judge{options, (1 - options.confidence) / 2 / static_cast<double>(pairs.size() * figures)};
    for (const auto& [left, right] : pairs) {
        const std::string load = name_of(*left);
        const auto add = [&](const char* name, const Value& value, bool more_is_better) {
            result.comparisons.push_back(
                judge.judge(load, name, series_of(*left, value), series_of(*right, value), more_is_better));
        };
        if (!left->target_rate) add("requests/s", rate_of, true);
        add("p50", time_of(&Interval::p50_ms), false);
        add("p95", time_of(&Interval::p95_ms), false);
        result.comparisons.push_back(judge.judge_errors(load, *left, *right));
    }
    sum_up(result, options);
    return result;
}

std::string write_comparison(const CompareResult& result) {
    std::string text = fmt::format("{:<20} {:<11} {:>12} {:>12} {:>8}  {:<19} {}\n", "load", "figure", "A", "B", "B/A",
                                   "interval", "B is");
    for (const Comparison& one : result.comparisons) {
        const std::string unit = one.figure == "errors" ? " %" : one.figure == "requests/s" ? "" : " ms";
        const bool has_interval = one.low != one.high;
        text +=
            fmt::format("{:<20} {:<11} {:>12} {:>12} {:>8.3f}  {:<19} {}\n", one.load, one.figure,
                        fmt::format("{:.3f}{}", one.a, unit), fmt::format("{:.3f}{}", one.b, unit), one.ratio,
                        has_interval ? fmt::format("[{:.3f}, {:.3f}]", one.low, one.high) : "", to_string(one.finding));
    }
    for (const std::string& remark : result.remarks) text += "note: " + remark + "\n";
    return text + "\nVerdict: " + result.text + "\n";
}

std::string write_comparison_json(const CompareResult& result) {
    std::string text;
    base::JsonWriter out{text};
    out.begin_object().field("verdict", to_string(result.verdict)).field("text", result.text);
    out.key("comparisons").begin_array();
    for (const Comparison& one : result.comparisons) {
        out.begin_object().field("load", one.load).field("figure", one.figure).field("a", one.a).field("b", one.b);
        out.field("ratio", one.ratio).field("low", one.low).field("high", one.high);
        out.field("finding", to_string(one.finding)).end_object();
    }
    out.end_array().key("remarks").begin_array();
    for (const std::string& remark : result.remarks) out.string(remark);
    out.end_array().end_object();
    return text + "\n";
}

}  // namespace capacity::bench
