#include "capacity/bench/result.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/json_writer.hpp"

namespace capacity::bench {
namespace {

namespace json = boost::json;
using base::JsonWriter;

constexpr std::string_view format_name = "snowflake-mcp-bench";
constexpr int format_version = 1;

constexpr std::pair<Advice, std::string_view> advice_names[] = {
    {Advice::fine, "fine"}, {Advice::scale_up, "scale_up"}, {Advice::scale_out, "scale_out"}, {Advice::look, "look"}};

/// Six digits behind the point are enough of milliseconds, rates and percents.
double rounded(double value) {
    return std::isfinite(value) && std::abs(value) < 1e9 ? std::round(value * 1e6) / 1e6 : value;
}

void number(JsonWriter& out, std::string_view name, double value) { out.field(name, rounded(value)); }

void number(JsonWriter& out, std::string_view name, const std::optional<double>& value) {
    out.key(name);
    if (value) {
        out.number(rounded(*value));
    } else {
        out.null();
    }
}

void write(JsonWriter& out, const Latency& latency) {
    out.begin_object();
    number(out, "avg", latency.avg);
    number(out, "min", latency.min);
    number(out, "p50", latency.p50);
    number(out, "p90", latency.p90);
    number(out, "p95", latency.p95);
    number(out, "p99", latency.p99);
    number(out, "p99.9", latency.p999);
    number(out, "max", latency.max);
    out.end_object();
}

void write(JsonWriter& out, const Interval& interval) {
    out.begin_object().field("round", interval.round);
    number(out, "at", interval.at);
    number(out, "seconds", interval.seconds);
    out.field("ok", interval.ok).field("refused", interval.refused).field("failed", interval.failed);
    number(out, "avg_ms", interval.avg_ms);
    number(out, "p50_ms", interval.p50_ms);
    number(out, "p95_ms", interval.p95_ms);
    number(out, "p99_ms", interval.p99_ms);
    number(out, "cpu_usage", interval.cpu_usage);
    number(out, "memory_mb", interval.memory_mb);
    out.end_object();
}

void write_counts(JsonWriter& out, const Step& step) {
    out.field("concurrent_clients", step.concurrent_clients);
    number(out, "target_rate", step.target_rate);
    out.field("complete", step.complete);
    number(out, "seconds", step.seconds);
    out.field("requests", step.requests).field("ok", step.ok);
    out.field("refused", step.refused).field("failed", step.failed);
    number(out, "requests_per_second", step.requests_per_second);
    number(out, "attempts_per_second", step.attempts_per_second);
    number(out, "error_rate", step.error_rate);
    write(out.key("latency_ms"), step.latency_ms);
    out.key("refused_latency_ms");
    if (step.refused_latency_ms) {
        write(out, *step.refused_latency_ms);
    } else {
        out.null();
    }
}

void write_server(JsonWriter& out, const Step& step) {
    number(out, "cpu_usage", step.cpu_usage);
    number(out, "cpu_seconds", step.cpu_seconds);
    number(out, "memory_usage", step.memory_usage);
    number(out, "memory_mb", step.memory_mb);
    number(out, "memory_max_mb", step.memory_max_mb);
    number(out, "pool_active", step.pool_active);
    number(out, "pool_max", step.pool_max);
    number(out, "queue_length", step.queue_length);
    number(out, "queue_max", step.queue_max);
    number(out, "generator_lag_ms", step.generator_lag_ms);
    out.field("connections_opened", step.connections_opened).field("connections_lost", step.connections_lost);
}

void write(JsonWriter& out, const Step& step) {
    out.begin_object();
    write_counts(out, step);
    write_server(out, step);
    out.key("errors").begin_array();
    for (const ErrorCount& error : step.errors) {
        out.begin_object().field("kind", error.kind).field("refused", error.refused);
        out.field("count", error.count).field("example", error.example).end_object();
    }
    out.end_array();
    out.field("advice", to_string(step.advice)).field("advice_text", step.advice_text);
    out.key("intervals").begin_array();
    for (const Interval& interval : step.intervals) write(out, interval);
    out.end_array();
    out.key("histogram").begin_array();
    for (const HistogramBucket& bucket : step.histogram) {
        out.begin_array().number(rounded(bucket.ms)).number(bucket.count).end_array();
    }
    out.end_array().end_object();
}

void write_conclusions(JsonWriter& out, const BenchResult& result) {
    out.key("sustainable");
    if (result.sustainable) {
        const Sustainable& found = *result.sustainable;
        out.begin_object().field("clients", found.clients);
        number(out, "requests_per_second", found.requests_per_second);
        out.field("scale_out_clients", found.scale_out_clients);
        number(out, "scale_out_requests_per_second", found.scale_out_requests_per_second);
        out.field("limited_by", found.limited_by).end_object();
    } else {
        out.null();
    }
    out.key("usl");
    if (result.usl) {
        const UslTerms& terms = *result.usl;
        out.begin_object().field("lambda", terms.lambda).field("sigma", terms.sigma).field("kappa", terms.kappa);
        out.field("r_squared", terms.r_squared);
        number(out, "peak_clients", terms.peak_clients);
        number(out, "peak_requests_per_second", terms.peak_requests_per_second);
        out.end_object();
    } else {
        out.null();
    }
}

/// Reads fields of one object; remembers the first that has another type than wanted.
class Fields {
public:
    Fields(const json::object& object, std::string& trouble) : object_{object}, trouble_{trouble} {}

