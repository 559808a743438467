/// One character of UTF-8 at a time, strictly (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
///
/// Place: below text and json_writer. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

struct Utf8Char {
    char32_t code = 0xFFFD;
    std::uint8_t length = 1;  ///< bytes to go on by; of an invalid sequence its longest correct beginning
    bool valid = false;
};

/// The character that begins at `at` (must be below `text.size()`).
constexpr Utf8Char decode_utf8(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(at);
    if (lead < 0x80) {
        return {.code = lead, .length = 1, .valid = true};
    }
    int more = 0;
    std::uint8_t low = 0x80;  // what the second byte may be (Unicode, table 3-7)
    std::uint8_t high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        more = 2;
        low = lead == 0xE0 ? 0xA0 : 0x80;
        high = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        more = 3;
        low = lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
        return {};
    }
    char32_t code = lead & (0x3F >> more);
    for (int i = 1; i <= more; ++i) {
        const std::size_t next = at + static_cast<std::size_t>(i);
        if (next >= text.size() || byte(next) < low || byte(next) > high) {
            return {.code = 0xFFFD, .length = static_cast<std::uint8_t>(i), .valid = false};
        }
        code = (code << 6) | (byte(next) & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    return {.code = code, .length = static_cast<std::uint8_t>(more + 1), .valid = true};
}

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

}  // namespace base
