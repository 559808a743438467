#include "app/report_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

#include "app/settings.hpp"
#include "app/version.hpp"
#include "base/text.hpp"
#include "capacity/output_file.hpp"
#include "capacity/report/bench_source.hpp"
#include "capacity/report/kubernetes.hpp"
#include "capacity/report/mail.hpp"
#include "capacity/report/prometheus_source.hpp"
#include "capacity/report/server_source.hpp"
#include "capacity/report/write.hpp"

namespace app {
namespace {

namespace report = capacity::report;

constexpr int whole = 0;
constexpr int unusable = 2;
constexpr int nobody = 5;
constexpr int unwritten = 6;
constexpr int partial = 7;
constexpr int unsent = 8;

constexpr auto exit_codes =
    "Exit codes: 0 the report is whole; 1 an internal fault; 2 an option, an address or a file can't be used; 5 nobody "
    "answers, or Prometheus knows nothing of the job: there is nothing to report; 6 the report can't be written (no "
    "half "
    "file is left); 7 the report is partial and says what is missing; 8 the mail was not sent (the file is kept). One "
    "line on stderr says which and what to do.\n"
    "Examples: snowflake-mcp report --url http://127.0.0.1:8001 --seconds 30 --output report.html\n"
    "          snowflake-mcp report --prometheus http://prometheus:9090 --hours 24 --mail-to ops@example.com\n"
    "          snowflake-mcp report --bench before.json --bench after.json --output compared.html";

std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
}

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// One line, whatever a stranger put into it.
int fail(std::ostream& err, int code, std::string message) {
    std::ranges::replace(message, '\n', ' ');
    err << "snowflake-mcp: report: " << message << '\n';
    return code;
}

enum class Form : std::uint8_t { html, json, markdown };

/// The form asked for, or the one that the output's name tells; nothing where two are asked for.
std::optional<Form> form_of(const ReportArguments& arguments) {
    const int asked = (arguments.json ? 1 : 0) + (arguments.markdown ? 1 : 0) + (arguments.html ? 1 : 0);
    if (asked > 1) return std::nullopt;
    if (arguments.json) return Form::json;
    if (arguments.markdown) return Form::markdown;
    if (arguments.html) return Form::html;
    return arguments.output.ends_with(".json") ? Form::json
           : arguments.output.ends_with(".md") ? Form::markdown
                                               : Form::html;
}

std::string written(const report::Report& made, Form form) {
    switch (form) {
        case Form::json: return report::write_json(made);
        case Form::markdown: return report::write_markdown(made);
        case Form::html: break;
    }
    return report::write_html(made);
}

report::MailServer mail_server(const Settings& settings) {
    return {.url = settings.report.smtp_url, .from = settings.report.smtp_from, .ca_file = settings.client.ca_file};
}

/// Before anything is measured.
base::Result<void> check_mail(const ReportArguments& arguments, const Settings& settings) {
    if (arguments.mail_to.empty()) return {};
    for (const std::string& address : arguments.mail_to) {
        if (auto fine = report::check_address(address); !fine) return fine;
    }
    return report::check_server(mail_server(settings));
}

base::Result<std::vector<report::NamedBench>> read_benches(const std::vector<std::string>& files) {
    std::vector<report::NamedBench> all;
    for (const std::string& file : files) {
        auto result = capacity::bench::read_bench_result(file);
        if (!result) return base::fail(std::move(result.error()));
        all.emplace_back(file.substr(file.rfind('/') + 1), std::move(*result));
    }
    return all;
}

/// Waits for the next round, says on a terminal how far it is; false where a signal came.
report::Pause pause_of(Signals& signals, double seconds) {
    const bool shown = ::isatty(STDERR_FILENO) == 1;
    const double start = wall_seconds();
    return [&signals, shown, start, seconds](std::chrono::milliseconds wait) {
        const bool go_on = !signals.wait_for(wait).has_value();
        const double passed = wall_seconds() - start;
        if (shown) {
            fmt::print(stderr, "\rreading {:.0f} of {:.0f} s {}", std::min(passed, seconds), seconds,
                       passed + 0.001 >= seconds || !go_on ? "\n" : "");
            std::fflush(stderr);
        }
        return go_on;
    };
}

base::Result<report::Report> ask(const ReportArguments& arguments, const Settings& settings, Signals& signals) {
    auto fetcher = report::make_fetcher(settings.client);
    if (!fetcher) return base::fail(std::move(fetcher.error()));
    if (!arguments.prometheus.empty()) {
        report::PrometheusPlan plan;
        plan.address = arguments.prometheus;
        plan.token = settings.report.prometheus_token;
        plan.hours = arguments.hours;
        plan.job = arguments.job;
        plan.instance_label = arguments.instance_label;
        plan.end = wall_seconds();
        return report::ask_prometheus(**fetcher, plan);
    }
    report::ServerPlan plan;
    plan.addresses = arguments.urls;
    if (plan.addresses.empty()) {
        const std::string& host = settings.http.metrics_host;
        const bool v6 = host.find(':') != std::string::npos;
        plan.addresses.push_back(
            fmt::format("http://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", settings.http.metrics_port));
    }
    plan.length = milliseconds(arguments.seconds);
    plan.interval = milliseconds(std::min(arguments.interval, arguments.seconds));
    return report::ask_servers(**fetcher, plan, pause_of(signals, arguments.seconds));
}

void ask_kubernetes(const ReportArguments& arguments, report::Report& made) {
    std::vector<report::ScalingEvent> own = std::move(made.events.events);
    if (arguments.no_kubectl) {
        made.events = {.why = "--no-kubectl"};
    } else {
        made.events = report::ask_kubectl({.name_space = arguments.name_space});
        if (made.events.state == report::Events::State::failed) {
            made.partial.push_back(fmt::format("scaling events of Kubernetes are not known: {}", made.events.why));
        }
    }
    made.events.events.insert(made.events.events.begin(), std::make_move_iterator(own.begin()),
                              std::make_move_iterator(own.end()));
}

base::Result<report::Report> make(const ReportArguments& arguments, const Settings& settings, Signals& signals) {
    auto benches = read_benches(arguments.bench_files);
    if (!benches) return base::fail(std::move(benches.error()));
    const bool only_benches = !benches->empty() && arguments.urls.empty() && arguments.prometheus.empty();
    auto made =
        only_benches ? base::Result<report::Report>{report::report_of(*benches)} : ask(arguments, settings, signals);
    if (!made) return made;
    if (!only_benches) {
        if (const auto rate = report::sustained(*benches)) {
            made->figures.sustainable_requests_per_second = *rate * std::max(made->figures.instances.value_or(1), 1.0);
        }
        ask_kubernetes(arguments, *made);
    }
    made->made_at = report::iso_time(wall_seconds());
    made->generator = fmt::format("snowflake-mcp {}", version);
    return made;
}

base::Result<void> put(const ReportArguments& arguments, const report::Report& made, Form form, std::ostream& err) {
    const std::string text = written(made, form);
    const bool to_terminal = arguments.output.empty() && form == Form::html && ::isatty(STDOUT_FILENO) == 1;
    if (arguments.output.empty() && form == Form::html && !arguments.mail_to.empty()) return {};  // the mail holds it
    if (arguments.output == "-" || (arguments.output.empty() && !to_terminal)) return capacity::write_stdout(text);
    const std::string path =
        to_terminal ? fmt::format("scaling_report_{}.html", made.made_at.substr(0, 10)) : arguments.output;
    auto done = capacity::write_output(path, text);
    if (done) err << "Report written to " << base::escape_untrusted(path) << '\n';
    return done;
}

base::Result<void> mail(const ReportArguments& arguments, const Settings& settings, const report::Report& made,
                        std::ostream& err) {
    if (arguments.mail_to.empty()) return {};
    const std::string day = made.made_at.substr(0, 10);
    const auto level = report::level_of(scaling::judge_all(made.figures));
    auto sent = report::send_mail(mail_server(settings),
                                  {.to = arguments.mail_to,
                                   .subject = fmt::format("Snowflake MCP Scaling Report - {} ({}{})", day,
                                                          to_string(level), made.partial.empty() ? "" : ", partial"),
                                   .text = report::write_summary(made),
                                   .html = report::write_html(made),
                                   .file_name = fmt::format("scaling_report_{}.html", day)});
    if (sent) {
        err << "Report sent to " << fmt::format("{}", fmt::join(arguments.mail_to, ", ")) << '\n';
    }
    return sent;
}

int code_of(const base::Error& error) { return error.kind() == base::Kind::bad_argument ? unusable : nobody; }

}  // namespace

