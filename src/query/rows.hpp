/// Rows as texts, for the server's own eyes: catalog look-ups, ranking, completion.
///
/// Threads: a value. Filled by the pipeline within bounds of rows and bytes; what did not fit is told by `complete`.
#pragma once

#include "query/namespace.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/result_writer.hpp"

namespace query {

class Rows final : public RowSink {
public:
    struct Limits {
        std::size_t rows = 10'000;
        std::size_t bytes = std::size_t{8} << 20;
    };
    Rows(std::size_t columns, Limits limits) : columns_{columns}, limits_{limits} {}

    bool add(std::span<const backend::Cell> cells) override;
    std::size_t rows() const override { return rows_; }
    std::size_t bytes() const override { return text_.size() + ends_.size() * sizeof(End); }

    std::size_t columns() const { return columns_; }
    /// Absent: NULL. The view lives as long as the rows.
    std::optional<std::string_view> at(std::size_t row, std::size_t column) const;
    /// NULL as the empty text.
    std::string_view text(std::size_t row, std::size_t column) const { return at(row, column).value_or(""); }

    /// False: the result has more rows than fitted.
    bool complete() const { return complete_; }
    void set_complete(bool complete) { complete_ = complete; }

private:
    struct End {
        std::uint32_t end;  // in `text_`
        bool null;
    };
    std::size_t columns_;
    Limits limits_;
    std::string text_;
    std::vector<End> ends_;
    std::size_t rows_ = 0;
    bool complete_ = true;
};

}  // namespace query
