/// Decoding UTF-8, and which code points may stand outside strings in SQL.
///
/// Place: the lexer and the look-alike check of the guard. Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sql {

struct CodePoint {
    char32_t value = 0;
    std::uint8_t length = 0;  ///< bytes; 0 when the bytes are not UTF-8 (overlong, surrogate, cut off, above U+10FFFF)
};

/// The code point that starts at `index` (which must be inside `text`).
CodePoint decode_utf8(std::string_view text, std::size_t index);

enum class CodePointClass : std::uint8_t {
    letter,     // may be part of an unquoted identifier
    control,    // C1 controls
    invisible,  // blanks, line separators, joiners, direction marks: looks like nothing or hides something
    symbol,     // neither letter nor invisible: no token starts like this
};

/// The class of a code point from U+0080.
CodePointClass classify_code_point(char32_t value);

/// Direction embeddings, overrides and isolates: make text look different from what it says, so not even in comments.
bool is_bidi_control(char32_t value);

/// Ends a line for some lexers and not for others: U+0085, U+2028, U+2029.
bool is_unicode_line_end(char32_t value);

/// Appends the code point as UTF-8; what is no scalar value becomes U+FFFD. `Text` is a string-like with push_back.
template <class Text>
void append_utf8(Text& out, char32_t value) {
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) value = 0xFFFD;
    if (value < 0x80) {
        out.push_back(static_cast<char>(value));
        return;
    }
    if (value < 0x800) {
        out.push_back(static_cast<char>(0xC0 | (value >> 6)));
    } else {
        if (value < 0x10000) {
            out.push_back(static_cast<char>(0xE0 | (value >> 12)));
        } else {
            out.push_back(static_cast<char>(0xF0 | (value >> 18)));
            out.push_back(static_cast<char>(0x80 | ((value >> 12) & 0x3F)));
        }
        out.push_back(static_cast<char>(0x80 | ((value >> 6) & 0x3F)));
    }
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
}

}  // namespace sql
