#include "app/guard_command.hpp"

#include <algorithm>
#include <array>
#include <istream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "sql/guard.hpp"

namespace app {

namespace {

constexpr int exit_allowed = 0;
constexpr int exit_refused = 3;

using Row = std::array<std::string, 4>;

/// The statement's beginning on one line, safe to show on a terminal.
std::string beginning(std::string_view statement) {
    constexpr std::size_t longest = 48;
    std::string line;
    for (const char c : statement.substr(0, 4 * longest)) {
        const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (is_blank && (line.empty() || line.back() == ' ')) continue;
        line.push_back(is_blank ? ' ' : c);
    }
    const bool is_cut = line.size() > longest || statement.size() > 4 * longest;
    std::size_t end = std::min(line.size(), longest);
    while (end > 0 && end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
    return sql::shown(line.substr(0, end)) + (is_cut ? "..." : "");
}

/// Columns on a terminal: characters, near enough.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void print_table(const std::vector<sql::Verdict>& verdicts, std::string_view text, std::ostream& out) {
    std::vector<Row> rows{{"KIND", "VERDICT", "STATEMENT", "REASON"}};
    for (const sql::Verdict& verdict : verdicts) {
        const std::string reason =
            verdict.is_allowed() ? verdict.reason : verdict.reason + " [" + std::string{verdict.rule} + "]";
        rows.push_back({std::string{to_string(verdict.kind)}, std::string{to_string(verdict.decision)},
                        beginning(text.substr(verdict.offset, verdict.length)), reason});
    }
    std::array<std::size_t, 3> widths{};
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < widths.size(); ++i) {
            out << row[i] << std::string(widths[i] - width(row[i]) + 2, ' ');
        }
        out << row.back() << '\n';
    }
}

void print_json(const std::vector<sql::Verdict>& verdicts, std::ostream& out) {
    std::string text;
    base::JsonWriter json{text};
    json.begin_array();
    for (const sql::Verdict& verdict : verdicts) {
        json.begin_object()
            .field("kind", to_string(verdict.kind))
            .field("verdict", to_string(verdict.decision))
            .field("reason", verdict.reason)
            .field("rule", verdict.rule)
            .end_object();
    }
    json.end_array();
    out << text << '\n';
}

}  // namespace

int run_guard(std::istream& in, bool json, const sql::Policy& policy, std::ostream& out, std::ostream& err) {
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::vector<sql::Verdict> verdicts = sql::judge(text, policy);
    if (json) {
        print_json(verdicts, out);
    } else if (!verdicts.empty()) {
        print_table(verdicts, text, out);
    }
    if (verdicts.empty()) {
        err << "guard: the text holds no statement; send SQL on standard input or name a file\n";
        return exit_refused;
    }
    const bool all_allowed = std::ranges::all_of(verdicts, &sql::Verdict::is_allowed);
    if (!json && verdicts.size() > 1) {
        err << "guard: " << verdicts.size() << " statements; over MCP a call carries one\n";
    }
    return all_allowed ? exit_allowed : exit_refused;
}

}  // namespace app
