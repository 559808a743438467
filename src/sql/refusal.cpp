#include "sql/refusal.hpp"

#include "sql/utf8.hpp"

namespace sql {

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 120;
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (out.size() >= longest) {
            out += "...";
            break;
        }
        const CodePoint point = decode_utf8(text, i);
        const bool is_plain = point.length == 1 && point.value >= 0x20 && point.value != 0x7F;
        const bool is_letter = point.length > 1 && classify_code_point(point.value) == CodePointClass::letter;
        if (is_plain || is_letter) {
            out += text.substr(i, point.length);
        } else {
            out.push_back('?');
        }
        i += point.length == 0 ? 1 : point.length;
    }
    return out;
}

}  // namespace sql
