/// The rows of one body (inline rows, or a chunk), decoded a batch at a time.
///
/// Place: made by the result set. Threads: its call's worker. A step (`next`) takes well below a millisecond: batches
/// are cut to some thousand cells, whatever the body's own batches are.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "backend/result_set.hpp"
#include "backend/snowflake/result/cell_plan.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

/// Cells of one batch at most (but for a single row that has more).
inline constexpr std::size_t most_cells_a_batch = 8'192;

class RowsReader {
public:
    virtual ~RowsReader() = default;
    /// Null at the end. The batch is borrowed until the next call. An error says that the body is broken from here on
    /// (what came before stands): `unavailable`.
    virtual base::Result<const Batch*> next() = 0;
};

/// JSON rows: `["a",null],["b","c"]`, with or without outer brackets, a byte-order mark, a comma at the end. The body
/// is changed in place. `plans` outlives the reader.
std::unique_ptr<RowsReader> read_json_rows(std::string body, const std::vector<CellPlan>& plans);

/// An Arrow IPC stream. The types' names and the fields of `types` (may be empty: then the stream's own count) must
/// match the stream's schema in number. Empty body: no rows. `zone` outlives the reader.
std::unique_ptr<RowsReader> read_arrow_rows(std::string body, const std::vector<RowType>& types, const Zone& zone);

/// The columns that an Arrow stream names in its schema, for answers that came without row types.
base::Result<std::vector<RowType>> arrow_row_types(std::string_view body);

}  // namespace backend::snowflake
