/// A small number for each thread that is alive: which cell of a metric is its own.
///
/// Numbers below `own` belong to one thread at a time and are given on when it ends; further threads share two more.
#pragma once

#include <cstddef>

namespace base::detail {

struct ThreadSlot {
    static constexpr std::size_t own = 30;
    static constexpr std::size_t all = 32;

    std::size_t index;
    bool shared() const { return index >= own; }

    static ThreadSlot mine();
};

}  // namespace base::detail
