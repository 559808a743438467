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

namespace detail {

constexpr bool continues(std::uint8_t byte) { return (byte & 0xC0) == 0x80; }

/// May `second` follow `lead` (Unicode, table 3-7)? No overlong form, no surrogate, nothing above U+10FFFF.
constexpr bool second_fits(std::uint8_t lead, std::uint8_t second) {
    switch (lead) {
        case 0xE0: return second >= 0xA0 && second <= 0xBF;
        case 0xED: return second >= 0x80 && second <= 0x9F;
        case 0xF0: return second >= 0x90 && second <= 0xBF;
        case 0xF4: return second >= 0x80 && second <= 0x8F;
        default: return continues(second);
    }
}

constexpr int length_of(std::uint8_t lead) {
    return lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 1;
}

}  // namespace detail

/// The character that begins at `at` (must be below `text.size()`).
[[gnu::always_inline]] constexpr Utf8Char decode_utf8(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
    const std::size_t left = text.size() - at;
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) {
        return {.code = lead, .length = 1, .valid = true};
    }
    const int length = detail::length_of(lead);
    if (length == 1 || left < 2 || !detail::second_fits(lead, byte(1))) {
        return {};
    }
    if (length == 2) {
        return {.code = (lead & 0x1FU) << 6 | (byte(1) & 0x3FU), .length = 2, .valid = true};
    }
    if (left < 3 || !detail::continues(byte(2))) {
        return {.code = 0xFFFD, .length = 2, .valid = false};
    }
    const char32_t three = (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
    if (length == 3) {
        return {.code = (lead & 0x0FU) << 12 | three, .length = 3, .valid = true};
    }
    if (left < 4 || !detail::continues(byte(3))) {
        return {.code = 0xFFFD, .length = 3, .valid = false};
    }
    return {.code = (lead & 0x07U) << 18 | three << 6 | (byte(3) & 0x3FU), .length = 4, .valid = true};
}

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

}  // namespace base
