#include "query/result_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/encoding.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "query/cell_format.hpp"

namespace query {

namespace {

using backend::Cell;

constexpr std::size_t no_bound = std::numeric_limits<std::size_t>::max();
constexpr std::size_t room_for_facts = 2'048;  // note, cursor (twice), figures, brackets
constexpr std::size_t longest_name = 256;      // a column without alias is called like its expression
constexpr std::size_t shortest_value = 16;

bool has_view(const Cell& cell) {
    return cell.kind() == Cell::Kind::text || cell.kind() == Cell::Kind::binary || cell.kind() == Cell::Kind::json;
}

/// At least so much a row takes: asked before a giant is copied.
std::size_t borrowed_bytes(std::span<const Cell> cells) {
    std::size_t bytes = 0;
    for (const auto& cell : cells) bytes += has_view(cell) ? cell.as_view().size() : 0;
    return bytes;
}

std::size_t largest_value(std::span<const Cell> cells) {
    std::size_t bytes = 0;
    for (const auto& cell : cells) bytes = std::max(bytes, has_view(cell) ? cell.as_view().size() : 0);
    return bytes;
}

/// Names of a JSON object are different from each other: A, A_2, A_3.
std::vector<std::string> distinct_names(const std::vector<backend::Column>& columns) {
    std::set<std::string> taken;
    for (const auto& column : columns) taken.insert(column.name);
    std::set<std::string> used;
    std::vector<std::string> names;
    for (const auto& column : columns) {
        std::string name = column.name;
        for (int n = 2; used.contains(name); ++n) {
            name = fmt::format("{}_{}", column.name, n);
            if (taken.contains(name)) name += '_';
        }
        used.insert(name);
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace

base::Result<ResultWriter> ResultWriter::make(std::vector<backend::Column> columns, Format format, Limits limits,
                                              base::MemoryBudget* memory) {
    const std::size_t count = columns.size();
    ResultWriter writer{std::move(columns), format, limits, memory};
    if (!writer.fits()) {
        return base::fail(base::Error{
            base::Kind::bad_argument,
            fmt::format("{} columns do not fit into one answer of {} bytes: select fewer", count, limits.bytes)}
                              .at(base::Stage::render));
    }
    return writer;
}

ResultWriter::ResultWriter(std::vector<backend::Column> columns, Format format, Limits limits,
                           base::MemoryBudget* memory)
    : columns_{std::move(columns)}, format_{format}, limits_{limits}, content_{memory}, structured_{memory} {
    for (auto& column : columns_) {
        column.name = base::ellipsize(base::escape_untrusted(column.name), longest_name);
        column.type = base::ellipsize(base::escape_untrusted(column.type), longest_name);
    }
    if (format_ == Format::json) keys_ = distinct_names(columns_);
    write_head();
}

void ResultWriter::write_head() {
    base::JsonWriter json{structured_.open()};
    json.begin_object().key("columns").begin_array();
    for (const auto& column : columns_) {
        json.begin_object();
        json.field("name", column.name).field("type", column.type).field("nullable", column.nullable);
        json.end_object();
    }
    json.end_array().key("rows").begin_array();

    switch (format_) {
        case Format::markdown:
            text_ += '|';
            for (const auto& column : columns_) {
                text_ += ' ';
                append_markdown(text_, column.name);
                text_ += " |";
            }
            text_ += "\n|";
            for (std::size_t i = 0; i < columns_.size(); ++i) text_ += " --- |";
            text_ += '\n';
            break;
        case Format::csv:
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                if (i > 0) text_ += ',';
                append_csv(text_, columns_[i].name);
            }
            text_ += "\r\n";
            break;
        case Format::json: text_ += '['; break;
    }
    content_.open() = R"([{"type":"text","text":")";
    content_.append_inside_string(text_);
}

bool ResultWriter::fits() const { return bytes() + room_for_facts <= limits_.bytes; }

bool ResultWriter::add(std::span<const Cell> cells) {
    if (rows_ >= limits_.rows) return false;
    if (!try_row(cells, no_bound)) {
        // One row must always go, or a cursor would never get past it.
        if (rows_ > 0 || !add_shortened(cells)) return false;
    }
    ++rows_;
    return content_.close_full() && structured_.close_full();
}

bool ResultWriter::try_row(std::span<const Cell> cells, std::size_t max_value_bytes) {
    if (max_value_bytes == no_bound && borrowed_bytes(cells) > limits_.bytes) return false;
    const std::size_t content_before = content_.open().size();
    const std::size_t structured_before = structured_.open().size();
    text_.clear();
    append_row(cells, max_value_bytes);
    content_.append_inside_string(text_);
    if (fits()) return true;
    content_.open().resize(content_before);
    structured_.open().resize(structured_before);
    return false;
}

bool ResultWriter::add_shortened(std::span<const Cell> cells) {
    std::size_t bound = std::min(limits_.bytes / 4, largest_value(cells) / 2);
    for (; bound >= shortest_value; bound /= 2) {
        cut_values_ = 0;
        if (try_row(cells, bound)) return true;
    }
    cut_values_ = 0;
    return false;
}

void ResultWriter::append_row(std::span<const Cell> cells, std::size_t max_value_bytes) {
    std::string& structured = structured_.open();
    structured += rows_ == 0 ? "[" : ",[";
    switch (format_) {
        case Format::markdown: text_ += '|'; break;
        case Format::csv: break;
        case Format::json: text_ += rows_ == 0 ? "{" : ",\n{"; break;
    }
    for (std::size_t column = 0; column < cells.size(); ++column) {
        if (column > 0) structured += ',';
        append_cell(cells[column], column, max_value_bytes);
    }
    structured += ']';
    switch (format_) {
        case Format::markdown: text_ += '\n'; break;
        case Format::csv: text_ += "\r\n"; break;
        case Format::json: text_ += '}'; break;
    }
}

void ResultWriter::append_cell(const Cell& cell, std::size_t column, std::size_t max_value_bytes) {
    if (has_view(cell) && cell.as_view().size() > max_value_bytes) {
        ++cut_values_;
        const std::string cut = cell.kind() == Cell::Kind::binary
                                    ? base::to_upper(base::hex(cell.as_view().substr(0, max_value_bytes / 2))) + "…"
                                    : base::ellipsize(cell.as_view(), max_value_bytes);
        const Cell shortened = Cell::text(cut);
        backend::append_json(structured_.open(), shortened);
        append_text_value(shortened, cut, column);
        return;
    }
    scratch_.clear();
    backend::append_text(scratch_, cell);
    backend::append_json(structured_.open(), cell);
    append_text_value(cell, scratch_, column);
}

void ResultWriter::append_text_value(const Cell& cell, std::string_view text, std::size_t column) {
    switch (format_) {
        case Format::markdown:
            text_ += ' ';
            if (cell.is_null()) {
                text_ += "NULL";
            } else {
                append_markdown(text_, text);
            }
            text_ += " |";
            break;
        case Format::csv:
            if (column > 0) text_ += ',';
            if (!cell.is_null()) {
                // Numbers, dates and times hold nothing that CSV or a terminal would take for syntax.
                has_view(cell) ? append_csv(text_, text) : void(text_ += text);
            } else if (columns_.size() == 1) {
                text_ += "\"\"";  // an empty line would be no row at all
            }
            break;
        case Format::json:
            if (column > 0) text_ += ',';
            base::append_json_string(text_, keys_[column]);
            text_ += ':';
            backend::append_json(text_, cell);
            break;
    }
}

Rendered ResultWriter::finish(Facts facts, std::string note, std::uint64_t next) {
    std::string& content = content_.open();
    std::string& structured = structured_.open();
    content += format_ == Format::json ? "]\"}" : "\"}";
    structured += ']';
    if (next == 0) append_ends(content, structured, facts, note);
    return {.content = content_.take(),
            .structured = structured_.take(),
            .facts = std::move(facts),
            .note = std::move(note),
            .next = next};
}

}  // namespace query
