#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "capacity/plan/document.hpp"
#include "capacity/plan/writers.hpp"

namespace capacity::plan {
namespace {

constexpr std::size_t line_width = 100;

/// Characters as a terminal counts them, near enough: code points.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Words in lines of `line_width`; lines after the first begin with `indent`.
void append_wrapped(std::string& out, std::string_view text, std::string_view indent) {
    std::size_t column = indent.size();
    bool first = true;
    while (!text.empty()) {
        const auto space = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, space);
        text.remove_prefix(std::min(space + 1, text.size()));
        if (!first && column + 1 + width_of(word) > line_width) {
            out += '\n';
            out += indent;
            column = indent.size();
        } else if (!first) {
            out += ' ';
            ++column;
        }
        out += word;
        column += width_of(word);
        first = false;
    }
    out += '\n';
}

void append_row(std::string& out, const DocumentTable& table, const std::vector<std::string>& cells,
                const std::vector<std::size_t>& widths) {
    std::string line = "  ";
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string padding(widths[i] - std::min(widths[i], width_of(cells[i])), ' ');
        line += table.columns[i].number ? padding + cells[i] : cells[i] + padding;
        line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
}

void append_table(std::string& out, const DocumentTable& table) {
    std::vector<std::size_t> widths;
    std::vector<std::string> names;
    std::vector<std::string> rules;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        std::size_t width = width_of(table.columns[i].name);
        for (const auto& row : table.rows) {
            width = std::max(width, width_of(row[i]));
        }
        widths.push_back(width);
        names.push_back(table.columns[i].name);
        rules.emplace_back(width, '-');
    }
    append_row(out, table, names, widths);
    append_row(out, table, rules, widths);
    for (const auto& row : table.rows) {
        append_row(out, table, row, widths);
    }
}

/// A cell or a paragraph of a Markdown document: nothing in it is markup.
std::string markdown(std::string_view text) {
    std::string out;
    for (const char c : base::escape_untrusted(text)) {
        if (std::string_view{"\\`*_{}[]<>#|"}.contains(c)) {
            out += '\\';
        }
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

void append_markdown_table(std::string& out, const DocumentTable& table) {
    const auto line = [&out](auto cells, auto text) {
        out += '|';
        for (const auto& cell : cells) {
            out += ' ' + text(cell) + " |";
        }
        out += '\n';
    };
    line(table.columns, [](const DocumentColumn& column) { return markdown(column.name); });
    line(table.columns, [](const DocumentColumn& column) { return std::string{column.number ? "---:" : "---"}; });
    for (const auto& row : table.rows) {
        line(row, [](const std::string& cell) { return markdown(cell); });
    }
}

}  // namespace

std::string write_text(const Plan& plan) {
    const Document document = document_of(plan);
    std::string out =
        fmt::format("{}\n{}\n{}\n", document.title, std::string(50, '='), base::escape_untrusted(document.subtitle));
    for (const Section& section : document.sections) {
        out += fmt::format("\n{}\n", section.heading);
        for (const std::string& paragraph : section.paragraphs) {
            out += "  ";
            append_wrapped(out, base::escape_untrusted(paragraph), "  ");
        }
        if (!section.table.columns.empty()) {
            std::string table;
            append_table(table, section.table);
            out += base::escape_untrusted(table);
        }
        for (const std::string& point : section.points) {
            out += "  - ";
            append_wrapped(out, base::escape_untrusted(point), "    ");
        }
    }
    return out;
}

std::string write_markdown(const Plan& plan) {
    const Document document = document_of(plan);
    std::string out = fmt::format("# {}\n\n{}\n", document.title, markdown(document.subtitle));
    for (const Section& section : document.sections) {
        out += fmt::format("\n## {}\n", section.heading);
        for (const std::string& paragraph : section.paragraphs) {
            out += "\n" + markdown(paragraph) + "\n";
        }
        if (!section.table.columns.empty()) {
            out += '\n';
            append_markdown_table(out, section.table);
        }
        if (!section.points.empty()) {
            out += '\n';
        }
        for (const std::string& point : section.points) {
            out += "- " + markdown(point) + "\n";
        }
    }
    return out;
}

std::string write_env(const Plan& plan) {
    std::string out = fmt::format(
        "# Recommended by snowflake-mcp plan for each of {} instance(s): {} clients with {} % safety margin.\n",
        plan.target.instances, plan.target.clients, plan.inputs.safety_margin * 100);
    if (plan.target.instances > 1) {
        out +=
            "# Instances behind one address also need the same STATE_KEYS, and share a cache with CACHE_TYPE=redis "
            "and\n"
            "# REDIS_HOST.\n";
    }
    for (const PlannedSetting& setting : plan.settings) {
        out += fmt::format("# {}\n{}={}\n", setting.why, setting.name, setting.value);
    }
    return out;
}

}  // namespace capacity::plan
