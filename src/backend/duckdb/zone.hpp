/// Offsets of one time zone, as a list of transitions. Threads: immutable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace backend::duckdb {

struct Zone {
    struct Transition {
        std::int64_t from;  ///< seconds since 1970, UTC
        std::int16_t offset_minutes;
    };
    std::string name = "UTC";
    std::int16_t first_offset = 0;        ///< before the first transition
    std::vector<Transition> transitions;  ///< ascending

    std::int16_t offset_at(std::int64_t seconds) const {
        std::int16_t offset = first_offset;
        std::size_t low = 0;
        std::size_t high = transitions.size();
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            if (transitions[middle].from <= seconds) {
                offset = transitions[middle].offset_minutes;
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return offset;
    }
};

}  // namespace backend::duckdb
