#include "capacity/report/prometheus_answer.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>
#include <optional>

#include "base/text.hpp"

namespace capacity::report {
namespace {

namespace json = boost::json;

constexpr std::size_t most_series = 10'000;

std::unexpected<base::Error> wrong(std::string_view what) {
    return base::fail(base::Kind::bad_argument, fmt::format("it is no answer of Prometheus: {}", what));
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// "1.5", "NaN", "+Inf", "-Inf": as Go writes a float.
std::optional<double> float_of(std::string_view text) {
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
    if (text == "-Inf") return -std::numeric_limits<double>::infinity();
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<PlotPoint> point_of(const json::value& value) {
    const json::array* pair = value.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[1].is_string()) return std::nullopt;
    boost::system::error_code failed;
    const auto at = (*pair)[0].to_number<double>(failed);
    const auto number = float_of((*pair)[1].get_string());
    if (failed || !number) return std::nullopt;
    return PlotPoint{.x = at, .y = *number};
}

std::optional<PrometheusSeries> series_of(const json::value& value) {
    const json::object* object = value.if_object();
    const json::value* metric = object != nullptr ? object->if_contains("metric") : nullptr;
    const json::value* values = object != nullptr ? object->if_contains("values") : nullptr;
    if (metric == nullptr || !metric->is_object() || values == nullptr || !values->is_array()) return std::nullopt;
    PrometheusSeries series;
    for (const auto& [name, label] : metric->get_object()) {
        if (!label.is_string()) return std::nullopt;
        series.labels.emplace(name, label.get_string());
    }
    for (const json::value& pair : values->get_array()) {
        const auto point = point_of(pair);
        if (!point) return std::nullopt;
        series.points.push_back(*point);
    }
    return series;
}

std::vector<std::string> warnings_of(const json::object& root) {
    std::vector<std::string> warnings;
    const json::value* list = root.if_contains("warnings");
    if (list == nullptr || !list->is_array()) return warnings;
    for (const json::value& warning : list->get_array()) {
        if (warning.is_string()) warnings.emplace_back(warning.get_string());
    }
    return warnings;
}

}  // namespace

base::Result<PrometheusAnswer> parse_prometheus(std::string_view text) {
    boost::system::error_code failed;
    const json::value parsed = json::parse(text, failed);
    if (failed) return wrong("not JSON");
    const json::object* root = parsed.if_object();
    if (root == nullptr || !root->contains("status")) return wrong("no status in it");
    if (text_of(*root, "status") == "error") {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("{}: {}", text_of(*root, "errorType"),
                                      base::ellipsize(base::escape_untrusted(text_of(*root, "error")), 300)));
    }
    const json::value* data = root->if_contains("data");
    if (data == nullptr || !data->is_object()) return wrong("no data in it");
    const json::object& body = data->get_object();
    const json::value* result = body.if_contains("result");
    if (text_of(body, "resultType") != "matrix" || result == nullptr || !result->is_array()) {
        return wrong("its result is no matrix");
    }
    if (result->get_array().size() > most_series) return wrong("more series than can be reported");
    PrometheusAnswer answer{.series = {}, .warnings = warnings_of(*root)};
    for (const json::value& value : result->get_array()) {
        auto series = series_of(value);
        if (!series) return wrong("a series in it is malformed");
        answer.series.push_back(std::move(*series));
    }
    return answer;
}

}  // namespace capacity::report
