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
constexpr std::int64_t zone_bias = 1'440;                     // minutes
constexpr std::size_t most_digits = 38;                       // of an int128
constexpr std::array<std::int64_t, 10> power_of_ten{1,       10,        100,        1'000,       10'000,
                                                    100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

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
