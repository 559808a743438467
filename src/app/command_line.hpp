/// The command line: subcommands and their options, as plain values. Threads: main's only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/bench_command.hpp"
#include "app/plan_command.hpp"
#include "app/report_command.hpp"

namespace app {

enum class Command {
    serve,
    stdio,
    check,
    config,
    guard,
    key_add,
    key_list,
    key_revoke,
    status,
    bench,
    plan,
    report,
    version
};

struct CommandLine {
    Command command = Command::serve;
    std::string config_file;  ///< --config
    std::string env_file;     ///< --env-file
    /// --set NAME=VALUE and the short forms (--port 8080): the strongest source of settings.
    std::vector<std::pair<std::string, std::string>> settings;
    bool json = false;
    std::string connection;  ///< check --connection
    bool print = false;      ///< config --print
    bool markdown = false;   ///< config --markdown: docs/configuration.md
    std::string file = "-";  ///< guard FILE
    std::string key_name;
    std::vector<std::string> key_roles;
    std::optional<int> key_requests_per_minute;
    std::optional<int> key_burst;
    std::optional<std::uint64_t> key_queries_per_day;
    std::optional<std::uint64_t> key_result_bytes_per_day;
    std::optional<std::uint64_t> key_warehouse_seconds_per_day;
    std::string socket;  ///< status --socket
    std::string url;     ///< status --url
    ReportArguments report;
    BenchArguments bench;
    PlanArguments plan;
};

/// What to do, or the exit code when there is nothing left to do (help was printed, or the usage was wrong: 2).
struct Parsed {
    std::optional<CommandLine> line;
    int exit_code = 0;
};

Parsed parse_command_line(int argc, char** argv);

}  // namespace app
