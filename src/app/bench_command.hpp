/// `bench`: how much a server carries: a ladder of clients or rates against any MCP endpoint, or two results compared.
///
/// Exit codes: 0 measured (or compared, and B is not worse); 2 an option or the workload can't be used; 5 the target
/// can't: down, no MCP server, wants credentials; 6 a result can't be written; 7 the run ended early, its result is
/// partial; 8 B is worse than A. One line on standard error says which and what to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/signals.hpp"

namespace CLI {
class App;
}

namespace app {

struct BenchArguments {
    std::string url;
    std::vector<std::string> command;  ///< behind a lone --: a server over standard input and output
    std::string stdio;                 ///< the same as one text
    bool process_per_client = false;
    std::string server_log;
    std::string revision = "auto";
    std::vector<std::string> headers;
    std::string header_file;
    std::string ca_file;
    std::string workload;
    std::string tool;
    std::string arguments;
    std::string expect;
    std::string expect_regex;
    std::optional<std::uint64_t> id;
    std::uint64_t seed = 1;
    std::string clients;
    std::string rate;
    std::string arrivals = "fixed";
    std::string duration = "30s";
    std::string warmup = "2s";
    std::string timeout = "30s";
    int rounds = 1;
    int threads = 0;
    std::string metrics;
    std::optional<int> pid;
    std::string csv;
    std::string json;
    std::string markdown;
    std::string html;
    bool quiet = false;
    std::vector<std::string> compare;
    double confidence = 95;
    double threshold = 5;
};

/// Registers the options; `arguments` must live until the command line is parsed.
void add_bench_options(CLI::App& sub, BenchArguments& arguments);

/// Progress and the table go to standard error where a result goes to standard output ("-").
int run_bench_command(const BenchArguments& arguments, Signals& signals);

}  // namespace app