    void read(std::string_view name, double& into) {
        if (const auto* value = find(name, &json::value::is_number, "a number")) into = value->to_number<double>();
    }
    void read(std::string_view name, std::optional<double>& into) {
        if (const auto* value = find(name, &json::value::is_number, "a number")) into = value->to_number<double>();
    }
    void read(std::string_view name, int& into) { read_whole(name, into); }
    void read(std::string_view name, std::uint64_t& into) { read_whole(name, into); }
    void read(std::string_view name, bool& into) {
        if (const auto* value = find(name, &json::value::is_bool, "true or false")) into = value->get_bool();
    }
    void read(std::string_view name, std::string& into) {
        if (const auto* value = find(name, &json::value::is_string, "text")) into = std::string{value->get_string()};
    }
    const json::object* object(std::string_view name) {
        const auto* value = find(name, &json::value::is_object, "an object");
        return value == nullptr ? nullptr : &value->get_object();
    }
    const json::array* array(std::string_view name) {
        const auto* value = find(name, &json::value::is_array, "an array");
        return value == nullptr ? nullptr : &value->get_array();
    }
    std::string& trouble() { return trouble_; }

private:
    template <class Whole>
    void read_whole(std::string_view name, Whole& into) {
        const auto* value = find(name, &json::value::is_number, "a number");
        if (value == nullptr) return;
        boost::system::error_code failed;
        const auto whole = value->to_number<Whole>(failed);
        if (failed) {
            note(name, "a whole number in range");
        } else {
            into = whole;
        }
    }
    template <class Check>
    const json::value* find(std::string_view name, Check is, std::string_view what) {
        const json::value* value = object_.if_contains(name);
        if (value == nullptr || value->is_null()) return nullptr;
        if ((value->*is)()) return value;
        note(name, what);
        return nullptr;
    }
    void note(std::string_view name, std::string_view what) {
        if (trouble_.empty()) trouble_ = fmt::format("\"{}\" is not {}", name, what);
    }

