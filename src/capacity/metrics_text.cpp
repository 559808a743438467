#include "capacity/metrics_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.hpp"

namespace capacity {
namespace {

constexpr std::size_t longest_line = 64 * 1024;
constexpr std::size_t most_labels = 64;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }
bool is_name_char(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

/// A number as Go and OpenMetrics write it.
std::optional<double> number(std::string_view text) {
    std::string_view digits = text;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    if (digits.starts_with('-') || digits.starts_with('+')) return std::nullopt;
    double value = 0;
    if (base::iequals(digits, "inf") || base::iequals(digits, "infinity")) {
        value = std::numeric_limits<double>::infinity();
    } else if (base::iequals(digits, "nan")) {
        return std::numeric_limits<double>::quiet_NaN();
    } else {
        const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
        if (failed != std::errc{}) {
            // Too large or too small for a double: whichever it is, the exponent's sign tells.
            value =
                base::to_lower(digits).find("e-") != std::string::npos ? 0 : std::numeric_limits<double>::infinity();
        }
    }
    return negative ? -value : value;
}

/// Reads one line; what it does not take, `why` says.
class LineReader {
public:
    explicit LineReader(std::string_view line) : rest_{line} {}

    bool sample(MetricSample& out) {
        if (!rest_.starts_with('{') && !name(out.name)) return fail("it does not begin with a name");
        if (rest_.starts_with('{') && !labels(out)) return false;
        if (out.name.empty()) return fail("it has no name");
        if (!skip_blanks()) return fail("no blank before the value");
        const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t"));
        const auto value = number(word);
        if (!value) return fail("its value is no number");
        out.value = *value;
        rest_.remove_prefix(word.size());
        return time_and_exemplar();
    }

    std::string_view why() const { return why_; }

private:
    bool fail(std::string_view why) {
        why_ = why;
        return false;
    }

    bool skip_blanks() {
        const std::size_t blanks = std::min(rest_.find_first_not_of(" \t"), rest_.size());
        rest_.remove_prefix(blanks);
        return blanks > 0;
    }

    bool name(std::string& out) {
        if (rest_.empty() || !is_name_start(rest_.front())) return false;
        const auto* const end = std::ranges::find_if_not(rest_, is_name_char);
        const auto size = static_cast<std::size_t>(end - rest_.begin());
        out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }

    bool quoted(std::string& out) {
        for (std::size_t at = 1; at < rest_.size(); ++at) {
            if (rest_[at] == '"') {
                rest_.remove_prefix(at + 1);
                return true;
            }
            if (rest_[at] != '\\') {
                out.push_back(rest_[at]);
                continue;
            }
            if (++at == rest_.size()) break;
            switch (rest_[at]) {
                case 'n': out.push_back('\n'); break;
                case '\\':
                case '"': out.push_back(rest_[at]); break;
                default: out.push_back('\\'); out.push_back(rest_[at]);
            }
        }
        return fail("a quote is not closed");
    }

    /// `{a="b",c="d",}`; a quoted text alone is the metric's name.
    bool labels(MetricSample& out) {
        rest_.remove_prefix(1);
        for (;;) {
            skip_blanks();
            if (rest_.starts_with('}')) break;
            if (out.labels.size() == most_labels) return fail("too many labels");
            if (!label(out)) return false;
            skip_blanks();
            if (rest_.starts_with(',')) {
                rest_.remove_prefix(1);
            } else if (!rest_.starts_with('}')) {
                return fail("labels are not separated by commas or not closed");
            }
        }
        rest_.remove_prefix(1);
        return true;
    }

    bool label(MetricSample& out) {
        std::string key;
        const bool in_quotes = rest_.starts_with('"');
        if (in_quotes ? !quoted(key) : !name(key)) return why_.empty() ? fail("a label has no name") : false;
        skip_blanks();
        if (!rest_.starts_with('=')) {
            if (!in_quotes || !out.name.empty()) return fail("a label has no value");
            out.name = std::move(key);
            return true;
        }
        rest_.remove_prefix(1);
        skip_blanks();
        std::string value;
        if (!rest_.starts_with('"')) return fail("a label's value is not quoted");
        if (!quoted(value)) return false;
        if (std::ranges::any_of(out.labels, [&](const auto& other) { return other.first == key; })) {
            return fail("a label stands twice");
        }
        out.labels.emplace_back(std::move(key), std::move(value));
        return true;
    }

    bool time_and_exemplar() {
        skip_blanks();
        if (rest_.empty() || rest_.starts_with("# {")) return true;
        const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t"));
        if (!number(word)) return fail("its time is no number");
        rest_.remove_prefix(word.size());
        skip_blanks();
        return rest_.empty() || rest_.starts_with("# {") || fail("something stands behind its time");
    }

    std::string_view rest_;
    std::string_view why_;
};

}  // namespace

std::string_view MetricSample::label(std::string_view key) const {
    const auto found = std::ranges::find_if(labels, [&](const auto& label) { return label.first == key; });
    return found == labels.end() ? std::string_view{} : std::string_view{found->second};
}

base::Result<MetricsText> MetricsText::parse(std::string_view text, std::size_t most_samples) {
    MetricsText page;
    for (std::size_t line_number = 1; !text.empty(); ++line_number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        line = base::trim(line);
        if (line == "# EOF") break;
        if (line.empty() || line.starts_with('#')) continue;
        MetricSample sample;
        LineReader reader{line};
        if (line.size() > longest_line || !reader.sample(sample)) {
            return base::fail(base::Kind::bad_argument,
                              fmt::format("line {} is no metric ({}): {}", line_number,
                                          line.size() > longest_line ? "it is too long" : reader.why(),
                                          base::escape_untrusted(base::ellipsize(line, 80))));
        }
        if (page.samples_.size() == most_samples) {
            return base::fail(base::Kind::bad_argument, fmt::format("more than {} metrics", most_samples));
        }
        page.by_name_[sample.name].push_back(page.samples_.size());
        page.samples_.push_back(std::move(sample));
    }
    if (page.samples_.empty()) return base::fail(base::Kind::bad_argument, "no metric in it");
    return page;
}

std::optional<double> MetricsText::sum(std::string_view name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return std::nullopt;
    std::optional<double> sum;
    for (const std::size_t index : found->second) {
        if (!std::isnan(samples_[index].value)) sum = sum.value_or(0) + samples_[index].value;
    }
    return sum;
}

std::vector<HistogramBucketCount> MetricsText::buckets(std::string_view name) const {
    const auto found = by_name_.find(fmt::format("{}_bucket", name));
    if (found == by_name_.end()) return {};
    std::map<double, double> counts;
    for (const std::size_t index : found->second) {
        const auto bound = number(samples_[index].label("le"));
        if (bound && !std::isnan(*bound) && !std::isnan(samples_[index].value)) counts[*bound] += samples_[index].value;
    }
    std::vector<HistogramBucketCount> buckets;
    for (const auto& [bound, count] : counts) buckets.push_back({.at_most = bound, .count = count});
    return buckets;
}

std::optional<double> histogram_quantile(double quantile, const std::vector<HistogramBucketCount>& buckets) {
    if (buckets.empty() || !(buckets.back().count > 0)) return std::nullopt;
    const double rank = quantile * buckets.back().count;
    double below = 0;
    double from = buckets.front().at_most > 0 ? 0 : -std::numeric_limits<double>::infinity();
    for (const HistogramBucketCount& bucket : buckets) {
        if (bucket.count >= rank && bucket.count > below) {
            if (!std::isfinite(bucket.at_most)) return std::isfinite(from) ? std::optional{from} : std::nullopt;
            if (!std::isfinite(from)) return bucket.at_most;
            return from + (bucket.at_most - from) * std::max(0.0, rank - below) / (bucket.count - below);
        }
        below = std::max(below, bucket.count);
        from = bucket.at_most;
    }
    return std::nullopt;
}

}  // namespace capacity
