// Rows as JSON arrays of strings. One pass finds the cells and reads them; strings with escapes are put right in place,
// so that a batch borrows everything from the body.
#include <fmt/format.h>

#include <algorithm>

#include "backend/snowflake/result/cell_values.hpp"
#include "backend/snowflake/result/json_scan.hpp"
#include "backend/snowflake/result/rows_reader.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

constexpr std::size_t most_bytes_a_batch = std::size_t{256} * 1024;
constexpr std::size_t shown_of_a_value = 60;

class JsonBatch final : public Batch {
public:
    explicit JsonBatch(std::size_t columns) : columns_{columns} {}
    std::size_t rows() const override { return rows_; }
    Cell cell(std::size_t row, std::size_t column) const override { return cells_[row * columns_ + column]; }

    void clear() {
        rows_ = 0;
        cells_.clear();
    }
    void reserve(std::size_t cells) { cells_.reserve(cells); }
    Cell& add() { return cells_.emplace_back(); }
    void end_row() { ++rows_; }
    /// Takes back what was added since the last `end_row`.
    void drop_row() { cells_.resize(rows_ * columns_); }
    std::size_t cells() const { return cells_.size(); }

private:
    std::size_t columns_;
    std::size_t rows_ = 0;
    std::vector<Cell> cells_;
};

class JsonRows final : public RowsReader {
public:
    JsonRows(std::string body, const std::vector<CellPlan>& plans)
        : body_{std::move(body)}, plans_{plans}, scan_{body_}, batch_{plans.size()} {
        batch_.reserve(std::min(most_cells_a_batch, body_.size() / 2) +
                       plans.size());  // a cell takes two bytes at least
        if (std::string_view{body_}.starts_with("\xEF\xBB\xBF")) scan_.move_to(3);
    }

    base::Result<const Batch*> next() override {
        if (error_) return base::fail(*error_);
        batch_.clear();
        store_.clear();
        const std::size_t start = scan_.at();
        while (!ended_ && batch_.cells() < most_cells_a_batch && scan_.at() - start < most_bytes_a_batch) {
            if (!row()) break;
        }
        if (batch_.rows() > 0) return &batch_;
        if (error_) return base::fail(*error_);
        return nullptr;
    }

private:
    /// Reads a row; false at the end or at an error (what was read before stands).
    bool row() {
        if (!at_a_row()) return false;
        scan_.take('[');
        for (std::size_t column = 0; column < plans_.size(); ++column) {
            if (column > 0 && !scan_.take(',')) return broken_row();
            if (!value(column)) return false;
        }
        if (!scan_.take(']')) return broken_row();
        batch_.end_row();
        ++row_;
        return true;
    }

    /// Passes the separators and the outer brackets.
    bool at_a_row() {
        if (!begun_) {
            begun_ = true;
            if (scan_.peek() == '[') {
                const std::size_t mark = scan_.at();
                scan_.take('[');
                bracketed_ = scan_.peek() == '[' || scan_.peek() == ']';
                // Without columns a row is [] itself, and cannot be told from an empty list: no rows.
                if (!bracketed_ || (scan_.peek() == ']' && plans_.empty())) scan_.move_to(mark);
            }
        }
        while (scan_.take(',')) {
        }
        if (scan_.peek() == '[') return true;
        ended_ = true;
        if (bracketed_ && !scan_.take(']')) return fail(scan_.at_end() ? "broke off" : "hold what is no row");
        if (!bracketed_ || scan_.peek() != '\0') {
            if (scan_.peek() == '<') return fail("are a web page or an error in XML instead");
            if (!scan_.at_end()) return fail("hold what is no row");
        }
        return false;
    }

    bool value(std::size_t column) {
        Cell& cell = batch_.add();
        std::string_view text;
        if (scan_.peek() == '"') {
            if (!scan_.string(text)) return broken_row();
        } else {
            if (!scan_.value(text)) return broken_row();
            if (text == "null") return true;
            if (text.front() == '[' || text.front() == '{') {  // a document that was not written as a string
                cell = Cell::json(text);
                return true;
            }
        }
        char* place = body_.data() + (text.data() - body_.data());
        std::size_t size = text.size();
        if (text.find('\\') != std::string_view::npos) {
            const auto shorter = unescape_in_place(place, size);
            if (!shorter) return broken_row();
            size = *shorter;
        }
        if (cell_from_text(plans_[column], place, size, store_, cell)) return true;
        return fail(fmt::format("do not match their types: row {} holds \"{}\" in column {}", row_ + 1,
                                base::ellipsize({place, size}, shown_of_a_value), column + 1));
    }

    bool broken_row() {
        if (scan_.at_end()) return fail("broke off");
        return fail(fmt::format("do not match their types: row {} has not the {} values of its columns", row_ + 1,
                                plans_.size()));
    }

    bool fail(std::string_view what) {
        ended_ = true;
        batch_.drop_row();
        error_ = base::Error{base::Kind::unavailable, fmt::format("the rows that Snowflake sent {}", what)}.at(
            base::Stage::result);
        return false;
    }

    std::string body_;
    const std::vector<CellPlan>& plans_;
    JsonScan scan_;
    JsonBatch batch_;
    TextStore store_;
    std::uint64_t row_ = 0;
    bool begun_ = false;
    bool bracketed_ = false;
    bool ended_ = false;
    std::optional<base::Error> error_;
};

}  // namespace

std::unique_ptr<RowsReader> read_json_rows(std::string body, const std::vector<CellPlan>& plans) {
    return std::make_unique<JsonRows>(std::move(body), plans);
}

}  // namespace backend::snowflake
