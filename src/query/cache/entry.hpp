/// An answer as it is kept.
///
/// Threads: a value; its bytes may be shared (base/payload.hpp).
#pragma once

#include "query/namespace.hpp"

#include "base/clock.hpp"
#include "query/rendered.hpp"

namespace query::cache {

struct Entry {
    Rendered rendered;
    base::WallTime stored;  ///< when the answer came from the warehouse
};

}  // namespace query::cache
