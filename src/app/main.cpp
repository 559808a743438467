// The program: reads the command line and the settings, and runs one subcommand.

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "app/bench_command.hpp"
#include "app/check_command.hpp"
#include "app/command_line.hpp"
#include "app/config_command.hpp"
#include "app/guard_command.hpp"
#include "app/key_command.hpp"
#include "app/plan_command.hpp"
#include "app/report_command.hpp"
#include "app/serve_command.hpp"
#include "app/settings.hpp"
#include "app/signals.hpp"
#include "app/status_command.hpp"
#include "app/stdio_command.hpp"
#include "app/version.hpp"
#include "base/log.hpp"

namespace {

int fail(const std::string& message) {
    fmt::print(stderr, "snowflake-mcp: {}\n", message);
    return 2;
}

void configure_log(const app::ProcessSettings& settings) {
    constexpr std::pair<std::string_view, base::log::Level> levels[] = {
        {"trace", base::log::Level::trace}, {"debug", base::log::Level::debug}, {"info", base::log::Level::info},
        {"warn", base::log::Level::warn},   {"error", base::log::Level::error}, {"off", base::log::Level::off}};
    for (const auto& [name, level] : levels) {
        if (name == settings.log_level) {
            base::log::configure(level,
                                 settings.log_format == "json" ? base::log::Format::json : base::log::Format::text);
        }
    }
}

int guard(const app::CommandLine& line, const app::Settings& settings) {
    if (line.file == "-") {
        return app::run_guard(std::cin, line.json, settings.guard.policy, std::cout, std::cerr);
    }
    std::ifstream file{line.file, std::ios::binary};
    if (!file) {
        return fail(fmt::format("cannot read {}: name a file with SQL, or - for standard input", line.file));
    }
    return app::run_guard(file, line.json, settings.guard.policy, std::cout, std::cerr);
}

int key(const app::CommandLine& line, const app::Settings& settings) {
    app::KeyArguments arguments;
    arguments.action = line.command == app::Command::key_add      ? app::KeyArguments::Action::add
                       : line.command == app::Command::key_revoke ? app::KeyArguments::Action::revoke
                                                                  : app::KeyArguments::Action::list;
    arguments.name = line.key_name;
    arguments.roles = line.key_roles;
    arguments.requests_per_minute = line.key_requests_per_minute;
    arguments.burst = line.key_burst;
    arguments.queries_per_day = line.key_queries_per_day;
    arguments.result_bytes_per_day = line.key_result_bytes_per_day;
    arguments.warehouse_seconds_per_day = line.key_warehouse_seconds_per_day;
    arguments.json = line.json;
    return app::run_key_command(arguments, settings.access, std::cout, std::cerr);
}

int status(const app::CommandLine& line, const app::Settings& settings) {
    return app::run_status_command({.socket = line.socket,
                                    .url = line.url,
                                    .metrics_host = settings.http.metrics_host,
                                    .metrics_port = settings.http.metrics_port,
                                    .json = line.json},
                                   settings.admin, std::cout, std::cerr);
}

int config(const app::CommandLine& line, const app::Settings& settings) {
    if (line.json) {
        app::print_settings_json(settings.reader, std::cout);
    } else {
        app::print_settings(settings.reader, std::cout);
    }
    return 0;
}

int run(const app::CommandLine& line) {
    if (line.command == app::Command::version) {
        fmt::print("snowflake-mcp {}\n", app::version);
        return 0;
    }
    if (line.command == app::Command::config && line.markdown) {
        app::print_settings_markdown(app::default_settings()->reader, std::cout);
        return 0;
    }
    if (line.command == app::Command::plan) {
        return app::run_plan_command(line.plan, std::cerr);  // needs no settings
    }
    app::Signals signals;  // before the first thread
    if (line.command == app::Command::bench) {
        return app::run_bench_command(line.bench, signals);
    }
    auto settings = app::load_settings(line);
    if (!settings) {
        return fail(settings.error().message());
    }
    configure_log((*settings)->process);
    for (const std::string& warning : (*settings)->reader.warnings()) {
        base::log::warn("{}", warning);
    }
    switch (line.command) {
        case app::Command::serve: return app::serve(**settings, signals);
        case app::Command::stdio: return app::serve_stdio(**settings, signals);
        case app::Command::check:
            return app::check(**settings, {.json = line.json, .connection = line.connection}, std::cout);
        case app::Command::config: return config(line, **settings);
        case app::Command::guard: return guard(line, **settings);
        case app::Command::key_add:
        case app::Command::key_list:
        case app::Command::key_revoke: return key(line, **settings);
        case app::Command::status: return status(line, **settings);
        case app::Command::report: return app::run_report_command(line.report, **settings, signals, std::cerr);
        case app::Command::plan:
        case app::Command::bench:
        case app::Command::version: break;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const app::Parsed parsed = app::parse_command_line(argc, argv);
        return parsed.line ? run(*parsed.line) : parsed.exit_code;
    } catch (const std::exception& broken) {
        fmt::print(stderr, "snowflake-mcp: internal fault: {}\n", broken.what());
        return 1;
    }
}
