#include "app/bench_command.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "app/version.hpp"
#include "base/text.hpp"
#include "capacity/bench/compare.hpp"
#include "capacity/bench/output.hpp"
#include "capacity/bench/run.hpp"
#include "capacity/output_file.hpp"
#include "net/client/url.hpp"

namespace app {
namespace {

namespace bench = capacity::bench;
using std::chrono::milliseconds;

constexpr int done = 0;
constexpr int unusable = 2;
constexpr int no_target = 5;
constexpr int unwritten = 6;
constexpr int partial = 7;
constexpr int worse = 8;

constexpr int most_clients = 20'000;
constexpr double most_rate = 10'000'000;
constexpr milliseconds longest{7LL * 24 * 3600 * 1000};

constexpr auto exit_codes =
    "Exit codes: 0 measured, or compared and B is not worse; 1 an internal fault; 2 an option, the workload or a "
    "result "
    "to compare can't be used; 5 the target can't: it is down, is no MCP server or wants credentials; 6 a result can't "
    "be written (no half file is left); 7 the run ended early and its result is marked as partial; 8 B is worse than A "
    "(--compare).\n"
    "Response times are milliseconds, CPU, memory and errors percent. docs/benchmarking.md describes the workload "
    "file, "
    "the results and how to read them.\n"
    "Examples: snowflake-mcp bench http://127.0.0.1:8000/mcp --clients 1,5,10,25,50,100 --duration 5m --csv "
    "result.csv\n"
    "          snowflake-mcp bench --rate 500,1000 --json result.json\n"
    "          snowflake-mcp bench --tool echo --arguments '{\"text\":\"hi\"}' --expect hi -- npx some-mcp-server";

template <class T>
using Result = base::Result<T>;

std::unexpected<base::Error> wrong(std::string message) {
    return base::fail(base::Kind::bad_argument, std::move(message));
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

/// "30", "30s", "5m", "500ms", "1h".
Result<milliseconds> duration(std::string_view option, std::string_view text, milliseconds least) {
    const std::string shown = base::escape_untrusted(text);
    constexpr std::pair<std::string_view, double> units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
    double scale = 1000;
    for (const auto& [unit, factor] : units) {
        if (!text.ends_with(unit)) continue;
        text.remove_suffix(unit.size());
        scale = factor;
        break;
    }
    const auto value = number(text);
    if (!value || *value < 0 || *value * scale > static_cast<double>(longest.count()) ||
        *value * scale < static_cast<double>(least.count())) {
        return wrong(fmt::format("{} {}: a time from {} ms to 7 days is wanted, such as 30s, 5m or 500ms", option,
                                 shown, least.count()));
    }
    return milliseconds{std::llround(*value * scale)};
}

/// "1,5,10": each from `least` to `most`.
Result<std::vector<double>> list(std::string_view option, std::string_view text, double least, double most) {
    std::vector<double> values;
    for (std::string_view rest = text;;) {
        const auto comma = rest.find(',');
        const auto value = number(rest.substr(0, comma));
        if (!value || *value < least || *value > most) {
            return wrong(fmt::format("{} {}: numbers from {:g} to {:g} are wanted, separated by commas", option,
                                     base::escape_untrusted(text), least, most));
        }
        values.push_back(*value);
        if (comma == std::string_view::npos) return values;
        rest.remove_prefix(comma + 1);
    }
}

/// Never shows the value: it may be a secret.
Result<void> add_header(std::string_view line, bench::BenchOptions& options) {
    const auto colon = line.find(':');
    std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with(' ') || value.ends_with('\t') || value.ends_with('\r')) value.remove_suffix(1);
    const bool good_name = !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
    const bool good_value = std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    if (colon == std::string_view::npos || !good_name || !good_value) {
        return wrong("--header: 'Name: value' is wanted");
    }
    options.headers.emplace_back(name, value);
    return {};
}

Result<void> read_headers(const BenchArguments& arguments, bench::BenchOptions& options) {
    for (const std::string& line : arguments.headers) {
        if (auto added = add_header(line, options); !added) return added;
    }
    if (arguments.header_file.empty()) return {};
    std::ifstream file{arguments.header_file};
    if (!file) return wrong(fmt::format("--header-file: cannot read {}", arguments.header_file));
    for (std::string line; std::getline(file, line);) {
        if (line.empty()) continue;
        if (auto added = add_header(line, options); !added) return added;
    }
    return {};
}

/// Words of a command, as a shell would split it: blanks, quotes and backslashes; nothing is expanded.
Result<std::vector<std::string>> words(const std::string& text) {
    std::vector<std::string> found;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
            if (std::exchange(in_word, false)) found.push_back(std::exchange(word, {}));
            continue;
        }
        in_word = true;
        if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
            word += text[++i];
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else if (c == quote) {
            quote = 0;
        } else {
            word += c;
        }
    }
    if (quote != 0) return wrong("--stdio: a quote is not closed");
    if (in_word) found.push_back(std::move(word));
    if (found.empty()) return wrong("--stdio: no command");
    return found;
}

