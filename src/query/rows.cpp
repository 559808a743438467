#include "query/rows.hpp"

namespace query {

namespace {

constexpr std::size_t step = std::size_t{256} * 1024;  // of leases

constexpr std::size_t short_value = 64;  // longer than any that is neither text, binary nor JSON

std::size_t most_bytes(std::span<const backend::Cell> cells) {
    std::size_t bytes = 0;
    for (const auto& cell : cells) {
        switch (cell.kind()) {
            case backend::Cell::Kind::text:
            case backend::Cell::Kind::json: bytes += cell.as_view().size(); break;
            case backend::Cell::Kind::binary: bytes += 2 * cell.as_view().size(); break;
            default: bytes += short_value; break;
        }
    }
    return bytes;
}

}  // namespace

bool Rows::lease(std::size_t bytes) {
    while (leased_ < bytes) {
        auto more = memory_->take(step);
        if (!more) {
            out_of_memory_ = std::move(more.error());
            return false;
        }
        leases_.push_back(std::move(*more));
        leased_ += step;
    }
    return true;
}

bool Rows::add(std::span<const backend::Cell> cells) {
    if (rows_ >= limits_.rows || out_of_memory_) return false;
    const std::size_t more = most_bytes(cells) + cells.size() * sizeof(End);
    if (bytes() + more > limits_.bytes || !lease(bytes() + more)) return false;
    for (const auto& cell : cells) {
        backend::append_text(text_, cell);
        ends_.push_back({static_cast<std::uint32_t>(text_.size()), cell.is_null()});
    }
    ++rows_;
    return true;
}

std::optional<std::string_view> Rows::at(std::size_t row, std::size_t column) const {
    const std::size_t index = row * columns_ + column;
    if (ends_[index].null) return std::nullopt;
    const std::size_t start = index == 0 ? 0 : ends_[index - 1].end;
    return std::string_view{text_}.substr(start, ends_[index].end - start);
}

}  // namespace query
