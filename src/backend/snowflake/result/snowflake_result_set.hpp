/// The rows of an answer: what stands in it, then its chunks, in order.
///
/// Chunks are downloaded ahead, more and more of them as they are read, within bounds of number and bytes (leases of
/// the memory budget), and never those behind the statement's limit. A download that fails is tried again with growing
/// waits; a body that broke off, or holds other rows than it should, is fetched again and read on from the row that was
/// not delivered yet; an expired URL makes the answer be asked for anew (`AnswerSource`), a bounded number of times.
///
/// Threads: its call's worker, destruction too. Downloads are tasks of the group it was given: destroying the result
/// set stops them and does not wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/task_group.hpp"
#include "backend/result_set.hpp"
#include "backend/snowflake/result/chunk_source.hpp"
#include "backend/snowflake/result/query_answer.hpp"
#include "backend/zone.hpp"
#include "base/error.hpp"
#include "base/memory_budget.hpp"

namespace backend::snowflake {

/// Asks for the same answer again, by query id: its chunks' URLs are new.
class AnswerSource {
public:
    virtual ~AnswerSource() = default;
    virtual async::Task<base::Result<QueryAnswer>> fetch_again(async::Call& call, std::string query_id) = 0;
};

struct LookAhead {
    std::size_t chunks = 4;                     ///< under way or waiting to be read
    std::size_t bytes = std::size_t{24} << 20;  ///< of them together, uncompressed; one chunk always goes
    std::size_t guess = std::size_t{8} << 20;   ///< for a chunk whose size the server does not tell
};

struct ResultParts {
    async::TaskGroup* tasks = nullptr;      ///< outlives the downloads
    base::MemoryBudget* memory = nullptr;   ///< outlives the downloads
    std::shared_ptr<ChunkSource> chunks;    ///< null: an answer with chunks is an error
    std::shared_ptr<AnswerSource> answers;  ///< null: an expired URL is an error
    std::shared_ptr<const Zone> zone;       ///< of TIMESTAMP_LTZ; null: UTC
    std::uint64_t skip = 0;                 ///< rows before the first; chunks that hold no other are not fetched
    std::optional<std::uint64_t> limit;     ///< rows that are wanted at most, behind them
    std::shared_ptr<void> keeps;            ///< released with the result set: the session's lease
    std::function<double()> random;         ///< 0 to 1, for waits; empty: a generator of its own
    LookAhead look_ahead;
};

/// Errors: `unavailable` where the answer contradicts itself (rows are announced that are not there), or has a format
/// that is neither JSON nor Arrow. `answer.success` is the caller's to check.
base::Result<std::unique_ptr<ResultSet>> open_result(QueryAnswer answer, ResultParts parts);

}  // namespace backend::snowflake