    const json::object& object_;
    std::string& trouble_;
};

Latency read_latency(const json::object& object, std::string& trouble) {
    Latency latency;
    Fields in{object, trouble};
    in.read("avg", latency.avg);
    in.read("min", latency.min);
    in.read("p50", latency.p50);
    in.read("p90", latency.p90);
    in.read("p95", latency.p95);
    in.read("p99", latency.p99);
    in.read("p99.9", latency.p999);
    in.read("max", latency.max);
    return latency;
}

Interval read_interval(const json::object& object, std::string& trouble) {
    Interval interval;
    Fields in{object, trouble};
    in.read("round", interval.round);
    in.read("at", interval.at);
    in.read("seconds", interval.seconds);
    in.read("ok", interval.ok);
    in.read("refused", interval.refused);
    in.read("failed", interval.failed);
    in.read("avg_ms", interval.avg_ms);
    in.read("p50_ms", interval.p50_ms);
    in.read("p95_ms", interval.p95_ms);
    in.read("p99_ms", interval.p99_ms);
    in.read("cpu_usage", interval.cpu_usage);
    in.read("memory_mb", interval.memory_mb);
    return interval;
}

ErrorCount read_error(const json::object& object, std::string& trouble) {
    ErrorCount error;
    Fields in{object, trouble};
    in.read("kind", error.kind);
    in.read("refused", error.refused);
    in.read("count", error.count);
    in.read("example", error.example);
    return error;
}

/// Every element that is an object, through `read`.
template <class Read, class Into>
void read_objects(Fields& in, std::string_view name, Read read, Into& into) {
    const json::array* list = in.array(name);
    if (list == nullptr) return;
    for (const json::value& value : *list) {
        if (value.is_object()) {
            into.push_back(read(value.get_object(), in.trouble()));
        } else if (in.trouble().empty()) {
            in.trouble() = fmt::format("\"{}\" holds something that is not an object", name);
        }
    }
}

void read_histogram(Fields& in, std::vector<HistogramBucket>& into) {
    const json::array* list = in.array("histogram");
    if (list == nullptr) return;
    for (const json::value& value : *list) {
        const json::array* pair = value.if_array();
        if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_number() || !(*pair)[1].is_number()) {
            if (in.trouble().empty()) in.trouble() = "\"histogram\" holds something that is not [ms, count]";
            return;
        }
        boost::system::error_code failed;
        into.push_back({(*pair)[0].to_number<double>(), (*pair)[1].to_number<std::uint64_t>(failed)});
        if (failed && in.trouble().empty()) in.trouble() = "\"histogram\" holds a count that is not a whole number";
    }
}

void read_server(Fields& in, Step& step) {
    in.read("cpu_usage", step.cpu_usage);
    in.read("cpu_seconds", step.cpu_seconds);
    in.read("memory_usage", step.memory_usage);
    in.read("memory_mb", step.memory_mb);
    in.read("memory_max_mb", step.memory_max_mb);
    in.read("pool_active", step.pool_active);
    in.read("pool_max", step.pool_max);
    in.read("queue_length", step.queue_length);
    in.read("queue_max", step.queue_max);
    in.read("generator_lag_ms", step.generator_lag_ms);
    in.read("connections_opened", step.connections_opened);
    in.read("connections_lost", step.connections_lost);
}

Step read_step(const json::object& object, std::string& trouble) {
    Step step;
    Fields in{object, trouble};
    in.read("concurrent_clients", step.concurrent_clients);
    in.read("target_rate", step.target_rate);
    in.read("complete", step.complete);
    in.read("seconds", step.seconds);
    in.read("requests", step.requests);
    in.read("ok", step.ok);
    in.read("refused", step.refused);
    in.read("failed", step.failed);
    in.read("requests_per_second", step.requests_per_second);
    in.read("attempts_per_second", step.attempts_per_second);
    in.read("error_rate", step.error_rate);
    if (const auto* latency = in.object("latency_ms")) step.latency_ms = read_latency(*latency, trouble);
    if (const auto* latency = in.object("refused_latency_ms"))
        step.refused_latency_ms = read_latency(*latency, trouble);
    read_server(in, step);
    read_objects(in, "errors", read_error, step.errors);
    std::string advice = "fine";
    in.read("advice", advice);
    for (const auto& [value, name] : advice_names) {
        if (name == advice) step.advice = value;
    }
    in.read("advice_text", step.advice_text);
    read_objects(in, "intervals", read_interval, step.intervals);
    read_histogram(in, step.histogram);
    return step;
}

void read_conclusions(Fields& in, BenchResult& result) {
    if (const auto* object = in.object("sustainable")) {
        Fields inner{*object, in.trouble()};
        Sustainable& found = result.sustainable.emplace();
        inner.read("clients", found.clients);
        inner.read("requests_per_second", found.requests_per_second);
        inner.read("scale_out_clients", found.scale_out_clients);
        inner.read("scale_out_requests_per_second", found.scale_out_requests_per_second);
        inner.read("limited_by", found.limited_by);
    }
    if (const auto* object = in.object("usl")) {
        Fields inner{*object, in.trouble()};
        UslTerms& terms = result.usl.emplace();
        inner.read("lambda", terms.lambda);
        inner.read("sigma", terms.sigma);
        inner.read("kappa", terms.kappa);
        inner.read("r_squared", terms.r_squared);
        inner.read("peak_clients", terms.peak_clients);
        inner.read("peak_requests_per_second", terms.peak_requests_per_second);
    }
}

void read_head(Fields& in, BenchResult& result) {
    in.read("complete", result.complete);
    in.read("why_partial", result.why_partial);
    in.read("started_at", result.started_at);
    in.read("generator", result.generator);
    if (const auto* object = in.object("target")) {
        Fields inner{*object, in.trouble()};
        inner.read("transport", result.target.transport);
        inner.read("address", result.target.address);
        inner.read("revision", result.target.revision);
        inner.read("sessions", result.target.sessions);
        inner.read("server", result.target.server);
        inner.read("cpu_cores", result.target.cpu_cores);
    }
    if (const auto* object = in.object("workload")) {
        Fields inner{*object, in.trouble()};
        inner.read("name", result.workload_name);
        if (const auto* list = inner.array("requests")) {
            for (const json::value& value : *list) {
                if (value.is_string()) result.workload_requests.emplace_back(value.get_string());
            }
        }
    }
    std::string mode = "closed";
    in.read("mode", mode);
    result.open_loop = mode == "open";
    in.read("duration_seconds", result.duration_seconds);
    in.read("warmup_seconds", result.warmup_seconds);
    in.read("timeout_seconds", result.timeout_seconds);
    in.read("rounds", result.rounds);
}

std::unexpected<base::Error> unreadable(std::string_view name, std::string_view why) {
    return base::fail(base::Kind::bad_argument,
                      fmt::format("{} is not a result of 'snowflake-mcp bench --json': {}", name, why));
}

}  // namespace

