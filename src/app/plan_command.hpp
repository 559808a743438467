/// `plan`: what a number of clients takes of servers, money and Snowflake, now and month by month.
///
/// Exit codes: 0 the plan is made; 2 an option, the history or the benchmark can't be used; 6 the output can't be
/// written. One line on `err` says which and what is allowed.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace app {

struct PlanArguments {
    std::vector<std::pair<std::string, std::string>> options;  ///< of capacity/plan/options.hpp, as given
    bool json = false;
    bool markdown = false;
    bool html = false;
    std::string emit;    ///< "env", or empty
    std::string output;  ///< a file, or empty: standard output
};

/// Registers the options; `arguments` must live until the command line is parsed.
void add_plan_options(CLI::App& sub, PlanArguments& arguments);

int run_plan_command(const PlanArguments& arguments, std::ostream& err);

}  // namespace app
