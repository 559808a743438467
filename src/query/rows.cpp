#include "query/rows.hpp"

namespace query {

bool Rows::add(std::span<const backend::Cell> cells) {
    if (rows_ >= limits_.rows) return false;
    const std::size_t text_before = text_.size();
    const std::size_t ends_before = ends_.size();
    for (const auto& cell : cells) {
        backend::append_text(text_, cell);
        ends_.push_back({static_cast<std::uint32_t>(text_.size()), cell.is_null()});
    }
    if (bytes() > limits_.bytes) {
        text_.resize(text_before);
        ends_.resize(ends_before);
        return false;
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
