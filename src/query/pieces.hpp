/// JSON text that grows in pieces: what is written is never copied again, however long the answer, so that growth and
/// the end of a large answer keep no worker for long (DESIGN.md section 4).
///
/// Place: under `ResultWriter`. Threads: its call's worker. Where there is a budget, its pieces are leased while they
/// grow, and each keeps its lease in the payload.
#pragma once

#include "query/namespace.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/memory_budget.hpp"
#include "base/payload.hpp"

namespace query {

class Pieces {
public:
    static constexpr std::size_t piece_bytes = std::size_t{256} * 1024;

    /// `memory`: null: nobody counts; else it outlives the payload.
    explicit Pieces(base::MemoryBudget* memory = nullptr) : memory_{memory} {}

    /// The piece that is written now. What stands in it may still be taken back, up to `close_full`.
    std::string& open() { return open_; }
    /// Where nothing will be taken back: a full piece is closed, another begins. False: the budget cannot carry it.
    bool close_full();
    /// Appends `text` as it stands inside a JSON string that is open.
    void append_inside_string(std::string_view text);

    std::size_t size() const { return closed_bytes_ + open_.size(); }
    /// Why `close_full` said no.
    const std::optional<base::Error>& out_of_memory() const { return out_of_memory_; }
    /// All of it; empty afterwards.
    base::Payload take();

private:
    bool lease(std::size_t bytes);

    struct Closed {
        std::string bytes;
        base::Lease lease;
    };
    base::MemoryBudget* memory_;
    std::vector<Closed> closed_;
    std::size_t closed_bytes_ = 0;
    std::string open_;
    base::Lease lease_;        // of the open one
    std::size_t seen_ = 0;     // of the open one, when `close_full` looked last
    std::size_t longest_ = 0;  // that was written between two looks
    std::optional<base::Error> out_of_memory_;
};

}  // namespace query
