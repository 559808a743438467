#include "capacity/plan/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "capacity/plan/calendar.hpp"

namespace capacity::plan {
namespace {

constexpr std::size_t least_months = 3;
constexpr std::size_t most_bytes = std::size_t{64} << 20;

struct Row {
    std::size_t line = 0;
    std::vector<std::string> cells;
};

std::unexpected<base::Error> wrong(const HistoryInputs& inputs, std::string what) {
    return base::fail(base::Error{base::Kind::bad_argument,
                                  fmt::format("{}: {}", base::escape_untrusted(inputs.file), std::move(what))}
                          .about("--history"));
}

std::string shown(std::string_view cell) { return base::escape_untrusted(base::ellipsize(cell, 40)); }

/// Splits `text` into rows; a quoted cell may hold separators and line ends.
base::Result<std::vector<Row>> rows_of(std::string_view text, const HistoryInputs& inputs) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    const std::string_view head = text.substr(0, text.find_first_of("\r\n"));
    const char separator = head.contains(',') ? ',' : head.contains(';') ? ';' : head.contains('\t') ? '\t' : ',';
    std::vector<Row> rows;
    Row row{.line = 1};
    std::string cell;
    std::size_t line = 1;
    bool quoted = false;
    const auto end_row = [&] {
        row.cells.emplace_back(base::trim(cell));
        cell.clear();
        if (row.cells.size() > 1 || !row.cells.front().empty()) {
            rows.push_back(std::move(row));
        }
        row = {.line = line + 1};
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted) {
            if (c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
                cell.push_back('"'), ++at;
            } else if (c == '"') {
                quoted = false;
            } else {
                cell.push_back(c);
            }
        } else if (c == '"' && base::trim(cell).empty()) {
            cell.clear(), quoted = true;
        } else if (c == separator) {
            row.cells.emplace_back(base::trim(cell)), cell.clear();
        } else if (c == '\n') {
            end_row();
        } else if (c != '\r') {
            cell.push_back(c);
        }
        line += c == '\n' ? 1 : 0;
    }
    if (quoted) {
        return wrong(inputs, fmt::format("line {}: a quoted cell is not closed", row.line));
    }
    end_row();
    return rows;
}

/// The column named, or the first of the usual names that is there.
base::Result<std::size_t> column_of(const Row& head, const std::string& named, std::vector<std::string_view> usual,
                                    std::string_view option, const HistoryInputs& inputs) {
    if (!named.empty()) {
        usual = {named};
    }
    for (const std::string_view name : usual) {
        const auto found =
            std::ranges::find_if(head.cells, [name](const auto& cell) { return base::iequals(cell, name); });
        if (found != head.cells.end()) {
            return static_cast<std::size_t>(found - head.cells.begin());
        }
    }
    return wrong(inputs,
                 fmt::format("it has no column {}: its columns are {}. Name one with {}", fmt::join(usual, " or "),
                             shown(fmt::format("{}", fmt::join(head.cells, ", "))), option));
}

struct Columns {
    std::size_t date = 0;
    std::size_t clients = 0;
};

base::Result<PastMonth> month_of(const Row& row, const Row& head, Columns columns, const HistoryInputs& inputs) {
    if (row.cells.size() != head.cells.size()) {
        return wrong(inputs, fmt::format("line {} has {} columns where the first line names {}", row.line,
                                         row.cells.size(), head.cells.size()));
    }
    const std::string& date_text = row.cells[columns.date];
    const bool longer = date_text.size() > 10 && (date_text[10] == ' ' || date_text[10] == 'T');
    const auto date = parse_date(std::string_view{date_text}.substr(0, longer ? 10 : std::string::npos));
    if (!date) {
        return wrong(inputs, fmt::format("line {}: {} is '{}': a date is YYYY-MM or YYYY-MM-DD, from 1970 to 9000",
                                         row.line, shown(head.cells[columns.date]), shown(date_text)));
    }
    const std::string& text = row.cells[columns.clients];
    double clients = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), clients);
    if (error != std::errc{} || end != text.data() + text.size() || !(clients >= 0) ||
        clients > static_cast<double>(most_clients)) {
        return wrong(inputs,
                     fmt::format("line {}: {} is {}: allowed is 0 to {}", row.line, shown(head.cells[columns.clients]),
                                 text.empty() ? "empty" : fmt::format("'{}'", shown(text)), most_clients));
    }
    return PastMonth{.month = month_number(*date), .clients = clients};
}

}  // namespace

base::Result<std::vector<PastMonth>> parse_history(std::string_view text, const HistoryInputs& inputs) {
    auto rows = rows_of(text, inputs);
    if (!rows) {
        return base::fail(rows.error());
    }
    if (rows->empty()) {
        return wrong(inputs, "it is empty: its first line names the columns, such as date,clients");
    }
    const Row& head = rows->front();
    const auto date = column_of(head, inputs.date_column, {"date", "month", "day", "time", "timestamp"},
                                "--history-date-column", inputs);
    if (!date) {
        return base::fail(date.error());
    }
    const auto clients =
        column_of(head, inputs.clients_column, {"clients", "concurrent_clients", "peak_clients", "active_clients"},
                  "--history-column", inputs);
    if (!clients) {
        return base::fail(clients.error());
    }
    std::map<std::int64_t, double> peaks;
    std::set<std::int64_t> whole_months;  // given as YYYY-MM
    for (std::size_t i = 1; i < rows->size(); ++i) {
        const Row& row = (*rows)[i];
        const auto month = month_of(row, head, {.date = *date, .clients = *clients}, inputs);
        if (!month) {
            return base::fail(month.error());
        }
        const bool whole = row.cells[*date].size() == 7;
        const auto [place, fresh] = peaks.try_emplace(month->month, month->clients);
        if (whole && !(fresh && whole_months.insert(month->month).second)) {
            return wrong(inputs, fmt::format("line {}: month {} is there twice", row.line, month_label(month->month)));
        }
        place->second = std::max(place->second, month->clients);
    }
    std::vector<PastMonth> past;
    for (const auto& [month, peak] : peaks) {
        if (!past.empty() && month != past.back().month + 1 && !inputs.allow_gaps) {
            return wrong(inputs, fmt::format("month {} is missing: {} follows {}. Add it, or fit across gaps with "
                                             "--allow-gaps",
                                             month_label(past.back().month + 1), month_label(month),
                                             month_label(past.back().month)));
        }
        past.push_back({.month = month, .clients = peak});
    }
    if (past.size() < least_months) {
        return wrong(inputs, fmt::format("it has {} month{}: at least {} are needed", past.size(),
                                         past.size() == 1 ? "" : "s", least_months));
    }
    return past;
}

base::Result<std::vector<PastMonth>> read_history(const HistoryInputs& inputs) {
    std::ifstream file{inputs.file, std::ios::binary};
    if (!file) {
        return wrong(inputs, "it cannot be read");
    }
    std::string text;
    for (char piece[65536]; file.read(piece, sizeof piece), file.gcount() > 0;) {
        text.append(piece, static_cast<std::size_t>(file.gcount()));
        if (text.size() > most_bytes) {
            return wrong(inputs, "it is larger than 64 MB");
        }
    }
    if (file.bad()) {
        return wrong(inputs, "it cannot be read");
    }
    return parse_history(text, inputs);
}

}  // namespace capacity::plan
