/// What Redis answered, without Boost.Redis' headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace net::redis {

/// One command's answer, or one element of it: arrays are flattened in pre-order, as they came.
struct Element {
    enum class Type : std::uint8_t { null, text, integer, array, error };
    Type type = Type::null;
    std::size_t size = 0;   ///< of an array
    std::size_t depth = 0;  ///< 0: the answer itself
    std::string text;
};
using Reply = std::vector<Element>;

}  // namespace net::redis
