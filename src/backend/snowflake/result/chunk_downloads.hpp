/// Chunks on their way: downloaded ahead of their reader, in bounded number and size, kept until they are taken.
///
/// Place: under a result set, shared with its download tasks (a task may outlive the result set by the time it takes to
/// notice). Threads: one worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/signal.hpp"
#include "backend/snowflake/result/chunk_retry.hpp"
#include "backend/snowflake/result/snowflake_result_set.hpp"

namespace backend::snowflake {

class ChunkDownloads : public std::enable_shared_from_this<ChunkDownloads> {
public:
    struct Body {
        std::string bytes;
        base::Lease lease;
    };

    ChunkDownloads(std::vector<Chunk> chunks, HeaderList headers, const ResultParts& parts,
                   std::optional<std::uint64_t> rows_wanted);

    std::size_t size() const { return chunks_.size(); }
    const Chunk& operator[](std::size_t index) const { return chunks_[index]; }

    /// Starts the first ones, so that they come while inline rows are read. What cannot start now starts later.
    void begin(async::Call& call);
    /// The body of chunk `index`; the reader goes forward only, and calls this again for a chunk whose body was broken.
    /// What came before `index` must have been given back. Errors: final, but `fresh_url`.
    async::Task<std::expected<Body, ChunkFailure>> take(async::Call& call, std::size_t index);
    /// The next `take` of the chunk waits so long before it asks for it.
    void wait_before(std::size_t index, std::chrono::milliseconds wait) { slots_[index].wait = wait; }
    /// New URLs for the same chunks; what failed for its URL may be tried again.
    void replace(std::vector<Chunk> chunks, HeaderList headers);
    /// Memory of the body that was taken last is free again.
    void release() { held_ = 0; }
    /// Stops what is under way.
    void abandon();

private:
    enum class State : std::uint8_t { idle, running, done, failed };
    struct Slot {
        State state = State::idle;
        std::string body;
        base::Lease lease;
        std::optional<ChunkFailure> failure;
        std::chrono::milliseconds wait{0};
    };

    static async::Task<void> run(async::Call& call, std::shared_ptr<ChunkDownloads> self, std::size_t index);
    async::Task<void> download(async::Call& call, std::size_t index);
    std::expected<void, ChunkFailure> start_some(async::Call& call, std::size_t from);
    base::Result<void> start(async::Call& call, std::size_t index);
    std::size_t bytes_of(std::size_t index) const;
    void ended(async::Call& call, std::size_t index);

    std::vector<Chunk> chunks_;
    HeaderList headers_;
    async::TaskGroup& tasks_;
    base::MemoryBudget& memory_;
    std::shared_ptr<ChunkSource> source_;
    std::function<double()> random_;
    LookAhead look_ahead_;
    std::size_t wanted_ = 0;  // chunks behind it hold no row that is wanted
    std::vector<Slot> slots_;
    std::size_t held_ = 0;  // bytes of the body that its reader has
    async::Signal changed_;
    std::vector<async::Call*> running_;
    bool abandoned_ = false;
};

}  // namespace backend::snowflake
