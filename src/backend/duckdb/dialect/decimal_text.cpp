#include "backend/duckdb/dialect/decimal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace backend::duckdb::dialect {

Int128 power_of_ten(int exponent) {
    static constexpr auto powers = [] {
        std::array<Int128, 39> made{};
        made[0] = 1;
        for (std::size_t i = 1; i < made.size(); ++i) made[i] = made[i - 1] * 10;
        return made;
    }();
    return powers[static_cast<std::size_t>(exponent)];
}

std::string_view trim_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\f\v";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool parse_decimal(std::string_view text, int scale, Int128& unscaled) {
    text = trim_blanks(text);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::string digits;
    int exponent = 0;
    bool point = false;
    bool any = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c >= '0' && c <= '9') {
            any = true;
            if (!digits.empty() || c != '0') digits.push_back(c);
            if (point) --exponent;
        } else if (c == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (!any) return false;
    if (at < text.size()) {
        if (text[at] != 'e' && text[at] != 'E') return false;
        ++at;
        const bool minus = at < text.size() && text[at] == '-';
        if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
        if (at == text.size() || text.size() - at > 4) return false;
        int written = 0;
        for (; at < text.size(); ++at) {
            if (text[at] < '0' || text[at] > '9') return false;
            written = written * 10 + (text[at] - '0');
        }
        exponent += minus ? -written : written;
    }
    // digits * 10^exponent, wanted times 10^scale.
    const int shift = exponent + scale;
    unscaled = 0;
    if (digits.empty()) return true;
    const auto size = static_cast<int>(digits.size());
    if (size + shift > 38) return false;
    if (size + shift < 0) return true;
    const int kept = std::min(size, size + shift);
    for (int i = 0; i < kept; ++i) unscaled = unscaled * 10 + (digits[static_cast<std::size_t>(i)] - '0');
    if (shift > 0) {
        unscaled *= power_of_ten(shift);
    } else if (shift < 0 && digits[static_cast<std::size_t>(kept)] >= '5') {
        ++unscaled;
    }
    if (unscaled >= power_of_ten(38)) return false;
    if (negative) unscaled = -unscaled;
    return true;
}

std::string decimal_text(Int128 unscaled, int scale) {
    const bool negative = unscaled < 0;
    auto rest = negative ? -static_cast<unsigned __int128>(unscaled) : static_cast<unsigned __int128>(unscaled);
    std::string digits;
    while (rest > 0 || digits.size() <= static_cast<std::size_t>(scale)) {
        digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
        if (scale > 0 && digits.size() == static_cast<std::size_t>(scale)) digits.push_back('.');
    }
    if (scale > 0 && digits.ends_with('.')) digits.push_back('0');
    if (negative) digits.push_back('-');
    std::reverse(digits.begin(), digits.end());
    return digits;
}

std::string real_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    if (value == 0) return "0";
    return fmt::format("{:.10g}", value);
}

}  // namespace backend::duckdb::dialect
