#include "net/server/output_queue.hpp"

#include <algorithm>
#include <utility>

namespace net {

void OutputQueue::text_added() {
    const auto added = text_.size() - text_end_;
    if (added == 0) return;
    if (pieces_.size() > first_ && pieces_.back().in_text) {
        pieces_.back().length += added;
    } else {
        pieces_.push_back({.segment = {}, .offset = text_end_, .length = added, .in_text = true});
    }
    text_end_ = text_.size();
    size_ += added;
}

void OutputQueue::append(base::Payload payload) {
    for (const auto& segment : payload.segments()) {
        if (segment.bytes.size() <= copy_up_to) {
            append(segment.bytes);
        } else {
            pieces_.push_back({.segment = segment, .offset = 0, .length = segment.bytes.size(), .in_text = false});
            size_ += segment.bytes.size();
        }
    }
}

std::size_t OutputQueue::gather(std::span<iovec> into) const {
    std::size_t count = 0;
    std::size_t skip = head_done_;
    for (std::size_t i = first_; i < pieces_.size() && count < into.size(); ++i) {
        const auto& piece = pieces_[i];
        const char* const start = piece.in_text ? text_.data() + piece.offset : piece.segment.bytes.data();
        into[count++] = {.iov_base = const_cast<char*>(start) + skip, .iov_len = piece.length - skip};
        skip = 0;
    }
    return count;
}

void OutputQueue::consume(std::size_t count) {
    size_ -= count;
    if (size_ == 0) return clear();
    count += head_done_;
    while (count >= pieces_[first_].length) {
        count -= pieces_[first_].length;
        pieces_[first_++] = {};
    }
    head_done_ = count;
    // A peer that is always behind must not make the sent part grow.
    if (first_ > 64) {
        pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
    if (auto& first = pieces_[first_]; first.in_text) {
        first.offset += head_done_;
        first.length -= std::exchange(head_done_, 0);
    }
    const auto text_piece = std::find_if(pieces_.begin() + static_cast<std::ptrdiff_t>(first_), pieces_.end(),
                                         [](const Piece& piece) { return piece.in_text; });
    const auto sent = text_piece == pieces_.end() ? text_end_ : text_piece->offset;
    if (sent < 32 * 1024 || sent * 2 < text_.size()) return;
    text_.erase(0, sent);
    text_end_ -= sent;
    for (auto& piece : pieces_) {
        if (piece.in_text) piece.offset -= sent;
    }
}

std::string OutputQueue::take() {
    std::string all;
    std::size_t skip = head_done_;
    for (std::size_t i = first_; i < pieces_.size(); ++i) {
        const auto& piece = pieces_[i];
        const auto bytes =
            piece.in_text ? std::string_view{text_}.substr(piece.offset, piece.length) : piece.segment.bytes;
        all.append(bytes.substr(skip));
        skip = 0;
    }
    clear();
    return all;
}

void OutputQueue::clear() {
    text_.clear();
    pieces_.clear();
    text_end_ = size_ = head_done_ = first_ = 0;
}

void OutputQueue::release() {
    if (!empty()) return;
    if (text_.capacity() > keep) std::string{}.swap(text_);
    if (pieces_.capacity() > 16) std::vector<Piece>{}.swap(pieces_);
}

}  // namespace net
