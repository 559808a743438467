#include "query/pieces.hpp"

#include <algorithm>
#include <utility>

#include "base/json_writer.hpp"

namespace query {

namespace {

constexpr std::size_t longest_left_out = Pieces::piece_bytes / 8;
constexpr std::size_t lease_step = std::size_t{8} * 1024;

}  // namespace

/// The open piece holds `bytes`, or is about to.
bool Pieces::lease(std::size_t bytes) {
    if (memory_ == nullptr || bytes <= lease_.bytes()) return true;
    const std::size_t more = (bytes - lease_.bytes() + lease_step - 1) / lease_step * lease_step;
    auto leased = memory_->grow(closed_bytes_ + lease_.bytes(), more);
    if (!leased) {
        out_of_memory_ = std::move(leased.error());
        return false;
    }
    lease_.join(std::move(*leased));
    return true;
}

/// A piece ends where another row like the longest so far would make it grow once more: growing copies, and leaves room
/// that nobody uses.
bool Pieces::close_full() {
    longest_ = std::max(longest_, open_.size() - std::min(open_.size(), seen_));
    seen_ = open_.size();
    if (!lease(open_.capacity())) return false;
    if (seen_ + std::min(longest_, longest_left_out) < piece_bytes) return true;
    seen_ = 0;
    closed_bytes_ += open_.size();
    closed_.push_back({std::exchange(open_, {}), std::exchange(lease_, {})});
    if (!lease(piece_bytes)) return false;
    open_.reserve(piece_bytes);
    return true;
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

base::Payload Pieces::take() {
    base::Payload payload;
    closed_.push_back({std::exchange(open_, {}), std::exchange(lease_, {})});
    for (auto& [bytes, lease] : closed_) {
        if (bytes.capacity() - bytes.size() > bytes.size() / 4) bytes.shrink_to_fit();  // it may be kept for long
        if (memory_ != nullptr && lease.bytes() < bytes.size())
            lease.join(memory_->count(bytes.size() - lease.bytes()));
        lease.shrink_to(bytes.size());
        payload.append(base::Payload::own(std::move(bytes), std::move(lease)));
    }
    closed_.clear();
    closed_bytes_ = seen_ = 0;
    return payload;
}

}  // namespace query
