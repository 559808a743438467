// Cells of JSON results: what a text says, by the type of its column.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

#include "backend/snowflake/result/cell_values.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

__extension__ using Unsigned128 = unsigned __int128;

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr int packed_zone_bits = 14;             // of the old form of TIMESTAMP_TZ
constexpr std::int64_t zone_bias = 1'440;        // minutes
constexpr std::size_t safe_digits = 18;          // of an int64
constexpr std::int64_t most_exponent = 100'000;  // of a DECFLOAT; Snowflake's own limit is 16384
constexpr std::array<std::int64_t, 10> power_of_ten{1,       10,        100,        1'000,       10'000,
                                                    100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Number>
bool parse_whole(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

/// [+-]digits[.digits][e[+-]digits], taken apart.
struct DecimalText {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    std::int64_t exponent = 0;
};

std::string_view take_digits(std::string_view& text) {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    const std::string_view digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
}

bool split_decimal(std::string_view text, DecimalText& parts) {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        parts.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    parts.whole = take_digits(text);
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        parts.fraction = take_digits(text);
    }
    if (parts.whole.empty() && parts.fraction.empty()) return false;
    if (text.empty()) return true;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    return parse_whole(text, parts.exponent) && parts.exponent <= most_exponent && parts.exponent >= -most_exponent;
}

/// Appends digits to a number; false where it outgrows an int128.
bool add_digits(std::string_view digits, Unsigned128& value) {
    constexpr Unsigned128 limit = (~Unsigned128{0} >> 1) / 10 - 1;
    for (const char digit : digits) {
        if (value > limit) return false;
        value = value * 10 + static_cast<unsigned>(digit - '0');
    }
    return true;
}

/// 12, -7, 12.30: what fits an int64, without taking apart.
bool short_fixed(std::string_view text, Cell& cell) {
    const bool negative = text.front() == '-';
    const std::size_t start = negative ? 1 : 0;
    if (text.size() == start || text.size() > safe_digits || !is_digit(text[start])) return false;
    std::int64_t value = 0;
    std::size_t point = text.size();
    for (std::size_t at = start; at < text.size(); ++at) {
        if (is_digit(text[at])) {
            value = value * 10 + (text[at] - '0');
        } else if (text[at] == '.' && point == text.size() && at + 1 < text.size()) {
            point = at;
        } else {
            return false;
        }
    }
    if (negative) value = -value;
    cell = point == text.size() ? Cell::integer(value)
                                : Cell::decimal({value, static_cast<std::int16_t>(text.size() - point - 1)});
    return true;
}

bool fixed_from_text(std::string_view text, Cell& cell) {
    if (short_fixed(text, cell)) return true;
    DecimalText parts;
    if (!split_decimal(text, parts)) return false;
    Unsigned128 value = 0;
    const std::int64_t scale = static_cast<std::int64_t>(parts.fraction.size()) - parts.exponent;
    if (add_digits(parts.whole, value) && add_digits(parts.fraction, value) && std::abs(scale) <= 1'000) {
        const auto magnitude = static_cast<Int128>(value);
        cell = fixed_cell(parts.negative ? -magnitude : magnitude, static_cast<std::int16_t>(scale));
    } else {
        cell = Cell::json(text);  // more digits than a NUMBER has: kept as they are
    }
    return true;
}

bool real_from_text(std::string_view text, Cell& cell) {
    if (text.size() > 1 && text.front() == '+') text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return false;
    if (error == std::errc::result_out_of_range) {
        cell = Cell::json(text);  // a double cannot hold it: its digits stand
        return true;
    }
    if (error != std::errc{}) return false;
    cell = Cell::real(value);
    return true;
}

bool decfloat_from_text(std::string_view text, TextStore& store, Cell& cell) {
    DecimalText parts;
    if (!split_decimal(text, parts)) {
        if (!base::iequals(text, "nan") && !base::iequals(text, "inf") && !base::iequals(text, "-inf")) return false;
        cell = Cell::text(text);
        return true;
    }
    Unsigned128 value = 0;
    if (!add_digits(parts.whole, value) || !add_digits(parts.fraction, value)) {
        cell = Cell::json(text);
        return true;
    }
    const auto magnitude = static_cast<Int128>(value);
    std::string made;
    append_decfloat(made, parts.negative ? -magnitude : magnitude,
                    parts.exponent - static_cast<std::int64_t>(parts.fraction.size()));
    cell = Cell::json(store.keep(made));
    return true;
}

bool boolean_from_text(std::string_view text, Cell& cell) {
    const bool yes = text == "1" || base::iequals(text, "true");
    if (!yes && text != "0" && !base::iequals(text, "false")) return false;
    cell = Cell::boolean(yes);
    return true;
}

bool date_from_text(std::string_view text, Cell& cell) {
    std::int32_t days = 0;
    if (!parse_whole(text, days)) return false;
    cell = Cell::date({days});
    return true;
}

bool time_from_text(const CellPlan& plan, std::string_view text, Cell& cell) {
    const auto instant = parse_instant(text);
    if (!instant) return false;
    const auto made = time_cell(plan, Int128{instant->seconds} * nanos_per_second + instant->nanoseconds);
    if (made) cell = *made;
    return made.has_value();
}

/// The form of result version 0: one number, (instant << 14) + zone, in units of 10^-scale seconds.
bool packed_zone_from_text(const CellPlan& plan, std::string_view text, Cell& cell) {
    const auto packed = parse_instant(text);
    if (!packed) return false;
    const std::int64_t units = power_of_ten[static_cast<std::size_t>(plan.scale)];
    const Int128 number = Int128{packed->seconds} * units + packed->nanoseconds / (nanos_per_second / units);
    const auto zone = static_cast<std::int64_t>(number & ((1 << packed_zone_bits) - 1));
    const Int128 scaled = number >> packed_zone_bits;
    if (scaled > std::numeric_limits<std::int64_t>::max() || scaled < std::numeric_limits<std::int64_t>::min())
        return false;
    const auto made = timestamp_cell(plan, instant_of(static_cast<std::int64_t>(scaled), plan.scale), zone - zone_bias);
    if (made) cell = *made;
    return made.has_value();
}

bool timestamp_from_text(const CellPlan& plan, std::string_view text, Cell& cell) {
    std::int64_t zone = zone_bias;
    if (plan.kind == CellPlan::Kind::timestamp_tz) {
        const std::size_t space = text.find(' ');
        if (space == std::string_view::npos) return packed_zone_from_text(plan, text, cell);
        if (!parse_whole(text.substr(space + 1), zone)) return false;
        text = text.substr(0, space);
    }
    const auto instant = parse_instant(text);
    if (!instant) return false;
    const auto made = timestamp_cell(plan, *instant, zone - zone_bias);
    if (made) cell = *made;
    return made.has_value();
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool binary_from_text(char* text, std::size_t size, Cell& cell) {
    if (size % 2 != 0) return false;
    for (std::size_t i = 0; i < size; i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return false;
        text[i / 2] = static_cast<char>(high * 16 + low);
    }
    cell = Cell::binary({text, size / 2});
    return true;
}

bool interval_from_text(const CellPlan& plan, std::string_view text, TextStore& store, Cell& cell) {
    DecimalText parts;
    Unsigned128 value = 0;
    if (!split_decimal(text, parts) || parts.exponent != 0 || !parts.fraction.empty() || parts.whole.empty()) {
        cell = Cell::text(text);  // already written out
        return true;
    }
    if (!add_digits(parts.whole, value)) return false;
    const auto magnitude = static_cast<Int128>(value);
    std::string made;
    if (plan.kind == CellPlan::Kind::interval_year_month) {
        append_year_month(made, parts.negative ? -magnitude : magnitude, plan.scale);
    } else {
        append_day_time(made, parts.negative ? -magnitude : magnitude);
    }
    cell = Cell::text(store.keep(made));
    return true;
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view decimal) {
    DecimalText parts;
    if (!split_decimal(decimal, parts) || parts.exponent != 0 || parts.whole.size() > safe_digits) return std::nullopt;
    Instant instant;
    for (const char digit : parts.whole) instant.seconds = instant.seconds * 10 + (digit - '0');
    const std::string_view fraction = parts.fraction.substr(0, 9);
    for (const char digit : fraction) instant.nanoseconds = instant.nanoseconds * 10 + (digit - '0');
    instant.nanoseconds *= static_cast<std::int32_t>(power_of_ten[9 - fraction.size()]);
    if (!parts.negative) return instant;
    instant.seconds = -instant.seconds;
    if (instant.nanoseconds != 0) {
        instant.seconds -= 1;
        instant.nanoseconds = static_cast<std::int32_t>(nanos_per_second - instant.nanoseconds);
    }
    return instant;
}

bool cell_from_text(const CellPlan& plan, char* text, std::size_t size, TextStore& store, Cell& cell) {
    using Kind = CellPlan::Kind;
    const std::string_view view{text, size};
    switch (plan.kind) {
        case Kind::text: cell = Cell::text(view); return true;
        case Kind::binary: return binary_from_text(text, size, cell);
        default: break;
    }
    if (view.empty()) {
        cell = Cell::null();
        return true;
    }
    switch (plan.kind) {
        case Kind::fixed: return fixed_from_text(view, cell);
        case Kind::real: return real_from_text(view, cell);
        case Kind::decfloat: return decfloat_from_text(view, store, cell);
        case Kind::boolean: return boolean_from_text(view, cell);
        case Kind::date: return date_from_text(view, cell);
        case Kind::time: return time_from_text(plan, view, cell);
        case Kind::timestamp_ntz:
        case Kind::timestamp_ltz:
        case Kind::timestamp_tz: return timestamp_from_text(plan, view, cell);
        case Kind::interval_year_month:
        case Kind::interval_day_time: return interval_from_text(plan, view, store, cell);
        default: cell = Cell::json(view); return true;
    }
}

}  // namespace backend::snowflake
