#include "sql/utf8.hpp"

#include <algorithm>
#include <array>

namespace sql {

CodePoint decode_utf8(std::string_view text, std::size_t index) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[index + i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::uint8_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - index < length) return {};
    char32_t value = lead & (0x7F >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        value = (value << 6) | (byte(i) & 0x3F);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
    return {value, length};
}

namespace {

struct Range {
    char32_t first;
    char32_t last;
    CodePointClass kind;
};

// Sorted; what no range holds is a letter. Unassigned code points count as letters: they can only name things.
constexpr std::array ranges{
    Range{0x80, 0x9F, CodePointClass::control},          // C1, U+0085 among them
    Range{0xA0, 0xA0, CodePointClass::invisible},        // no-break space
    Range{0xA1, 0xA9, CodePointClass::symbol},           //
    Range{0xAB, 0xAC, CodePointClass::symbol},           //
    Range{0xAD, 0xAD, CodePointClass::invisible},        // soft hyphen
    Range{0xAE, 0xB4, CodePointClass::symbol},           //
    Range{0xB6, 0xB9, CodePointClass::symbol},           //
    Range{0xBB, 0xBF, CodePointClass::symbol},           //
    Range{0xD7, 0xD7, CodePointClass::symbol},           // multiplication sign
    Range{0xF7, 0xF7, CodePointClass::symbol},           // division sign
    Range{0x34F, 0x34F, CodePointClass::invisible},      // combining grapheme joiner
    Range{0x37E, 0x37E, CodePointClass::symbol},         // Greek question mark: looks like ;
    Range{0x61C, 0x61C, CodePointClass::invisible},      // Arabic letter mark
    Range{0x115F, 0x1160, CodePointClass::invisible},    // Hangul fillers
    Range{0x1680, 0x1680, CodePointClass::invisible},    // Ogham space
    Range{0x17B4, 0x17B5, CodePointClass::invisible},    //
    Range{0x180B, 0x180F, CodePointClass::invisible},    // Mongolian separators
    Range{0x2000, 0x200F, CodePointClass::invisible},    // blanks, joiners, direction marks
    Range{0x2010, 0x2027, CodePointClass::symbol},       // dashes, curly quotes
    Range{0x2028, 0x202F, CodePointClass::invisible},    // line and paragraph separators, embeddings, overrides
    Range{0x2030, 0x205E, CodePointClass::symbol},       //
    Range{0x205F, 0x206F, CodePointClass::invisible},    // word joiner, isolates
    Range{0x2070, 0x20CF, CodePointClass::symbol},       // superscripts, currency
    Range{0x2190, 0x27FF, CodePointClass::symbol},       // arrows, mathematics, boxes, dingbats
    Range{0x2800, 0x2800, CodePointClass::invisible},    // Braille blank
    Range{0x2801, 0x2BFF, CodePointClass::symbol},       //
    Range{0x2E00, 0x2E7F, CodePointClass::symbol},       // supplemental punctuation
    Range{0x3000, 0x3000, CodePointClass::invisible},    // ideographic space
    Range{0x3001, 0x3004, CodePointClass::symbol},       // CJK punctuation
    Range{0x3008, 0x3020, CodePointClass::symbol},       //
    Range{0x3030, 0x3030, CodePointClass::symbol},       //
    Range{0x3164, 0x3164, CodePointClass::invisible},    // Hangul filler
    Range{0xD800, 0xF8FF, CodePointClass::symbol},       // surrogates, private use
    Range{0xFE00, 0xFE0F, CodePointClass::invisible},    // variation selectors
    Range{0xFE10, 0xFE1F, CodePointClass::symbol},       //
    Range{0xFE30, 0xFE6F, CodePointClass::symbol},       // small and vertical forms
    Range{0xFEFF, 0xFEFF, CodePointClass::invisible},    // byte order mark
    Range{0xFF01, 0xFF0F, CodePointClass::symbol},       // full-width punctuation
    Range{0xFF1A, 0xFF20, CodePointClass::symbol},       //
    Range{0xFF3B, 0xFF3E, CodePointClass::symbol},       // (full-width low line is a letter here)
    Range{0xFF40, 0xFF40, CodePointClass::symbol},       //
    Range{0xFF5B, 0xFF65, CodePointClass::symbol},       //
    Range{0xFFA0, 0xFFA0, CodePointClass::invisible},    // half-width Hangul filler
    Range{0xFFE0, 0xFFEF, CodePointClass::symbol},       //
    Range{0xFFF0, 0xFFFB, CodePointClass::invisible},    //
    Range{0xFFFC, 0xFFFF, CodePointClass::symbol},       //
    Range{0x1BCA0, 0x1BCA3, CodePointClass::invisible},  //
    Range{0x1D173, 0x1D17A, CodePointClass::invisible},  //
    Range{0x1F000, 0x1FAFF, CodePointClass::symbol},     // emoji
    Range{0xE0000, 0xE0FFF, CodePointClass::invisible},  // tags, variation selectors
    Range{0xF0000, 0x10FFFF, CodePointClass::symbol},    // private use
};

}  // namespace

CodePointClass classify_code_point(char32_t value) {
    const auto after = std::upper_bound(ranges.begin(), ranges.end(), value,
                                        [](char32_t v, const Range& range) { return v < range.first; });
    if (after == ranges.begin()) return CodePointClass::letter;
    const Range& range = *(after - 1);
    return value <= range.last ? range.kind : CodePointClass::letter;
}

bool is_bidi_control(char32_t value) {
    return (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
}

bool is_unicode_line_end(char32_t value) { return value == 0x85 || value == 0x2028 || value == 0x2029; }

}  // namespace sql
