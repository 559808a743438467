/// A whole run: the server is asked what it is, then loaded step by step of the ladder, and watched meanwhile.
///
/// Place: `bench_command` in app. Threads: `run_bench` blocks its caller (which calls `on_tick`), and starts the load
/// loops and the sampler.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "capacity/bench/result.hpp"
#include "capacity/bench/workload.hpp"

namespace capacity::bench {

struct BenchOptions {
    // Whom: a URL, or a command that speaks over its standard input and output.
    std::string url = "http://127.0.0.1:8000/mcp";
    std::vector<std::string> command = {};
    bool process_per_client = false;
    std::string server_log = {};  ///< what the command writes to standard error
    std::string revision = {};    ///< empty: the newest that both speak
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string ca_file = {};

    // What.
    std::optional<Workload> workload = {};  ///< absent: built in
    std::optional<std::uint64_t> fixed_id = {};
    std::uint64_t seed = 1;

    // How much.
    std::vector<int> clients = {1, 5, 10, 25, 50, 100};
    std::vector<double> rates = {};  ///< not empty: open loop at these rates, with the last of `clients` as bound
    bool poisson = false;
    std::chrono::milliseconds duration{30'000};
    std::chrono::milliseconds warmup{2'000};
    std::chrono::milliseconds timeout{30'000};
    int rounds = 1;
    int threads = 0;  ///< 0: half of the CPUs

    // The server's own figures.
    std::string metrics_url = {};  ///< empty: looked for; "none": not asked
    std::optional<int> pid = {};

    std::string generator = {};
};

struct Progress {
    int step = 0;   ///< from 1
    int steps = 0;  ///< rounds included
    int clients = 0;
    std::optional<double> rate = {};
    bool warming_up = false;
    double seconds = 0;  ///< of this step so far
    double of_seconds = 0;
    std::uint64_t answers = 0;  ///< correct ones of this step so far
};

struct BenchCalls {
    /// About four times a second; false stops the run.
    std::function<bool(const Progress&)> on_tick;
    /// After each step, with all that was measured so far (marked as partial until the end).
    std::function<void(const BenchResult&)> on_step;
    /// A remark for the person: where the server's figures come from, what is not known.
    std::function<void(const std::string&)> on_note;
};

/// Errors: nothing was measured, because the target cannot be used: `unavailable`, `timeout`, `credentials`,
/// `bad_argument`; `not_found` for a tool that it has not. What ends a run later makes the result partial.
base::Result<BenchResult> run_bench(const BenchOptions& options, const BenchCalls& calls);

}  // namespace capacity::bench
