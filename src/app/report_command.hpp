/// `report`: how an installation scales, as one HTML file (or JSON, Markdown), from servers, Prometheus or benchmarks.
///
/// Exit codes: 0 the report is whole; 2 an option, an address or a file can't be used; 5 nobody answers: there is
/// nothing to report; 6 the report can't be written; 7 it is partial (and says what is missing); 8 the mail was not
/// sent (a report that was asked for as a file is kept). One line on `err` says which and what to do.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "app/signals.hpp"

namespace CLI {
class App;
}

namespace app {

struct Settings;

struct ReportArguments {
    std::vector<std::string> urls;  ///< of /metrics; empty: METRICS_HOST and METRICS_PORT
    std::string prometheus;
    std::vector<std::string> bench_files;
    double seconds = 10;
    double interval = 1;
    double hours = 24;
    std::string job = "snowflake-mcp-server";
    std::string instance_label = "instance";
    std::string name_space = "snowflake-mcp";
    bool no_kubectl = false;
    bool json = false;
    bool markdown = false;
    bool html = false;
    std::string output;
    std::vector<std::string> mail_to;
};

/// Registers the options; `arguments` must live until the command line is parsed.
void add_report_options(CLI::App& sub, ReportArguments& arguments);

int run_report_command(const ReportArguments& arguments, const Settings& settings, Signals& signals, std::ostream& err);

}  // namespace app
