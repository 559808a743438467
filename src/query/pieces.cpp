#include "query/pieces.hpp"

#include <utility>

#include "base/json_writer.hpp"

namespace query {

void Pieces::close_full() {
    if (open_.size() < piece_bytes) return;
    closed_bytes_ += open_.size();
    closed_.push_back(std::exchange(open_, {}));
    open_.reserve(piece_bytes + piece_bytes / 4);  // the last row goes beyond
}

void Pieces::append_inside_string(std::string_view text) {
    // The opening quote takes the place of the last character for a moment.
    const std::size_t at = open_.size();
    const char last = at > 0 ? open_.back() : '\0';
    if (at > 0) open_.pop_back();
    base::append_json_string(open_, text);
    open_.pop_back();
    if (at > 0) {
        open_[at - 1] = last;
    } else {
        open_.erase(0, 1);
    }
}

base::Payload Pieces::take(base::MemoryBudget* memory) {
    base::Payload payload;
    closed_.push_back(std::exchange(open_, {}));
    for (auto& piece : closed_) {
        if (piece.capacity() - piece.size() > piece.size() / 4) piece.shrink_to_fit();  // it may be kept for long
        base::Lease lease = memory ? memory->count(piece.size()) : base::Lease{};
        payload.append(base::Payload::own(std::move(piece), std::move(lease)));
    }
    closed_.clear();
    closed_bytes_ = 0;
    return payload;
}

}  // namespace query
