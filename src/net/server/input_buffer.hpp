/// Bytes that came in on a connection: one block at a time, shared with the exchange whose request lies in it.
///
/// Place: under a codec. A connection that waits for a request holds no block at all (`release`): blocks come from the
/// worker's pool and go back there, so idle connections cost nothing here. A block that an exchange still reads is
/// never moved or written over: later bytes go behind it, or into a new block. Threads: its worker's only.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/memory_budget.hpp"

namespace net {

struct Block {
    explicit Block(std::size_t size) : bytes{std::make_unique_for_overwrite<char[]>(size)}, size{size} {}
    std::unique_ptr<char[]> bytes;
    std::size_t size;
    base::Lease lease;  ///< for blocks above the pool's size
};

using BlockPtr = std::shared_ptr<Block>;

/// Spare blocks of one worker.
class BlockPool {
public:
    static constexpr std::size_t block_size = 16 * 1024;
    static constexpr std::size_t max_spare = 64;

    BlockPtr take();
    void give_back(BlockPtr block);  ///< only blocks that nobody else holds are kept

private:
    std::vector<BlockPtr> spare_;
};

class InputBuffer {
public:
    /// `budget`: for blocks above the pool's size; may be null.
    InputBuffer(BlockPool& pool, base::MemoryBudget* budget) : pool_{pool}, budget_{budget} {}

    /// Room for at least one more byte behind `bytes()`; `wanted`: how many the current request needs in all (a hint,
    /// grown towards by doubling, so that a length that was only announced allocates nothing). Error: the budget
    /// refused.
    base::Result<std::span<char>> prepare(std::size_t wanted = 0);
    void commit(std::size_t count) { end_ += count; }

    /// What came in and was not consumed.
    std::span<char> bytes() const { return {block_ ? block_->bytes.get() + begin_ : nullptr, end_ - begin_}; }
    std::size_t size() const { return end_ - begin_; }
    bool empty() const { return begin_ == end_; }
    void consume(std::size_t count) { begin_ += count; }
    /// Takes bytes out at `at` (chunk framing), moving what is behind: unconsumed bytes only, which nobody else reads.
    void cut(std::size_t at, std::size_t count);

    /// What keeps `bytes()` alive and in place for whoever holds it.
    std::shared_ptr<const void> storage() const { return block_; }
    /// Gives the block back when nothing lies in it.
    void release();
    bool holds_block() const { return block_ != nullptr; }

private:
    bool shared() const { return block_.use_count() > 1; }
    base::Result<void> move_to_larger(std::size_t wanted);

    BlockPool& pool_;
    base::MemoryBudget* budget_;
    BlockPtr block_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace net