std::string_view to_string(Advice advice) {
    for (const auto& [value, name] : advice_names) {
        if (value == advice) return name;
    }
    return "fine";
}

std::string write_bench_result(const BenchResult& result) {
    std::string text;
    JsonWriter out{text};
    out.begin_object().field("format", format_name).field("version", format_version);
    out.field("complete", result.complete).field("why_partial", result.why_partial);
    out.field("started_at", result.started_at).field("generator", result.generator);
    out.key("target").begin_object();
    out.field("transport", result.target.transport).field("address", result.target.address);
    out.field("revision", result.target.revision).field("sessions", result.target.sessions);
    out.field("server", result.target.server);
    number(out, "cpu_cores", result.target.cpu_cores);
    out.end_object();
    out.key("workload").begin_object().field("name", result.workload_name).key("requests").begin_array();
    for (const std::string& request : result.workload_requests) out.string(request);
    out.end_array().end_object();
    out.field("mode", result.open_loop ? "open" : "closed");
    number(out, "duration_seconds", result.duration_seconds);
    number(out, "warmup_seconds", result.warmup_seconds);
    number(out, "timeout_seconds", result.timeout_seconds);
    out.field("rounds", result.rounds);
    out.key("steps").begin_array();
    for (const Step& step : result.steps) write(out, step);
    out.end_array();
    write_conclusions(out, result);
    out.end_object();
    text += '\n';
    return text;
}

base::Result<BenchResult> parse_bench_result(std::string_view text, std::string_view name) {
    boost::system::error_code failed;
    const json::value root = json::parse(text, failed);
    if (failed) {
        return unreadable(name, "it is not JSON (" + failed.message() + ")");
    }
    const json::object* object = root.if_object();
    const json::value* format = object == nullptr ? nullptr : object->if_contains("format");
    if (format == nullptr || !format->is_string() || format->get_string() != format_name) {
        return unreadable(name, fmt::format("its \"format\" is not \"{}\"", format_name));
    }
    BenchResult result;
    std::string trouble;
    Fields in{*object, trouble};
    int version = 0;
    in.read("version", version);
    if (trouble.empty() && version != format_version) {
        return unreadable(name, fmt::format("its version is {}, this program reads {}", version, format_version));
    }
    read_head(in, result);
    read_objects(in, "steps", read_step, result.steps);
    read_conclusions(in, result);
    if (!trouble.empty()) {
        return unreadable(name, trouble);
    }
    return result;
}

base::Result<BenchResult> read_bench_result(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return base::fail(base::Kind::bad_argument, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    }
    std::string text;
    for (char piece[65536]; file.read(piece, sizeof piece), file.gcount() > 0;) {  // an iterator would throw
        text.append(piece, static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) {
        return base::fail(base::Kind::bad_argument, fmt::format("cannot read {} (is it a directory?)", path));
    }
    return parse_bench_result(text, path);
}

}  // namespace capacity::bench
