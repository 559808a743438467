#include "base/number_text.hpp"

#include <charconv>
#include <cmath>

namespace base {

void append_shortest(std::string& out, double value) {
    // Where every whole number is exact, and down to six places: as JavaScript prints them.
    const double size = std::abs(value);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e17);
    char text[40];
    const auto end = plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr
                           : std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
    out.append(text, end);
}

}  // namespace base
