/// JSON text that grows in pieces: what is written is never copied again, however long the answer, so that growth and
/// the end of a large answer keep no worker for long (DESIGN.md section 4).
///
/// Place: under `ResultWriter`. Threads: its call's worker.
#pragma once

#include "query/namespace.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.hpp"
#include "base/payload.hpp"

namespace query {

class Pieces {
public:
    static constexpr std::size_t piece_bytes = std::size_t{256} * 1024;

    /// The piece that is written now. What stands in it may still be taken back, up to `close_full`.
    std::string& open() { return open_; }
    /// Where nothing will be taken back: a full piece is closed, another begins.
    void close_full();
    /// Appends `text` as it stands inside a JSON string that is open.
    void append_inside_string(std::string_view text);

    std::size_t size() const { return closed_bytes_ + open_.size(); }
    /// All of it; each piece holds its share of `memory` (null: nobody counts).
    base::Payload take(base::MemoryBudget* memory);

private:
    std::vector<std::string> closed_;
    std::size_t closed_bytes_ = 0;
    std::string open_;
};

}  // namespace query
