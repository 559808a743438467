/// Who may begin one more statement, and what statements cost: what the pipeline needs of quotas.
///
/// Place: asked before a statement is judged against the cache, told when it has run and when its answer is given;
/// `app` joins it to `access`. Threads: any; tasks of the call's worker.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/error.hpp"

namespace query {

class Meter {
public:
    virtual ~Meter() = default;

    /// Counts one statement of the call's principal. Errors: `overloaded`, stage `access`. Nothing: it takes a wait;
    /// ask `admit`.
    virtual std::optional<base::Result<void>> admit_now(async::Call& call) = 0;
    virtual async::Task<base::Result<void>> admit(async::Call& call) = 0;
    /// For how long the warehouse worked, whatever came of it. Of an answer that several share: whose call asked.
    virtual void ran(async::Call& call, std::chrono::nanoseconds time) = 0;
    /// An answer is given, wherever it came from.
    virtual void answered(async::Call& call, std::size_t bytes) = 0;
};

}  // namespace query
