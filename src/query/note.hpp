/// What the server has to say about an answer, in its own words: how much was cut and how to go on. Holds no text of
/// strangers. Pure.
#pragma once

#include "query/namespace.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include "query/answer.hpp"

namespace query {

struct NoteFacts {
    std::uint64_t first = 0;  ///< rows before the answer's first
    bool more = false;
    bool goes_on = false;        ///< with a cursor
    bool same_result = false;    ///< which goes on in this very result, whatever happens to the tables
    bool full_of_bytes = false;  ///< MAX_RESULT_BYTES ended the answer, not its limit
    std::size_t max_bytes = 0;
    std::size_t cut_values = 0;
    std::optional<std::size_t> lowered_limit;  ///< MAX_QUERY_RESULT_ROWS, where the limit asked for was above
    bool counted = false;                      ///< the result was read to its end for the count
};

/// Empty where there is nothing to say. The cursor itself is not in it: `ResultWriter` puts it where it is needed.
std::string make_note(const Facts& facts, const NoteFacts& more);

}  // namespace query
