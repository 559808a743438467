#include "base/payload.hpp"

#include <iterator>
#include <utility>

namespace base {

namespace {

struct OwnedBytes {
    std::string bytes;
    Lease lease;
};

}  // namespace

Payload Payload::own(std::string bytes, Lease lease) {
    Payload payload;
    if (bytes.empty()) {
        return payload;
    }
    auto owned = std::make_shared<const OwnedBytes>(std::move(bytes), std::move(lease));
    const std::string_view view = owned->bytes;
    payload.size_ = view.size();
    payload.segments_.push_back(Segment{.owner = std::move(owned), .bytes = view});
    return payload;
}

Payload Payload::literal(std::string_view bytes) {
    Payload payload;
    if (!bytes.empty()) {
        payload.size_ = bytes.size();
        payload.segments_.push_back(Segment{.owner = nullptr, .bytes = bytes});
    }
    return payload;
}

void Payload::append(Payload other) {
    if (segments_.empty()) {
        *this = std::move(other);
    } else {
        segments_.insert(segments_.end(), std::make_move_iterator(other.segments_.begin()),
                         std::make_move_iterator(other.segments_.end()));
        size_ += other.size_;
    }
    other.segments_.clear();
    other.size_ = 0;
}

std::string Payload::to_string() const {
    std::string all;
    all.reserve(size_);
    for (const Segment& segment : segments_) {
        all.append(segment.bytes);
    }
    return all;
}

}  // namespace base
