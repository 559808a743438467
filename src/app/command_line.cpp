#include "app/command_line.hpp"

#include <CLI/CLI.hpp>

namespace app {
namespace {

constexpr auto exit_codes =
    "Exit codes: 0 ended as asked; 1 an internal fault; 2 wrong usage, settings or environment (one line on stderr "
    "says which and what to do); 3 the guard refused a statement (guard); 4 a check failed (check), or the server is "
    "not ready (status); 5 no server answers (status); of a Snowflake connection: 10 its configuration, 11 DNS, 12 "
    "TCP, 13 the proxy, 14 TLS, 15 the login, 16 the role, 17 the warehouse, 18 the query.";

/// `--port 8080` is `MCP_SERVER_PORT=8080`, and so on.
void add_setting_options(CLI::App& app, CommandLine& line) {
    const std::vector<std::pair<std::string, std::string>> short_forms = {
        {"--host", "MCP_SERVER_HOST"},       {"--port", "MCP_SERVER_PORT"},       {"--workers", "MCP_SERVER_WORKERS"},
        {"--metrics-port", "METRICS_PORT"},  {"--log-level", "LOG_LEVEL"},        {"--toolset", "TOOLSET"},
        {"--data-dir", "EMBEDDED_DATA_DIR"}, {"--database", "EMBEDDED_DATABASE"},
    };
    for (const auto& [option, name] : short_forms) {
        app.add_option_function<std::string>(
            option, [&line, name](const std::string& value) { line.settings.emplace_back(name, value); },
            "sets " + name);
    }
    app.add_option_function<std::vector<std::string>>(
           "--set",
           [&line](const std::vector<std::string>& pairs) {
               for (const auto& pair : pairs) {
                   const auto equals = pair.find('=');
                   if (equals == std::string::npos) {
                       throw CLI::ValidationError{"--set", "'" + pair + "' is not of the form NAME=VALUE"};
                   }
                   line.settings.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
               }
           },
           "any setting: --set NAME=VALUE (see 'config --print')")
        ->take_all();
    app.add_option("--config", line.config_file, "config.toml to read instead of the searched one");
    app.add_option("--env-file", line.env_file, ".env file to read instead of the searched one");
}

CLI::App* add_command(CLI::App& app, CommandLine& line, Command command, const std::string& name,
                      const std::string& text) {
    CLI::App* sub = app.add_subcommand(name, text);
    sub->footer(exit_codes);
    sub->callback([&line, command] { line.command = command; });
    return sub;
}

void add_key_commands(CLI::App& app, CommandLine& line) {
    CLI::App* key = app.add_subcommand("key", "API keys of this server (API_KEYS_FILE)");
    key->require_subcommand(1);
    key->footer(exit_codes);
    CLI::App* add = add_command(*key, line, Command::key_add, "add", "make a key and print it once");
    add->add_option("name", line.key_name, "who it is for")->required();
    add->add_option("--role", line.key_roles, "role of this server: user, admin");
    add->add_option("--requests-per-minute", line.key_requests_per_minute, "limit of this key");
    add->add_option("--burst", line.key_burst, "burst of this key");
    add->add_option("--queries-per-day", line.key_queries_per_day, "quota of this key; 0: no bound");
    add->add_option("--result-bytes-per-day", line.key_result_bytes_per_day, "quota of this key; 0: no bound");
    add->add_option("--warehouse-seconds-per-day", line.key_warehouse_seconds_per_day,
                    "quota of this key; 0: no bound");
    CLI::App* list = add_command(*key, line, Command::key_list, "list", "names, roles and limits; never the keys");
    list->add_flag("--json", line.json, "as JSON");
    CLI::App* revoke = add_command(*key, line, Command::key_revoke, "revoke", "take a key away");
    revoke->add_option("name", line.key_name, "whose")->required();
    for (CLI::App* sub : {add, list, revoke}) {
        add_setting_options(*sub, line);
    }
}

/// `bench … -- COMMAND …`: what follows the lone -- is a server's command; answers how many arguments are left.
int take_command(int argc, char** argv, BenchArguments& bench) {
    if (argc < 2 || std::string_view{argv[1]} != "bench") return argc;
    for (int i = 2; i < argc; ++i) {
        if (std::string_view{argv[i]} != "--") continue;
        bench.command.assign(argv + i + 1, argv + argc);
        return i;
    }
    return argc;
}

}  // namespace

Parsed parse_command_line(int argc, char** argv) {
    CommandLine line;
    CLI::App app{"Snowflake behind the Model Context Protocol: one server for a whole company's AI assistants.",
                 "snowflake-mcp"};
    app.require_subcommand(1);
    app.footer(exit_codes);

    CLI::App* serve = add_command(app, line, Command::serve, "serve", "serve MCP over HTTP until SIGTERM or Ctrl-C");
    CLI::App* stdio =
        add_command(app, line, Command::stdio, "stdio", "serve one client over standard input and output");
    CLI::App* check = add_command(app, line, Command::check, "check", "say step by step what works and what does not");
    CLI::App* config = add_command(app, line, Command::config, "config", "show every setting");
    CLI::App* guard = add_command(app, line, Command::guard, "guard", "judge the SQL in FILE or on standard input");
    add_key_commands(app, line);
    CLI::App* status = add_command(app, line, Command::status, "status",
                                   "ask a running server how it is (ADMIN_SOCKET, or the metrics port with "
                                   "ADMIN_TOKEN)");
    add_bench_options(*add_command(app, line, Command::bench, "bench",
                                   "measure how much an MCP server carries, or compare two results"),
                      line.bench);
    add_plan_options(
        *add_command(app, line, Command::plan, "plan", "what a number of clients takes, now and month by month"),
        line.plan);
    CLI::App* report = add_command(app, line, Command::report, "report",
                                   "how an installation scales: status, trends, events, advice, as one HTML file");
    add_setting_options(*report, line);
    add_report_options(*report, line.report);
    add_command(app, line, Command::version, "version", "print the version");

    for (CLI::App* sub : {serve, stdio, check, config, guard, status}) {
        add_setting_options(*sub, line);
    }
    check->add_flag("--json", line.json, "as JSON");
    check->add_option("--connection", line.connection, "this one of several connections only (SNOWFLAKE_CONNECTIONS)");
    config->add_flag("--print", line.print, "value, source and meaning of each (secrets masked)");
    config->add_flag("--json", line.json, "the same as JSON");
    config->add_flag("--markdown", line.markdown, "names, defaults and meanings as a document");
    guard->add_option("file", line.file, "the text; - is standard input");
    guard->add_flag("--json", line.json, "as a JSON array");
    status->add_flag("--json", line.json, "as the server sent it");
    auto* socket = status->add_option("--socket", line.socket, "the server's UNIX socket instead of ADMIN_SOCKET");
    status->add_option("--url", line.url, "http://HOST:PORT of its metrics port")->excludes(socket);

    argc = take_command(argc, argv, line.bench);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return {.line = std::nullopt, .exit_code = app.exit(error) == 0 ? 0 : 2};
    }
    return {.line = std::move(line), .exit_code = 0};
}

}  // namespace app
