#include "backend/snowflake/result/cell_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "base/text.hpp"

namespace backend::snowflake {
namespace {

__extension__ using Unsigned128 = unsigned __int128;

constexpr std::size_t block_bytes = std::size_t{64} * 1024;
constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t farthest_second = 40'000'000'000'000;  // more than a million years from 1970
constexpr int packed_zone_bits = 14;                          // of the old form of TIMESTAMP_TZ
constexpr std::int64_t zone_bias = 1'440;                     // minutes
constexpr std::size_t safe_digits = 18;                       // of an int64
constexpr std::size_t most_digits = 38;                       // of an int128
constexpr std::int64_t most_exponent = 100'000;               // of a DECFLOAT; Snowflake's own limit is 16384
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

/// Digits of a fraction that are not zero at its end; at least `least`.
std::int8_t shown_digits(std::int64_t nanoseconds, int least) {
    int digits = 9;
    while (digits > least && nanoseconds % 10 == 0) {
        nanoseconds /= 10;
        --digits;
    }
    return static_cast<std::int8_t>(digits);
}

void append_unsigned(std::string& out, Unsigned128 value) {
    append_text(out, Cell::decimal({static_cast<Int128>(value), 0}));
}

/// Its magnitude, and its sign in front.
Unsigned128 append_sign(std::string& out, Int128 value) {
    out += value < 0 ? '-' : '+';
    return value < 0 ? -static_cast<Unsigned128>(value) : static_cast<Unsigned128>(value);
}

}  // namespace

std::string_view TextStore::keep(std::string_view text) {
    if (blocks_.empty() || blocks_.back().size - used_ < text.size()) {
        const std::size_t size = std::max(block_bytes, text.size());
        blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
        used_ = 0;
    }
    char* place = blocks_.back().bytes.get() + used_;
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
    used_ += text.size();
    return {place, text.size()};
}

void TextStore::clear() {
    if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), blocks_.end() - 1);
    used_ = 0;
}

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

Instant instant_of(std::int64_t value, int scale) {
    const std::int64_t units = power_of_ten[static_cast<std::size_t>(std::clamp(scale, 0, 9))];
    std::int64_t seconds = value / units;
    std::int64_t rest = value % units;
    if (rest < 0) {
        rest += units;
        --seconds;
    }
    return {seconds, static_cast<std::int32_t>(rest * (nanos_per_second / units))};
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

/// Three digits of the fraction as Snowflake shows by default (FF3), more where there are more, fewer where the type
/// has fewer: the same as the embedded backend.
std::optional<Cell> timestamp_cell(const CellPlan& plan, Instant instant, std::int64_t offset_minutes) {
    if (instant.seconds > farthest_second || instant.seconds < -farthest_second || offset_minutes > zone_bias ||
        offset_minutes < -zone_bias)
        return std::nullopt;
    Timestamp value{.seconds = instant.seconds,
                    .nanoseconds = instant.nanoseconds,
                    .scale = shown_digits(instant.nanoseconds, std::min<int>(plan.scale, 3))};
    if (plan.kind == CellPlan::Kind::timestamp_ltz) {
        value.zone = Timestamp::Zone::local;
        value.offset_minutes = plan.zone->offset_minutes_at(instant.seconds);
    } else if (plan.kind == CellPlan::Kind::timestamp_tz) {
        value.zone = Timestamp::Zone::offset;
        value.offset_minutes = static_cast<std::int16_t>(offset_minutes);
    }
    return Cell::timestamp(value);
}

/// Without a fraction where there is none (TIME_OUTPUT_FORMAT HH24:MI:SS); what is there is not dropped.
std::optional<Cell> time_cell(const CellPlan&, Int128 nanoseconds) {
    if (nanoseconds < 0 || nanoseconds >= Int128{seconds_per_day} * nanos_per_second) return std::nullopt;
    const auto value = static_cast<std::int64_t>(nanoseconds);
    return Cell::time({value, shown_digits(value % nanos_per_second, 0)});
}

Cell fixed_cell(Int128 unscaled, std::int16_t scale) {
    const bool fits =
        unscaled >= std::numeric_limits<std::int64_t>::min() && unscaled <= std::numeric_limits<std::int64_t>::max();
    if (scale == 0 && fits) return Cell::integer(static_cast<std::int64_t>(unscaled));
    return Cell::decimal({unscaled, scale});
}

void append_decfloat(std::string& out, Int128 significand, std::int64_t exponent) {
    if (significand == 0) {
        out += '0';
        return;
    }
    while (significand % 10 == 0) {
        significand /= 10;
        ++exponent;
    }
    std::string digits;
    if (significand < 0) out += '-';
    append_unsigned(digits,
                    significand < 0 ? -static_cast<Unsigned128>(significand) : static_cast<Unsigned128>(significand));
    const auto count = static_cast<std::int64_t>(digits.size());
    const std::int64_t leading = exponent + count - 1;  // power of ten of the first digit
    if (leading >= static_cast<std::int64_t>(most_digits) || leading < -6) {
        out += digits.front();
        if (count > 1) out.append(1, '.').append(digits, 1);
        fmt::format_to(std::back_inserter(out), "e{}", leading);
    } else if (exponent >= 0) {
        out += digits;
        out.append(static_cast<std::size_t>(exponent), '0');
    } else if (leading >= 0) {
        out.append(digits, 0, static_cast<std::size_t>(leading + 1));
        out.append(1, '.').append(digits, static_cast<std::size_t>(leading + 1));
    } else {
        out.append("0.").append(static_cast<std::size_t>(-leading - 1), '0').append(digits);
    }
}

void append_year_month(std::string& out, Int128 months, int fields) {
    const Unsigned128 size = append_sign(out, months);
    if (fields == 2) return append_unsigned(out, size);
    append_unsigned(out, size / 12);
    if (fields != 1) fmt::format_to(std::back_inserter(out), "-{:02}", static_cast<int>(size % 12));
}

void append_day_time(std::string& out, Int128 nanoseconds) {
    const Unsigned128 size = append_sign(out, nanoseconds);
    constexpr Unsigned128 day = Unsigned128{seconds_per_day} * nanos_per_second;
    append_unsigned(out, size / day);
    const auto rest = static_cast<std::int64_t>(size % day);
    out += ' ';
    append_text(out, Cell::time({rest, shown_digits(rest % nanos_per_second, 0)}));
}

void append_vector_element(std::string& out, float value) {
    if (!std::isfinite(value)) {
        out += std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
        return;
    }
    std::array<char, 64> buffer;
    const auto six =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 6).ptr;
    float back = 0;
    if (std::from_chars(buffer.data(), six, back).ec == std::errc{} && back == value) {
        out.append(buffer.data(), six);
        return;
    }
    out.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr);
}

}  // namespace backend::snowflake
