/// The render stage: pulls a result's batches and puts their rows into a sink, without holding up its worker.
///
/// Threads: its call's worker. After a bounded amount of work it lets others run.
#pragma once

#include "query/namespace.hpp"

#include <cstdint>
#include <optional>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/result_set.hpp"
#include "base/error.hpp"
#include "query/result_writer.hpp"
#include "query/selection.hpp"

namespace query {

/// Why the sink has not got every row.
enum class Ended : std::uint8_t {
    at_the_end,  // it has
    full,        // a row did not fit
};

struct ReadOptions {
    std::uint64_t skip = 0;  ///< rows (that are wanted) before the first
    bool count_all = false;  ///< read on behind a full sink, to count
};

struct Read {
    Ended ended = Ended::at_the_end;
    std::optional<std::uint64_t> total;  ///< wanted rows in the whole result, where known
};

/// Goes to the end of the worker's queue: for work that is cut into pieces of less than a millisecond.
async::Task<void> let_others_run(async::Call& call);

/// The parameters live in the caller's frame, which awaits this. Errors: the result set's own, or the call's stop.
async::Task<base::Result<Read>> read_rows(async::Call& call, backend::ResultSet& result, Selection& selection,
                                          RowSink& sink, ReadOptions options);

}  // namespace query
