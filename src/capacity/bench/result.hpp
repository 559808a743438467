/// The result of `snowflake-mcp bench`: what a run measured, step by step, and its file.
///
/// Place: written by bench, read by `bench --compare`, plan and report. Plain values; units are in the names, response
/// times are milliseconds and rates percent, as in the scaling guide's own CSV. Threads: none.
///
/// The file is one JSON object, encoded in UTF-8:
///
///     {"format":"snowflake-mcp-bench","version":1,
///      "complete":true,"why_partial":"",              // false: stopped early, or a step could not run; why
///      "started_at":"2026-11-24T14:30:00Z","generator":"snowflake-mcp 0.1.0",
///      "target":{"transport":"http","address":"http://127.0.0.1:8000/mcp","revision":"2026-07-28","sessions":false,
///                "server":"name version","cpu_cores":2.0},             // cpu_cores: what 100 % of CPU is; null:
///                unknown
///      "workload":{"name":"built-in","requests":["tools/call execute_query"]},
///      "mode":"closed",                               // or "open": at fixed rates, latency from the intended start
///      "duration_seconds":10.0,"warmup_seconds":2.0,"timeout_seconds":30.0,"rounds":1,
///      "steps":[{
///        "concurrent_clients":10,"target_rate":null,  // target_rate: requests per second of an open step
///        "complete":true,"seconds":10.0,              // measured, all rounds together
///        "requests":81230,"ok":81230,"refused":0,"failed":0,
///        "requests_per_second":8123.0,                // correct answers only
///        "attempts_per_second":8123.0,                // all that ended
///        "error_rate":0.0,                            // (refused + failed) / requests, percent
///        "latency_ms":{"avg","min","p50","p90","p95","p99","p99.9","max"},   // of correct answers
///        "refused_latency_ms":{…},                    // of the refused; null where there are none
///        "cpu_usage":41.5,                            // percent of target.cpu_cores; null: not known
///        "cpu_seconds":…,"memory_usage":12.0,         // memory_usage: percent of the server's limit
///        "memory_mb":123.0,"memory_max_mb":130.0,
///        "pool_active":3.0,"pool_max":10.0,"queue_length":0.0,"queue_max":4.0,   // from /metrics; null: not there
///        "generator_lag_ms":0.1,                      // p99 of what the generator itself was late (open loop)
///        "connections_opened":10,"connections_lost":0,
///        "errors":[{"kind":"HTTP 503","refused":true,"count":3,"example":"…"}],
///        "advice":"fine",                             // or "scale_up", "scale_out", "look"
///        "advice_text":"…",
///        "intervals":[{"round":0,"at":0.0,"seconds":0.5,"ok":4061,"refused":0,"failed":0,
///                      "avg_ms":…,"p50_ms":…,"p95_ms":…,"p99_ms":…,"cpu_usage":…,"memory_mb":…}],
///        "histogram":[[0.105,17],…]                   // ms (a bucket's middle) and count; correct answers
///      }],
///      "sustainable":{"clients":50,"requests_per_second":9000.0,"scale_out_clients":40,
///                     "scale_out_requests_per_second":7200.0,"limited_by":"CPU"},   // null: no step held the limits
///      "usl":{"lambda":…,"sigma":…,"kappa":…,"r_squared":…,"peak_clients":…,"peak_requests_per_second":…}}  // or null
///
/// Readers ignore fields they do not know; a field that is not there has its default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace capacity::bench {

/// Milliseconds.
struct Latency {
    double avg = 0;
    double min = 0;
    double p50 = 0;
    double p90 = 0;
    double p95 = 0;
    double p99 = 0;
    double p999 = 0;
    double max = 0;
};

/// A piece of a step's time.
struct Interval {
    int round = 0;       ///< of `BenchResult::rounds`
    double at = 0;       ///< seconds since the round's measurement began
    double seconds = 0;  ///< its length
    std::uint64_t ok = 0;
    std::uint64_t refused = 0;
    std::uint64_t failed = 0;
    double avg_ms = 0;  ///< of the correct answers; 0 when there is none
    double p50_ms = 0;
    double p95_ms = 0;
    double p99_ms = 0;
    std::optional<double> cpu_usage = {};
    std::optional<double> memory_mb = {};
};

