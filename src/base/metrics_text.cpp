#include "base/metrics_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/number_text.hpp"
#include "base/text.hpp"

namespace base::metrics_text {

namespace {

constexpr std::string_view total_suffix = "_total";

std::string number_text(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value > 0 ? "+Inf" : "-Inf";
    }
    std::string text;
    append_shortest(text, value);
    return text;
}

/// OpenMetrics wants bounds to be written as numbers with a point.
std::string bound_text(double bound, Metrics::Format format) {
    std::string text = number_text(bound);
    if (format == Metrics::Format::open_metrics && text.find_first_of(".eI") == std::string::npos) {
        text.append(".0");
    }
    return text;
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        switch (c) {
            case '\\': out.append("\\\\"); break;
            case '\n': out.append("\\n"); break;
            case '"': out.append(quotes ? "\\\"" : "\""); break;
            default: out.push_back(c); break;
        }
    }
}

/// The weight of one element of an Accept header; 1 where it names none.
double weight_of(std::string_view element) {
    std::size_t at = element.find(';');
    while (at != std::string_view::npos) {
        const auto next = element.find(';', at + 1);
        const auto parameter = trim(element.substr(at + 1, next == std::string_view::npos ? next : next - at - 1));
        if (parameter.size() > 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=') {
            double weight = 0;
            std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), weight);
            return weight;
        }
        at = next;
    }
    return 1;
}

}  // namespace

Metrics::Format negotiate(std::string_view accept_header) {
    double open_metrics = 0;
    double plain = 0;
    while (!accept_header.empty()) {
        const auto comma = accept_header.find(',');
        const std::string_view element = accept_header.substr(0, comma);
        accept_header = comma == std::string_view::npos ? std::string_view{} : accept_header.substr(comma + 1);
        const std::string_view type = trim(element.substr(0, element.find(';')));
        if (iequals(type, "application/openmetrics-text")) {
            open_metrics = std::max(open_metrics, weight_of(element));
        } else if (iequals(type, "text/plain")) {
            plain = std::max(plain, weight_of(element));
        }
    }
    return open_metrics > 0 && open_metrics >= plain ? Metrics::Format::open_metrics : Metrics::Format::prometheus;
}

void Page::family(std::string_view name, std::string_view help, std::string_view type) {
    name_ = name;
    std::string_view shown = name;
    const bool counter_of_open_metrics = format_ == Metrics::Format::open_metrics && type == "counter";
    if (counter_of_open_metrics) {
        shown.remove_suffix(total_suffix.size());  // there the family is called without it
    }
    out_.append("# HELP ").append(shown).append(" ");
    append_escaped(out_, help, format_ == Metrics::Format::open_metrics);
    out_.append("\n# TYPE ").append(shown).append(" ").append(type).append("\n");
}

void Page::begin_sample(std::string_view suffix, const Labels& labels, std::string_view bound) {
    out_.append(name_).append(suffix);
    if (!labels.empty() || !bound.empty()) {
        char before = '{';
        for (const auto& [name, value] : labels) {
            out_.push_back(before);
            out_.append(name).append("=\"");
            append_escaped(out_, value, true);
            out_.push_back('"');
            before = ',';
        }
        if (!bound.empty()) {
            out_.push_back(before);
            out_.append("le=\"").append(bound).append("\"");
        }
        out_.push_back('}');
    }
    out_.push_back(' ');
}

void Page::sample(std::string_view suffix, const Labels& labels, double value) {
    begin_sample(suffix, labels, {});
    out_.append(number_text(value)).push_back('\n');
}

void Page::bucket(const Labels& labels, double bound, std::uint64_t count) {
    begin_sample("_bucket", labels, bound_text(bound, format_));
    fmt::format_to(std::back_inserter(out_), "{}\n", count);
}

void Page::exemplar(std::string_view trace_id, double value, std::int64_t unix_ms) {
    if (format_ != Metrics::Format::open_metrics) {
        return;  // the older format has none
    }
    out_.pop_back();
    fmt::format_to(std::back_inserter(out_), " # {{trace_id=\"{}\"}} {} {}.{:03}\n", trace_id, number_text(value),
                   unix_ms / 1000, unix_ms % 1000);
}

std::string Page::end() && {
    if (format_ == Metrics::Format::open_metrics) {
        out_.append("# EOF\n");
    }
    return std::move(out_);
}

}  // namespace base::metrics_text
