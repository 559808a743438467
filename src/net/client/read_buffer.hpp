/// Bytes that came in and were not used yet: one block that a connection keeps from request to request.
///
/// Threads: its owner's. `bytes()` stays in place until the next `prepare`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace net::client {

class ReadBuffer {
public:
    static constexpr std::size_t usual = 16 * 1024;
    static constexpr std::size_t bulk = 64 * 1024;  ///< for large bodies: fewer reads

    std::string_view bytes() const { return {block_.get() + begin_, end_ - begin_}; }
    std::size_t size() const { return end_ - begin_; }
    bool empty() const { return begin_ == end_; }
    void consume(std::size_t count) { begin_ += count; }
    void commit(std::size_t count) { end_ += count; }

    /// Room behind `bytes()`: at least one byte, in a block of at least `size` bytes; a full one is doubled.
    std::span<char> prepare(std::size_t size = usual) {
        if (begin_ == end_) begin_ = end_ = 0;
        if (end_ == capacity_ && begin_ > 0) {
            std::memmove(block_.get(), block_.get() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (capacity_ < size || end_ == capacity_) grow(std::max(size, end_ == capacity_ ? capacity_ * 2 : capacity_));
        return {block_.get() + end_, capacity_ - end_};
    }

    /// Nothing is kept, and no more memory than a usual block.
    void reset() {
        begin_ = end_ = 0;
        if (capacity_ > usual) {
            block_.reset();
            capacity_ = 0;
        }
    }

private:
    void grow(std::size_t size) {
        auto larger = std::make_unique_for_overwrite<char[]>(size);
        if (end_ > begin_) std::memcpy(larger.get(), block_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        block_ = std::move(larger);
        capacity_ = size;
    }

    std::unique_ptr<char[]> block_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace net::client
