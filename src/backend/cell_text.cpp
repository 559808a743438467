// Text and JSON of cells: the one place where a value becomes characters.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "backend/cell.hpp"
#include "backend/json_document.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

/// A value that is written with a space and +0100 as Snowflake does, or with T and +01:00 as ISO 8601 does.
enum class Style : std::uint8_t { snowflake, iso };

std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

struct CivilDate {
    std::int64_t year;
    int month;
    int day;
};

/// Proleptic Gregorian, any day that an int64 of seconds can name (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", civil_from_days).
CivilDate civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = floor_divide(days, 146'097);
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const int day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    const int month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

/// At most 20 digits, `width` at least, zeros in front.
void append_digits(std::string& out, std::int64_t value, int width) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const auto count = static_cast<int>(end - digits.data());
    out.append(static_cast<std::size_t>(std::max(0, width - count)), '0');
    out.append(digits.data(), end);
}

/// 0 to 99.
char* put_two(char* at, std::int64_t value) {
    at[0] = static_cast<char>('0' + value / 10);
    at[1] = static_cast<char>('0' + value % 10);
    return at + 2;
}

void append_date(std::string& out, std::int64_t days) {
    const CivilDate date = civil_from_days(days);
    if (date.year < 0) out += '-';
    append_digits(out, std::abs(date.year), 4);
    std::array<char, 6> rest;
    rest[0] = '-';
    *put_two(rest.data() + 1, date.month) = '-';
    put_two(rest.data() + 4, date.day);
    out.append(rest.data(), rest.size());
}

void append_fraction(std::string& out, std::int64_t nanoseconds, int scale) {
    scale = std::clamp(scale, 0, 9);
    if (scale == 0) return;
    for (int i = scale; i < 9; ++i) nanoseconds /= 10;
    out += '.';
    append_digits(out, nanoseconds, scale);
}

