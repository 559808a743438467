/// Makes an answer of rows: text content in the format asked for, and `structuredContent`, row by row into two buffers.
///
/// Place: the pipeline's render stage, and tools that make rows themselves (search_objects). Threads: one call's. Pure.
/// What strangers wrote (names, cells) stands in data fields and in the first content item only, escaped; what the
/// server has to say (how much was cut, how to go on) is an item of its own and the field `note`.
///
/// The bound on bytes is on what is sent: both buffers as JSON, with room for the facts at the end.
#pragma once

#include "query/namespace.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/cell.hpp"
#include "backend/result_set.hpp"
#include "base/error.hpp"
#include "base/memory_budget.hpp"
#include "query/answer.hpp"
#include "query/pieces.hpp"
#include "query/rendered.hpp"

namespace query {

/// Where the rows of a result go.
class RowSink {
public:
    virtual ~RowSink() = default;
    /// False: it does not fit (rows or bytes), and nothing was added. Cells as many as columns.
    virtual bool add(std::span<const backend::Cell> cells) = 0;
    virtual std::size_t rows() const = 0;
    virtual std::size_t bytes() const = 0;  ///< held so far
};

class ResultWriter final : public RowSink {
public:
    struct Limits {
        std::size_t rows = 100;
        std::size_t bytes = std::size_t{256} * 1024;
    };
    /// Errors: `bad_argument` where the columns alone do not fit. `memory`: where the bytes are leased, if anywhere; it
    /// outlives what `finish` gives.
    static base::Result<ResultWriter> make(std::vector<backend::Column> columns, Format format, Limits limits,
                                           base::MemoryBudget* memory = nullptr);

    bool add(std::span<const backend::Cell> cells) override;
    std::size_t rows() const override { return rows_; }
    std::size_t bytes() const override { return structured_.size() + content_.size(); }

    bool is_full_of_rows() const { return rows_ >= limits_.rows; }
    /// Values that were shortened because one row alone was larger than an answer.
    std::size_t cut_values() const { return cut_values_; }
    /// The budget cannot carry the answer: `add` has said no for it, and what there is is of no use.
    const std::optional<base::Error>& out_of_memory() const {
        return content_.out_of_memory() ? content_.out_of_memory() : structured_.out_of_memory();
    }

    /// `note`: the server's own words, may be empty. `next`: as `Rendered::next`. The writer is empty afterwards.
    Rendered finish(Facts facts, std::string note, std::uint64_t next);

private:
    ResultWriter(std::vector<backend::Column> columns, Format format, Limits limits, base::MemoryBudget* memory);
    void write_head();
    void append_row(std::span<const backend::Cell> cells, std::size_t max_value_bytes);
    void append_cell(const backend::Cell& cell, std::size_t column, std::size_t max_value_bytes);
    void append_text_value(const backend::Cell& cell, std::string_view text, std::size_t column);
    bool try_row(std::span<const backend::Cell> cells, std::size_t max_value_bytes);
    bool add_shortened(std::span<const backend::Cell> cells);
    bool fits() const;

    std::vector<backend::Column> columns_;
    std::vector<std::string> keys_;  // format json: names made different
    Format format_;
    Limits limits_;
    std::string text_;   // of one row, not yet a JSON string
    Pieces content_;     // open: inside the string that holds the text
    Pieces structured_;  // open: rows follow
    std::size_t rows_ = 0;
    std::size_t cut_values_ = 0;
    std::string scratch_;
};

}  // namespace query