void add_report_options(CLI::App& sub, ReportArguments& arguments) {
    sub.footer(exit_codes);
    auto* url =
        sub.add_option("--url", arguments.urls,
                       "a server's metrics (http://HOST:8001); several times for several instances; without any "
                       "source: METRICS_HOST and METRICS_PORT")
            ->take_all();
    auto* prometheus = sub.add_option("--prometheus", arguments.prometheus,
                                      "http://HOST:9090: the last --hours as it has scraped them (PROMETHEUS_TOKEN)");
    prometheus->excludes(url);
    sub.add_option(
           "--bench", arguments.bench_files,
           "a result of `bench --json`; several times to compare; beside --url or --prometheus: what one instance "
           "carries")
        ->take_all();
    sub.add_option("--seconds", arguments.seconds, "how long to read a server's metrics; default 10")
        ->check(CLI::Range(0.5, 86400.0));
    sub.add_option("--interval", arguments.interval, "seconds between two readings; default 1")
        ->check(CLI::Range(0.1, 3600.0));
    sub.add_option("--hours", arguments.hours, "how far back Prometheus is asked; default 24")
        ->check(CLI::Range(0.01, 8784.0));
    sub.add_option("--job", arguments.job, "Prometheus' scrape job; default snowflake-mcp-server");
    sub.add_option("--instance-label", arguments.instance_label, "label that tells instances apart; default instance");
    sub.add_option("--namespace", arguments.name_space,
                   "where kubectl, if there is one, looks for scaling events; default snowflake-mcp");
    sub.add_flag("--no-kubectl", arguments.no_kubectl, "do not ask kubectl");
    auto* json = sub.add_flag("--json", arguments.json, "as JSON");
    auto* markdown = sub.add_flag("--markdown", arguments.markdown, "as Markdown");
    auto* html = sub.add_flag("--html", arguments.html, "as one HTML file (the default)");
    json->excludes(markdown)->excludes(html);
    markdown->excludes(html);
    sub.add_option("-o,--output", arguments.output,
                   "file; its name tells the form (.html, .json, .md); default: standard output, or on a terminal "
                   "scaling_report_DATE.html");
    sub.add_option("--mail-to", arguments.mail_to,
                   "send it through SMTP_URL, as an attachment; several times for several")
        ->take_all()
        ->delimiter(',');
}

int run_report_command(const ReportArguments& arguments, const Settings& settings, Signals& signals,
                       std::ostream& err) {
    const auto form = form_of(arguments);
    if (!form) return fail(err, unusable, "one of --json, --markdown and --html");
    if (auto fine = check_mail(arguments, settings); !fine) return fail(err, unusable, fine.error().message());
    auto made = make(arguments, settings, signals);
    if (!made) return fail(err, code_of(made.error()), made.error().message());
    const auto put_there = put(arguments, *made, *form, err);
    const auto sent = mail(arguments, settings, *made, err);
    for (const std::string& why : made->partial) fail(err, partial, "partial: " + base::escape_untrusted(why));
    if (!sent) return fail(err, unsent, sent.error().message());
    if (!put_there) return fail(err, unwritten, put_there.error().message());
    return made->partial.empty() ? whole : partial;
}

}  // namespace app