struct ErrorCount {
    std::string kind;  ///< "HTTP 503", "tool error", "timeout", …
    bool refused = false;
    std::uint64_t count = 0;
    std::string example;  ///< of untrusted text, escaped and cut
};

struct HistogramBucket {
    double ms = 0;
    std::uint64_t count = 0;
};

enum class Advice : std::uint8_t {
    fine,
    scale_up,   ///< CPU or memory of the instance is short
    scale_out,  ///< answers are late while the instance has room, or too many are refused
    look,       ///< answers are wrong: more machines do not help
};
std::string_view to_string(Advice advice);

struct Step {
    int concurrent_clients = 0;
    std::optional<double> target_rate = {};
    bool complete = true;
    double seconds = 0;
    std::uint64_t requests = 0;
    std::uint64_t ok = 0;
    std::uint64_t refused = 0;
    std::uint64_t failed = 0;
    double requests_per_second = 0;
    double attempts_per_second = 0;
    double error_rate = 0;
    Latency latency_ms;
    std::optional<Latency> refused_latency_ms = {};
    std::optional<double> cpu_usage = {};
    std::optional<double> cpu_seconds = {};
    std::optional<double> memory_usage = {};
    std::optional<double> memory_mb = {};
    std::optional<double> memory_max_mb = {};
    std::optional<double> pool_active = {};
    std::optional<double> pool_max = {};
    std::optional<double> queue_length = {};
    std::optional<double> queue_max = {};
    double generator_lag_ms = 0;
    std::uint64_t connections_opened = 0;
    std::uint64_t connections_lost = 0;
    std::vector<ErrorCount> errors = {};
    Advice advice = Advice::fine;
    std::string advice_text = {};
    std::vector<Interval> intervals = {};
    std::vector<HistogramBucket> histogram = {};
};

struct Target {
    std::string transport;  ///< "http" or "stdio"
    std::string address;    ///< the URL, or the command line
    std::string revision;
    bool sessions = false;
    std::string server;  ///< "name version", as it calls itself; may be empty
    std::optional<double> cpu_cores = {};
};

/// The largest load that kept CPU < 70 %, memory < 75 %, p95 < 2 s and errors < 1 %, and 80 % of it.
struct Sustainable {
    int clients = 0;
    double requests_per_second = 0;
    int scale_out_clients = 0;
    double scale_out_requests_per_second = 0;
    std::string limited_by;  ///< what the next step broke; empty: none did, the ladder was too short
};

/// Throughput X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)).
struct UslTerms {
    double lambda = 0;  ///< requests per second of one client
    double sigma = 0;   ///< contention
    double kappa = 0;   ///< coherency
    double r_squared = 0;
    std::optional<double> peak_clients = {};  ///< absent: it only grows (kappa is 0)
    std::optional<double> peak_requests_per_second = {};
};

struct BenchResult {
    bool complete = true;
    std::string why_partial = {};
    std::string started_at = {};
    std::string generator = {};
    Target target;
    std::string workload_name = {};
    std::vector<std::string> workload_requests = {};
    bool open_loop = false;
    double duration_seconds = 0;
    double warmup_seconds = 0;
    double timeout_seconds = 0;
    int rounds = 1;
    std::vector<Step> steps = {};
    std::optional<Sustainable> sustainable = {};
    std::optional<UslTerms> usl = {};
};

std::string write_bench_result(const BenchResult& result);
/// `name`: for messages. Errors: `bad_argument` that says what is wrong where.
base::Result<BenchResult> parse_bench_result(std::string_view text, std::string_view name);
/// The file at `path`.
base::Result<BenchResult> read_bench_result(const std::string& path);

}  // namespace capacity::bench
