/// What a statement answers: columns, then batches of rows, pulled one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/cell.hpp"
#include "base/error.hpp"

namespace backend {

struct Column {
    std::string name;
    std::string type;  ///< Snowflake's: NUMBER(38,0), VARCHAR(16777216), TIMESTAMP_NTZ(9), VARIANT, …
    bool nullable = true;
};

/// Which rows of a result are wanted.
struct RowRange {
    std::uint64_t skip = 0;              ///< passed over first, unread where the backend can
    std::optional<std::uint64_t> limit;  ///< at most so many behind them
};

/// Rows in columns; borrowed until the next `ResultSet::next`. Threads: its call's worker.
class Batch {
public:
    virtual ~Batch() = default;
    virtual std::size_t rows() const = 0;
    virtual Cell cell(std::size_t row, std::size_t column) const = 0;
};

/// Owns the lease of its session: destroying it (at any time, read to the end or not) stops what still runs and gives
/// the session back. Threads: its call's worker.
class ResultSet {
public:
    virtual ~ResultSet() = default;
    virtual const std::vector<Column>& columns() const = 0;
    /// Null after the last batch. Errors are final.
    virtual async::Task<base::Result<const Batch*>> next(async::Call& call) = 0;
    virtual const std::string& query_id() const = 0;
    /// Where the backend says it up front.
    virtual std::optional<std::uint64_t> total_rows() const = 0;
};

}  // namespace backend