void append_clock(std::string& out, std::int64_t second_of_day) {
    append_digits(out, second_of_day / 3'600, 2);
    std::array<char, 6> rest;
    rest[0] = ':';
    *put_two(rest.data() + 1, second_of_day / 60 % 60) = ':';
    put_two(rest.data() + 4, second_of_day % 60);
    out.append(rest.data(), rest.size());
}

void append_time(std::string& out, Time time) {
    append_clock(out, time.nanoseconds / nanoseconds_per_second);
    append_fraction(out, time.nanoseconds % nanoseconds_per_second, time.scale);
}

void append_offset(std::string& out, int minutes, Style style) {
    if (style == Style::snowflake) out += ' ';
    out += minutes < 0 ? '-' : '+';
    minutes = std::abs(minutes);
    append_digits(out, minutes / 60, 2);
    if (style == Style::iso) out += ':';
    append_digits(out, minutes % 60, 2);
}

void append_timestamp(std::string& out, const Timestamp& value, Style style) {
    const bool zoned = value.zone != Timestamp::Zone::none;
    const std::int64_t wall = value.seconds + (zoned ? std::int64_t{value.offset_minutes} * 60 : 0);
    const std::int64_t days = floor_divide(wall, seconds_per_day);
    append_date(out, days);
    out += style == Style::iso ? 'T' : ' ';
    append_clock(out, wall - days * seconds_per_day);
    append_fraction(out, value.nanoseconds, value.scale);
    if (zoned) append_offset(out, value.offset_minutes, style);
}

void append_decimal(std::string& out, Decimal value) {
    // Unsigned: the smallest int128 has no positive twin.
    __extension__ using Unsigned = unsigned __int128;
    const bool negative = value.unscaled < 0;
    Unsigned rest = negative ? -static_cast<Unsigned>(value.unscaled) : static_cast<Unsigned>(value.unscaled);
    std::array<char, 40> buffer;
    std::size_t at = buffer.size();
    for (; rest > ~std::uint64_t{0}; rest /= 10) buffer[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
    auto low = static_cast<std::uint64_t>(rest);  // divided in one instruction
    do {
        buffer[--at] = static_cast<char>('0' + low % 10);
        low /= 10;
    } while (low != 0);
    const std::string_view digits{buffer.data() + at, buffer.size() - at};
    if (negative) out += '-';
    if (value.scale <= 0) {
        out += digits;
        if (value.unscaled != 0) out.append(static_cast<std::size_t>(-value.scale), '0');
        return;
    }
    const auto scale = static_cast<std::size_t>(value.scale);
    const std::size_t whole = digits.size() > scale ? digits.size() - scale : 0;
    out += whole == 0 ? "0" : digits.substr(0, whole);
    out += '.';
    out.append(scale - (digits.size() - whole), '0');
    out += digits.substr(whole);
}

/// Shortest text that reads back the same; plain notation from 1e-5 up to 1e15, else 1.5e300 and 2.5e-7.
void append_real(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    if (std::isinf(value)) {
        out += value < 0 ? "-inf" : "inf";
        return;
    }
    if (value == 0) {
        out += std::signbit(value) ? "-0" : "0";
        return;
    }
    std::array<char, 64> buffer;
    const double size = std::abs(value);
    const bool plain = size >= 1e-5 && size < 1e15;
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
    std::string_view text{buffer.data(), static_cast<std::size_t>(end - buffer.data())};
    const std::size_t mark = plain ? std::string_view::npos : text.find('e');
    out += text.substr(0, mark);
    if (mark == std::string_view::npos) return;
    out += 'e';
    std::string_view exponent = text.substr(mark + 1);
    if (exponent.front() == '-') out += '-';
    exponent.remove_prefix(1);
    while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
    out += exponent;
}

void append_hex(std::string& out, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out.reserve(out.size() + 2 * bytes.size());
    for (const char byte : bytes) {
        out += digits[static_cast<unsigned char>(byte) >> 4];
        out += digits[static_cast<unsigned char>(byte) & 15];
    }
}

/// A number that was just appended from `start` on: quoted where it is too long (or no number at all: NaN).
void quote_long_number(std::string& out, std::size_t start) {
    const std::string_view number = std::string_view{out}.substr(start);
    const char last = number.empty() ? 'n' : number.back();
    if (last >= '0' && last <= '9' && keeps_all_digits(number)) return;
    out.insert(start, 1, '"');
    out += '"';
}

}  // namespace

void append_text(std::string& out, const Cell& cell) {
    switch (cell.kind()) {
        case Cell::Kind::null: break;
        case Cell::Kind::boolean: out += cell.as_boolean() ? "true" : "false"; break;
        case Cell::Kind::integer: append_digits(out, cell.as_integer(), 1); break;
        case Cell::Kind::decimal: append_decimal(out, cell.as_decimal()); break;
        case Cell::Kind::real: append_real(out, cell.as_real()); break;
        case Cell::Kind::date: append_date(out, cell.as_date().days); break;
        case Cell::Kind::time: append_time(out, cell.as_time()); break;
        case Cell::Kind::timestamp: append_timestamp(out, cell.as_timestamp(), Style::snowflake); break;
        case Cell::Kind::text: out += cell.as_view(); break;
        case Cell::Kind::binary: append_hex(out, cell.as_view()); break;
        case Cell::Kind::json: append_compact_json(out, cell.as_view()); break;
    }
}

void append_json(std::string& out, const Cell& cell) {
    const std::size_t start = out.size();
    switch (cell.kind()) {
        case Cell::Kind::null: out += "null"; return;
        case Cell::Kind::boolean: append_text(out, cell); return;
        case Cell::Kind::integer:
        case Cell::Kind::decimal:
        case Cell::Kind::real:
            append_text(out, cell);
            quote_long_number(out, start);
            return;
        case Cell::Kind::timestamp:
            out += '"';
            append_timestamp(out, cell.as_timestamp(), Style::iso);
            out += '"';
            return;
        case Cell::Kind::date:
        case Cell::Kind::time:
        case Cell::Kind::binary:
            out += '"';
            append_text(out, cell);
            out += '"';
            return;
        case Cell::Kind::text:
            if (base::is_plain(cell.as_view())) return base::append_json_string(out, cell.as_view());
            return base::append_json_string(out, base::escape_untrusted(cell.as_view()));
        case Cell::Kind::json: append_safe_json(out, cell.as_view()); return;
    }
}

}  // namespace backend