Result<void> read_target(const BenchArguments& arguments, bench::BenchOptions& options) {
    options.command = arguments.command;
    if (!arguments.stdio.empty()) {
        auto command = words(arguments.stdio);
        if (!command) return base::fail(std::move(command.error()));
        options.command = std::move(*command);
    }
    if (!options.command.empty() && !arguments.url.empty()) return wrong("either a URL or a command, not both");
    if (!arguments.url.empty()) {
        if (auto url = net::client::Url::parse(arguments.url); !url) return base::fail(std::move(url.error()));
        options.url = arguments.url;
    }
    options.process_per_client = arguments.process_per_client;
    options.server_log = arguments.server_log;
    options.revision = arguments.revision == "auto" ? "" : arguments.revision;
    options.ca_file = arguments.ca_file;
    options.metrics_url = arguments.metrics;
    options.pid = arguments.pid;
    return read_headers(arguments, options);
}

Result<void> read_workload(const BenchArguments& arguments, bench::BenchOptions& options) {
    const bool single = !arguments.tool.empty();
    if (!arguments.workload.empty() && single) return wrong("either --workload or --tool, not both");
    if (!single && (!arguments.arguments.empty() || !arguments.expect.empty() || !arguments.expect_regex.empty())) {
        return wrong("--arguments, --expect and --expect-regex go with --tool");
    }
    options.fixed_id = arguments.id;
    options.seed = arguments.seed;
    if (arguments.workload.empty() && !single) return {};
    auto workload =
        single ? bench::single_tool(arguments.tool, arguments.arguments, arguments.expect, arguments.expect_regex)
               : bench::read_workload(arguments.workload);
    if (!workload) return base::fail(std::move(workload.error()));
    options.workload = std::move(*workload);
    return {};
}

Result<void> read_load(const BenchArguments& arguments, bench::BenchOptions& options) {
    if (!arguments.clients.empty()) {
        auto clients = list("--clients", arguments.clients, 1, most_clients);
        if (!clients) return base::fail(std::move(clients.error()));
        options.clients.clear();
        for (const double value : *clients) {
            if (value != std::floor(value)) return wrong("--clients: whole numbers are wanted");
            options.clients.push_back(static_cast<int>(value));
        }
    }
    if (!arguments.rate.empty()) {
        auto rates = list("--rate", arguments.rate, 0.001, most_rate);
        if (!rates) return base::fail(std::move(rates.error()));
        options.rates = std::move(*rates);
    }
    if (arguments.arrivals != "fixed" && arguments.arrivals != "poisson") {
        return wrong("--arrivals: fixed or poisson");
    }
    options.poisson = arguments.arrivals == "poisson";
    auto lasts = duration("--duration", arguments.duration, milliseconds{100});
    auto warmup = duration("--warmup", arguments.warmup, milliseconds{0});
    auto timeout = duration("--timeout", arguments.timeout, milliseconds{1});
    for (auto* read : {&lasts, &warmup, &timeout}) {
        if (!*read) return base::fail(std::move(read->error()));
    }
    options.duration = *lasts;
    options.warmup = *warmup;
    options.timeout = *timeout;
    if (arguments.rounds < 1 || arguments.rounds > 1000) return wrong("--rounds: 1 to 1000");
    if (arguments.threads < 0 || arguments.threads > 256) return wrong("--threads: 0 to 256");
    options.rounds = arguments.rounds;
    options.threads = arguments.threads;
    return {};
}

Result<bench::BenchOptions> read_options(const BenchArguments& arguments) {
    bench::BenchOptions options;
    options.generator = fmt::format("snowflake-mcp {}", version);
    for (auto* part : {&read_target, &read_workload, &read_load}) {
        if (auto read = (*part)(arguments, options); !read) return base::fail(std::move(read.error()));
    }
    return options;
}

int terminal_width() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// What a person sees while it runs: a line that changes on a terminal, a line a step elsewhere.
class Screen {
public:
    Screen(bool quiet, bool to_stderr)
        : quiet_{quiet}, out_{to_stderr ? stderr : stdout}, live_{!quiet && ::isatty(STDERR_FILENO) == 1} {}

