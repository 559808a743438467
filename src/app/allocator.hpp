/// The C library's heap keeps what was freed, for the next allocation: under pressure it is given back to the system.
#pragma once

#include <cstddef>

namespace app {

/// Should it be, with so much held by the process, `unleased` of it by nobody's lease (base/memory_budget.hpp)?
bool should_trim(std::size_t limit, std::size_t resident, std::size_t unleased, std::size_t at_start);
/// Takes milliseconds: never on a worker.
void trim_heap();

}  // namespace app
