/// Lets everything else that is ready on this worker go first: for loops that decode, compress or render.
///
/// DESIGN.md section 4: on a worker nothing runs longer than 1 ms. Costs about a microsecond.
#pragma once

#include "async/task.hpp"
#include "async/worker.hpp"

namespace async {

Task<void> yield(Worker& worker);

}  // namespace async