    void note(const std::string& text) const {
        if (!quiet_) fmt::print(stderr, "bench: {}\n", base::escape_untrusted(text));
    }
    void progress(const bench::Progress& now) {
        if (!live_) return;
        const std::string load =
            now.rate ? fmt::format("{:g} requests/s", *now.rate) : fmt::format("{} clients", now.clients);
        const double rate = now.seconds > 0.5 ? static_cast<double>(now.answers) / now.seconds : 0;
        std::string line =
            fmt::format("step {}/{}: {}, {}", now.step, now.steps, load,
                        now.warming_up ? "warming up" : fmt::format("{:.0f}/{:.0f} s", now.seconds, now.of_seconds));
        if (rate > 0) line += fmt::format(", about {:.0f} answers/s", rate);
        fmt::print(stderr, "\r{:<{}}", line, width_);
        width_ = line.size();
        std::fflush(stderr);
    }
    void clear() {
        if (live_ && width_ > 0) fmt::print(stderr, "\r{:{}}\r", "", width_);
        width_ = 0;
    }
    void step(const bench::BenchResult& result) {
        clear();
        if (quiet_ || result.steps.empty()) return;
        if (!std::exchange(has_heading_, true)) fmt::print(stderr, "{}\n", bench::step_heading());
        fmt::print(stderr, "{}\n", bench::step_line(result.steps.back()));
    }
    base::Result<void> end(const bench::BenchResult& result) {
        clear();
        if (quiet_) return {};
        const bool seen = live_ && ::isatty(::fileno(out_)) == 1;  // on the same terminal, line by line
        const auto table = seen ? bench::Table::without : bench::Table::with;
        const std::string text = bench::write_text(result, terminal_width(), table);
        if (out_ == stdout) return capacity::write_stdout(text);
        fmt::print(out_, "{}", text);
        return {};
    }

private:
    bool quiet_;
    std::FILE* out_;
    bool live_;
    bool has_heading_ = false;
    std::size_t width_ = 0;
};

/// Writes what was asked for, after each step and at the end; remembers the first failure.
class Files {
public:
    explicit Files(const BenchArguments& arguments) : arguments_{arguments} {}

    bool uses_stdout() const {
        return arguments_.csv == "-" || arguments_.json == "-" || arguments_.markdown == "-" || arguments_.html == "-";
    }
    void write(const bench::BenchResult& result, bool at_end) {
        write(arguments_.csv, at_end, [&] { return bench::write_csv(result); });
        write(arguments_.json, at_end, [&] { return bench::write_bench_result(result); });
        write(arguments_.markdown, at_end, [&] { return bench::write_markdown(result); });
        write(arguments_.html, at_end, [&] { return bench::write_html(result); });
    }
    const std::string& trouble() const { return trouble_; }

private:
    template <class Text>
    void write(const std::string& path, bool at_end, Text text) {
        if (path.empty() || (path == "-" && !at_end)) return;
        auto written = path == "-" ? capacity::write_stdout(text()) : capacity::write_output(path, text());
        if (!written) note(written.error().message());
    }
    void note(const std::string& why) {
        if (trouble_.empty()) trouble_ = why;
    }

    const BenchArguments& arguments_;
    std::string trouble_;
};

int complain(const std::string& message, int code) {
    fmt::print(stderr, "snowflake-mcp: bench: {}\n", base::escape_untrusted(message));
    return code;
}

int compare(const BenchArguments& arguments) {
    if (!(arguments.confidence > 50 && arguments.confidence < 100))
        return complain("--confidence: 50 to 100", unusable);
    if (!(arguments.threshold >= 0 && arguments.threshold <= 1000)) return complain("--threshold: 0 to 1000", unusable);
    auto a = bench::read_bench_result(arguments.compare[0]);
    if (!a) return complain(a.error().message(), unusable);
    auto b = bench::read_bench_result(arguments.compare[1]);
    if (!b) return complain(b.error().message(), unusable);
    const auto compared =
        bench::compare(*a, *b, {.confidence = arguments.confidence / 100, .threshold = arguments.threshold / 100});
    if (!compared) return complain(compared.error().message(), unusable);
    const std::string json = bench::write_comparison_json(*compared);
    auto written = capacity::write_stdout(arguments.json == "-" ? json : bench::write_comparison(*compared));
    if (written && arguments.json != "-" && !arguments.json.empty()) {
        written = capacity::write_output(arguments.json, json);
    }
    if (!written) return complain(written.error().message(), unwritten);
    return compared->verdict == bench::Finding::worse ? worse : done;
}

}  // namespace

