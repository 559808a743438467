/// An answer as it is kept: the two fragments that any caller may share, and what is said of them.
///
/// Threads: a value; its bytes may be shared (base/payload.hpp).
#pragma once

#include "query/namespace.hpp"

#include <cstddef>

#include "base/clock.hpp"
#include "query/answer.hpp"

namespace query::cache {

struct Entry {
    Answer answer;          ///< without a cursor: that is sealed for one principal
    base::WallTime stored;  ///< when the answer came from the warehouse

    /// What it holds of the process's memory.
    std::size_t bytes() const;
};

}  // namespace query::cache
