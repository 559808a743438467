#include "net/server/input_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace net {

BlockPtr BlockPool::take() {
    if (spare_.empty()) return std::make_shared<Block>(block_size);
    auto block = std::move(spare_.back());
    spare_.pop_back();
    return block;
}

void BlockPool::give_back(BlockPtr block) {
    if (block && block.use_count() == 1 && block->size == block_size && spare_.size() < max_spare) {
        spare_.push_back(std::move(block));
    }
}

base::Result<std::span<char>> InputBuffer::prepare(std::size_t wanted) {
    if (!block_) {
        block_ = pool_.take();
        begin_ = end_ = 0;
    }
    if (empty() && !shared()) begin_ = end_ = 0;
    const bool too_small = block_->size < wanted;
    if (end_ == block_->size || (too_small && end_ * 2 > block_->size)) {
        if (begin_ > 0 && !shared() && !too_small) {
            std::memmove(block_->bytes.get(), block_->bytes.get() + begin_, size());
            end_ -= std::exchange(begin_, 0);
        } else if (auto moved = move_to_larger(wanted); !moved) {
            return base::fail(std::move(moved).error());
        }
    }
    return std::span<char>{block_->bytes.get() + end_, block_->size - end_};
}

base::Result<void> InputBuffer::move_to_larger(std::size_t wanted) {
    // A full block of one request doubles; bytes behind another request's only need a fresh one.
    const auto grown = begin_ == 0 ? block_->size * 2 : std::max(BlockPool::block_size, size() * 2);
    const auto capacity = wanted > 0 ? std::clamp(wanted, size() + 1, std::max(grown, size() + 1)) : grown;
    BlockPtr fresh;
    if (capacity <= BlockPool::block_size) {
        fresh = pool_.take();
    } else {
        base::Lease lease;
        if (budget_ != nullptr) {
            auto taken = budget_->take(capacity);
            if (!taken) return base::fail(std::move(taken).error());
            lease = std::move(*taken);
        }
        fresh = std::make_shared<Block>(capacity);
        fresh->lease = std::move(lease);
    }
    std::memcpy(fresh->bytes.get(), block_->bytes.get() + begin_, size());
    end_ -= std::exchange(begin_, 0);
    pool_.give_back(std::exchange(block_, std::move(fresh)));
    return {};
}

void InputBuffer::cut(std::size_t at, std::size_t count) {
    char* const hole = block_->bytes.get() + begin_ + at;
    std::memmove(hole, hole + count, size() - at - count);
    end_ -= count;
}

void InputBuffer::release() {
    if (!empty() || !block_) return;
    pool_.give_back(std::move(block_));
    block_.reset();
    begin_ = end_ = 0;
}

}  // namespace net
