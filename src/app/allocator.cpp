#include "app/allocator.hpp"

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

namespace app {

/// Where two thirds of the limit are held, and a sixteenth of it seems to be slack.
bool should_trim(std::size_t limit, std::size_t resident, std::size_t unleased, std::size_t at_start) {
    return resident > limit / 3 * 2 && unleased > at_start + limit / 16;
}

void trim_heap() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace app
