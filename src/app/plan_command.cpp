#include "app/plan_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <optional>

#include "app/version.hpp"
#include "base/text.hpp"
#include "capacity/bench/result.hpp"
#include "capacity/output_file.hpp"
#include "capacity/plan/history.hpp"
#include "capacity/plan/options.hpp"
#include "capacity/plan/plan.hpp"
#include "capacity/plan/writers.hpp"

namespace app {
namespace {

namespace plan = capacity::plan;

constexpr int done = 0;
constexpr int unusable = 2;
constexpr int unwritten = 6;

constexpr auto exit_codes =
    "Exit codes: 0 the plan is made; 1 an internal fault; 2 an option, the history or the benchmark can't be used (one "
    "line on stderr names it and what is allowed); 6 the output can't be written (no half file is left).\n"
    "Example: snowflake-mcp plan --clients 25 --growth 0.15 --months 12 --json";

enum class Form : std::uint8_t { text, json, markdown, html, env };

/// The form asked for, or the one that the output's name tells.
std::optional<Form> form_of(const PlanArguments& arguments) {
    const int asked = (arguments.json ? 1 : 0) + (arguments.markdown ? 1 : 0) + (arguments.html ? 1 : 0) +
                      (arguments.emit.empty() ? 0 : 1);
    if (asked > 1) {
        return std::nullopt;
    }
    if (asked == 1) {
        return arguments.json       ? Form::json
               : arguments.markdown ? Form::markdown
               : arguments.html     ? Form::html
                                    : Form::env;
    }
    const std::string& name = arguments.output;
    return name.ends_with(".json")   ? Form::json
           : name.ends_with(".md")   ? Form::markdown
           : name.ends_with(".html") ? Form::html
           : name.ends_with(".env")  ? Form::env
                                     : Form::text;
}

std::tm local_now() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::localtime_r(&now, &parts);
    return parts;
}

base::Result<plan::Plan> make(const PlanArguments& arguments, const std::tm& now) {
    auto inputs = plan::read_options(arguments.options);
    if (!inputs) {
        return base::fail(std::move(inputs.error()));
    }
    std::optional<capacity::bench::BenchResult> bench;
    if (!inputs->bench_file.empty()) {
        auto read = capacity::bench::read_bench_result(inputs->bench_file);
        if (!read) {
            return base::fail(std::move(read.error()));
        }
        bench = std::move(*read);
    }
    std::vector<plan::PastMonth> past;
    if (!inputs->history.file.empty()) {
        auto read = plan::read_history(inputs->history);
        if (!read) {
            return base::fail(std::move(read.error()));
        }
        past = std::move(*read);
    }
    const std::chrono::year_month_day today{std::chrono::year{now.tm_year + 1900},
                                            std::chrono::month{static_cast<unsigned>(now.tm_mon + 1)},
                                            std::chrono::day{static_cast<unsigned>(now.tm_mday)}};
    return plan::make_plan(std::move(*inputs), bench, std::move(past), today);
}

std::string write(const plan::Plan& made, Form form, const std::tm& now) {
    switch (form) {
        case Form::json: return plan::write_json(made);
        case Form::markdown: return plan::write_markdown(made);
        case Form::html:
            return plan::write_html(made, fmt::format("snowflake-mcp {} plan, {:04}-{:02}-{:02}", version,
                                                      now.tm_year + 1900, now.tm_mon + 1, now.tm_mday));
        case Form::env: return plan::write_env(made);
        case Form::text: break;
    }
    return plan::write_text(made);
}

}  // namespace

void add_plan_options(CLI::App& sub, PlanArguments& arguments) {
    sub.footer(exit_codes);
    for (const plan::OptionHelp& option : plan::option_list()) {
        CLI::Option* added = nullptr;
        if (option.is_flag) {
            added = sub.add_flag_function(
                option.name,
                [&arguments, name = option.name](std::int64_t) { arguments.options.emplace_back(name, ""); },
                option.text);
        } else {
            added = sub.add_option_function<std::string>(
                option.name,
                [&arguments, name = option.name](const std::string& text) {
                    arguments.options.emplace_back(name, text);
                },
                option.text);
        }
        added->group(option.group)->type_name(option.is_flag ? "" : "VALUE");
    }
    sub.add_flag("--json", arguments.json, "as JSON")->group("Output");
    sub.add_flag("--markdown", arguments.markdown, "as Markdown")->group("Output");
    sub.add_flag("--html", arguments.html, "as one self-contained page")->group("Output");
    sub.add_option("--emit", arguments.emit, "env: the recommended configuration as a .env file")
        ->check(CLI::IsMember({"env"}))
        ->group("Output");
    sub.add_option("--output", arguments.output,
                   "file instead of standard output; .json, .md, .html and .env tell the form")
        ->group("Output");
}

int run_plan_command(const PlanArguments& arguments, std::ostream& err) {
    const auto form = form_of(arguments);
    if (!form) {
        err << "snowflake-mcp plan: --json, --markdown, --html and --emit exclude each other: name one\n";
        return unusable;
    }
    const std::tm now = local_now();
    const auto made = make(arguments, now);
    if (!made) {
        err << "snowflake-mcp plan: " << base::escape_untrusted(made.error().message()) << "\n";
        return unusable;
    }
    const std::string text = write(*made, *form, now);
    const auto written =
        arguments.output.empty() ? capacity::write_stdout(text) : capacity::write_output(arguments.output, text);
    if (!written) {
        err << "snowflake-mcp plan: " << written.error().message() << "\n";
        return unwritten;
    }
    return done;
}

}  // namespace app