void add_bench_options(CLI::App& sub, BenchArguments& arguments) {
    sub.footer(exit_codes);
    sub.add_option("url", arguments.url, "the MCP endpoint; http://127.0.0.1:8000/mcp when nothing is named");
    sub.add_option("--stdio", arguments.stdio, "a command that serves MCP over standard input and output");
    sub.add_flag("--process-per-client", arguments.process_per_client,
                 "each client starts the command (else all share one)");
    sub.add_option("--server-log", arguments.server_log, "file for what the command writes to standard error");
    sub.add_option("--revision", arguments.revision,
                   "2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05; auto: the newest both speak");
    sub.add_option("--header", arguments.headers, "'Name: value', sent with each request; may be repeated");
    sub.add_option("--header-file", arguments.header_file, "such lines in a file: secrets stay out of ps");
    sub.add_option("--ca-file", arguments.ca_file, "PEM of authorities to trust beside the system's");
    sub.add_option("--workload", arguments.workload, "file of requests and weights (JSON)");
    sub.add_option("--tool", arguments.tool, "one tool instead");
    sub.add_option("--arguments", arguments.arguments, "its arguments as JSON");
    sub.add_option("--expect", arguments.expect, "text that its answer must hold");
    sub.add_option("--expect-regex", arguments.expect_regex, "what its answer's text must match");
    sub.add_option("--id", arguments.id, "the same id in every request, for a server that sends canned answers");
    sub.add_option("--seed", arguments.seed, "of the choice of requests and keys");
    sub.add_option("--clients", arguments.clients, "ladder of concurrent clients (1,5,10,25,50,100)");
    sub.add_option("--rate", arguments.rate,
                   "open loop: ladder of requests per second, whose latency counts from when they were due; the last "
                   "of --clients is the most that wait at once");
    sub.add_option("--arrivals", arguments.arrivals, "of the open loop: fixed (evenly spaced) or poisson");
    sub.add_option("--duration", arguments.duration, "measured time of a step: 30s, 5m, 500ms");
    sub.add_option("--warmup", arguments.warmup, "time before it that is not measured");
    sub.add_option("--timeout", arguments.timeout, "when a request counts as failed");
    sub.add_option("--rounds", arguments.rounds, "how often the ladder is climbed");
    sub.add_option("--threads", arguments.threads, "of the generator; 0: half of the CPUs");
    sub.add_option(
        "--metrics", arguments.metrics,
        "the server's Prometheus page for CPU, memory, pool and queue (else /metrics beside the endpoint and "
        "on port 8001 are tried); none");
    sub.add_option("--pid", arguments.pid, "take CPU and memory of this process and its children from /proc");
    sub.add_option("--csv", arguments.csv, "write CSV to this file (-: standard output)");
    sub.add_option("--json", arguments.json, "write the whole result, for --compare, plan and report");
    sub.add_option("--markdown", arguments.markdown, "write a document with tables");
    sub.add_option("--html", arguments.html, "write one page with plots");
    sub.add_flag("--quiet", arguments.quiet, "no progress and no table");
    sub.add_option("--compare", arguments.compare, "A.json B.json: is B faster, slower, the same?")->expected(2);
    sub.add_option("--confidence", arguments.confidence, "of --compare, percent");
    sub.add_option("--threshold", arguments.threshold, "of --compare: the smallest difference that matters, percent");
}

int run_bench_command(const BenchArguments& arguments, Signals& signals) {
    std::signal(SIGPIPE, SIG_IGN);
    if (!arguments.compare.empty()) return compare(arguments);
    auto options = read_options(arguments);
    if (!options) return complain(options.error().message(), unusable);
    Files files{arguments};
    Screen screen{arguments.quiet, files.uses_stdout()};
    bench::BenchCalls calls;
    calls.on_tick = [&](const bench::Progress& now) {
        screen.progress(now);
        return !signals.wait_for(milliseconds{0});
    };
    calls.on_note = [&screen](const std::string& text) { screen.note(text); };
    calls.on_step = [&](const bench::BenchResult& so_far) {
        screen.step(so_far);
        files.write(so_far, false);
    };
    const auto result = bench::run_bench(*options, calls);
    if (!result) {
        const auto kind = result.error().kind();
        const bool ours = kind == base::Kind::not_found;
        return complain(result.error().message(), ours ? unusable : no_target);
    }
    const auto shown = screen.end(*result);
    files.write(*result, true);
    if (!files.trouble().empty()) return complain(files.trouble(), unwritten);
    if (!shown) return complain(shown.error().message(), unwritten);
    if (!result->complete) return complain("partial: " + result->why_partial, partial);
    return done;
}

}  // namespace app
