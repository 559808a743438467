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

#include "base/memory_budget.hpp"
#include "query/result_writer.hpp"

namespace query {

class Rows final : public RowSink {
public:
    struct Limits {
        std::size_t rows = 10'000;
        std::size_t bytes = std::size_t{8} << 20;
    };
    /// `memory` carries the bytes and must outlive the rows.
    Rows(std::size_t columns, Limits limits, base::MemoryBudget& memory)
        : columns_{columns}, limits_{limits}, memory_{&memory} {}

    bool add(std::span<const backend::Cell> cells) override;
    std::size_t rows() const override { return rows_; }
    std::size_t bytes() const override { return text_.size() + ends_.size() * sizeof(End); }

    std::size_t columns() const { return columns_; }
    /// Absent: NULL. The view lives as long as the rows.
    std::optional<std::string_view> at(std::size_t row, std::size_t column) const;
    /// NULL as the empty text.
    std::string_view text(std::size_t row, std::size_t column) const { return at(row, column).value_or(""); }

    /// The budget could not carry a row: then it was not added.
    const std::optional<base::Error>& out_of_memory() const { return out_of_memory_; }
    /// False: the result has more rows than fitted.
    bool complete() const { return complete_; }
    void set_complete(bool complete) { complete_ = complete; }

private:
    bool lease(std::size_t bytes);

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
    base::MemoryBudget* memory_;
    std::vector<base::Lease> leases_;
    std::size_t leased_ = 0;
    std::optional<base::Error> out_of_memory_;
};

}  // namespace query
