#include "sql/look_alike.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "sql/functions.hpp"
#include "sql/keyword.hpp"
#include "sql/quoting.hpp"
#include "sql/utf8.hpp"

namespace sql {

namespace {

struct Pair {
    char32_t letter;
    char like;
};

// Sorted by letter.
constexpr auto pairs = std::to_array<Pair>({
    {0x0130, 'I'}, {0x0131, 'I'}, {0x017F, 'S'}, {0x0184, 'B'}, {0x01A6, 'R'}, {0x01BD, 'S'}, {0x01C0, 'L'},
    {0x0251, 'A'}, {0x0261, 'G'}, {0x0269, 'I'}, {0x026A, 'I'}, {0x026F, 'W'}, {0x0274, 'N'}, {0x0280, 'R'},
    {0x028B, 'U'}, {0x028F, 'Y'}, {0x0299, 'B'}, {0x029C, 'H'}, {0x029F, 'L'}, {0x037F, 'J'}, {0x0391, 'A'},
    {0x0392, 'B'}, {0x0395, 'E'}, {0x0396, 'Z'}, {0x0397, 'H'}, {0x0399, 'I'}, {0x039A, 'K'}, {0x039C, 'M'},
    {0x039D, 'N'}, {0x039F, 'O'}, {0x03A1, 'P'}, {0x03A4, 'T'}, {0x03A5, 'Y'}, {0x03A7, 'X'}, {0x03B1, 'A'},
    {0x03B3, 'Y'}, {0x03B9, 'I'}, {0x03BD, 'V'}, {0x03BF, 'O'}, {0x03C1, 'P'}, {0x03C3, 'O'}, {0x03C5, 'U'},
    {0x03F2, 'C'}, {0x03F3, 'J'}, {0x03F9, 'C'}, {0x0405, 'S'}, {0x0406, 'I'}, {0x0408, 'J'}, {0x0410, 'A'},
    {0x0412, 'B'}, {0x0415, 'E'}, {0x041A, 'K'}, {0x041C, 'M'}, {0x041D, 'H'}, {0x041E, 'O'}, {0x0420, 'P'},
    {0x0421, 'C'}, {0x0422, 'T'}, {0x0423, 'Y'}, {0x0425, 'X'}, {0x0430, 'A'}, {0x0435, 'E'}, {0x043E, 'O'},
    {0x0440, 'P'}, {0x0441, 'C'}, {0x0443, 'Y'}, {0x0445, 'X'}, {0x0455, 'S'}, {0x0456, 'I'}, {0x0458, 'J'},
    {0x0474, 'V'}, {0x0475, 'V'}, {0x04AE, 'Y'}, {0x04AF, 'Y'}, {0x04BB, 'H'}, {0x04C0, 'I'}, {0x04CF, 'L'},
    {0x0501, 'D'}, {0x050C, 'G'}, {0x051A, 'Q'}, {0x051B, 'Q'}, {0x051C, 'W'}, {0x051D, 'W'}, {0x0555, 'O'},
    {0x0578, 'N'}, {0x057D, 'U'}, {0x0581, 'G'}, {0x0585, 'O'}, {0x13A0, 'D'}, {0x13A1, 'R'}, {0x13A2, 'T'},
    {0x13A5, 'I'}, {0x13A9, 'Y'}, {0x13AA, 'A'}, {0x13AB, 'J'}, {0x13AC, 'E'}, {0x13B3, 'W'}, {0x13B7, 'M'},
    {0x13BB, 'H'}, {0x13C0, 'G'}, {0x13C3, 'Z'}, {0x13CF, 'B'}, {0x13D2, 'R'}, {0x13D4, 'W'}, {0x13D5, 'S'},
    {0x13D9, 'V'}, {0x13DA, 'S'}, {0x13DE, 'L'}, {0x13DF, 'C'}, {0x13E2, 'P'}, {0x13E6, 'K'}, {0x13E7, 'D'},
    {0x1D00, 'A'}, {0x1D04, 'C'}, {0x1D05, 'D'}, {0x1D07, 'E'}, {0x1D0A, 'J'}, {0x1D0B, 'K'}, {0x1D0D, 'M'},
    {0x1D0F, 'O'}, {0x1D18, 'P'}, {0x1D1B, 'T'}, {0x1D1C, 'U'}, {0x1D20, 'V'}, {0x1D21, 'W'}, {0x1D22, 'Z'},
    {0x2102, 'C'}, {0x210A, 'G'}, {0x210B, 'H'}, {0x210C, 'H'}, {0x210D, 'H'}, {0x210E, 'H'}, {0x2110, 'I'},
    {0x2111, 'I'}, {0x2112, 'L'}, {0x2113, 'L'}, {0x2115, 'N'}, {0x2119, 'P'}, {0x211A, 'Q'}, {0x211B, 'R'},
    {0x211C, 'R'}, {0x211D, 'R'}, {0x2124, 'Z'}, {0x2128, 'Z'}, {0x212A, 'K'}, {0x212C, 'B'}, {0x212D, 'C'},
    {0x212E, 'E'}, {0x212F, 'E'}, {0x2130, 'E'}, {0x2131, 'F'}, {0x2133, 'M'}, {0x2134, 'O'}, {0x2139, 'I'},
    {0x2160, 'I'}, {0x2164, 'V'}, {0x2169, 'X'}, {0x216C, 'L'}, {0x216D, 'C'}, {0x216E, 'D'}, {0x216F, 'M'},
    {0x2170, 'I'}, {0x2174, 'V'}, {0x2179, 'X'}, {0x217C, 'L'}, {0x217D, 'C'}, {0x217E, 'D'}, {0x217F, 'M'},
    {0xFF3F, '_'},
});

/// Letters that stand for several: in capitals they become them (`ß` is SS, `ﬆ` is ST).
std::string_view several(char32_t letter) {
    switch (letter) {
        case 0x00DF:
        case 0x1E9E: return "SS";
        case 0xFB00: return "FF";
        case 0xFB01: return "FI";
        case 0xFB02: return "FL";
        case 0xFB03: return "FFI";
        case 0xFB04: return "FFL";
        case 0xFB05:
        case 0xFB06: return "ST";
        default: return {};
    }
}

/// The ASCII letter that `letter` is drawn like, in capitals; 0 when there is none.
char like(char32_t letter) {
    if (letter < 0x80) {
        const char c = static_cast<char>(letter);
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    if (letter >= 0xFF10 && letter <= 0xFF19) return static_cast<char>('0' + (letter - 0xFF10));
    if (letter >= 0xFF21 && letter <= 0xFF3A) return static_cast<char>('A' + (letter - 0xFF21));
    if (letter >= 0xFF41 && letter <= 0xFF5A) return static_cast<char>('A' + (letter - 0xFF41));
    // Mathematical alphabets: runs of A-Z a-z in bold, italic, script, …, then digits.
    if (letter >= 0x1D400 && letter <= 0x1D6A3) return static_cast<char>('A' + (letter - 0x1D400) % 26);
    if (letter >= 0x1D7CE && letter <= 0x1D7FF) return static_cast<char>('0' + (letter - 0x1D7CE) % 10);
    const auto* found = std::lower_bound(pairs.begin(), pairs.end(), letter,
                                         [](const Pair& pair, char32_t value) { return pair.letter < value; });
    return found != pairs.end() && found->letter == letter ? found->like : '\0';
}

}  // namespace

bool is_look_alike(std::string_view word) {
    std::string skeleton;
    for (std::size_t i = 0; i < word.size();) {
        const CodePoint point = decode_utf8(word, i);
        if (point.length == 0) return false;
        i += point.length;
        const bool is_mark = point.value >= 0x300 && point.value <= 0x36F;  // combining: DŔOP is read DROP
        if (is_mark) continue;
        if (const std::string_view letters = several(point.value); !letters.empty()) {
            skeleton += letters;
            continue;
        }
        const char letter = like(point.value);
        if (letter == '\0') return false;
        skeleton.push_back(letter);
    }
    return keyword_of(skeleton) != Keyword::none || is_reserved_word(skeleton) ||
           function_class(skeleton) != FunctionClass::unknown;
}

}  // namespace sql
