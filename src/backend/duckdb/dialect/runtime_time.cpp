/// Dates, times and timestamps at run time.
#include <fmt/format.h>

#include <cmath>

#include "backend/duckdb/dialect/date_part.hpp"
#include "backend/duckdb/dialect/registrar.hpp"
#include "backend/duckdb/dialect/time_text.hpp"

namespace backend::duckdb::dialect {

namespace {

using Text = std::string_view;
constexpr std::int64_t day_micros = 86'400'000'000;

bool accept(auto& out, TimeParse result, Text what, Text text) {
    if (result == TimeParse::good) return true;
    if (result == TimeParse::unsupported) {
        out.refuse(fmt::format(
            "{} '{}': digits below the microsecond, and this format, are not supported by the embedded backend", what,
            text));
    } else {
        out.fail(fmt::format("{} '{}' is not recognized", what, text));
    }
    return false;
}

void set_date(Out<DateValue>& out, TimeParse result, const Civil& civil, Text text) {
    if (accept(out, result, "Date", text))
        out.value.days = static_cast<std::int32_t>(days_from_civil(civil.year, civil.month, civil.day));
}

void set_time(Out<TimeValue>& out, TimeParse result, const Civil& civil, Text text) {
    if (accept(out, result, "Time", text))
        out.value.micros = ((civil.hour * 60L + civil.minute) * 60 + civil.second) * 1'000'000 + civil.micros;
}

void set_timestamp(Out<TimestampValue>& out, TimeParse result, const Civil& civil, Text text) {
    if (accept(out, result, "Timestamp", text)) out.value.micros = micros_of(civil);
}

std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
    const std::int64_t rest = value % unit;
    return value - (rest < 0 ? rest + unit : rest);
}

std::int64_t months_since_zero(const Civil& civil) { return civil.year * 12 + civil.month - 1; }

std::int64_t month_start(std::int64_t months) {
    const std::int64_t year = months >= 0 ? months / 12 : (months - 11) / 12;
    return days_from_civil(year, static_cast<int>(months - year * 12) + 1, 1) * day_micros;
}

/// The last day of a month goes to the last day of the other month.
void add_months(Out<TimestampValue>& out, TimestampValue at, std::int64_t count) {
    Civil civil = civil_from_micros(at.micros);
    const bool last = civil.day == days_in_month(civil.year, civil.month);
    const std::int64_t months = months_since_zero(civil) + count;
    civil.year = months >= 0 ? months / 12 : (months - 11) / 12;
    civil.month = static_cast<int>(months - civil.year * 12) + 1;
    const int length = days_in_month(civil.year, civil.month);
    civil.day = last || civil.day > length ? length : civil.day;
    out.value.micros = micros_of(civil);
}

/// Whole where both are the same or the last day of their months; else a month has 31 days.
void months_between(Out<double>& out, TimestampValue later, TimestampValue earlier) {
    const Civil a = civil_from_micros(later.micros);
    const Civil b = civil_from_micros(earlier.micros);
    const double months = static_cast<double>(months_since_zero(a) - months_since_zero(b));
    const bool both_last = a.day == days_in_month(a.year, a.month) && b.day == days_in_month(b.year, b.month);
    out.value = months;
    if (a.day == b.day || both_last) return;
    const double day_a = a.day + static_cast<double>(later.micros - floor_to(later.micros, day_micros)) /
                                     static_cast<double>(day_micros);
    const double day_b = b.day + static_cast<double>(earlier.micros - floor_to(earlier.micros, day_micros)) /
                                     static_cast<double>(day_micros);
    out.value = std::round((months + (day_a - day_b) / 31) * 1e6) / 1e6;
}

/// Parts out of their range carry over: month 13 is January of the next year, day 0 the last day of the month before.
std::int64_t days_of_parts(std::int64_t year, std::int64_t month, std::int64_t day) {
    return month_start(year * 12 + month - 1) / day_micros + day - 1;
}

void time_slice(Out<TimestampValue>& out, TimestampValue at, std::int64_t length, Text part_name, bool end) {
    if (length < 1) return out.fail("TIME_SLICE: the length of a slice must be positive");
    const DatePart part = date_part(part_name);
    std::int64_t start = 0;
    std::int64_t stop = 0;
    if (const int months = months_of(part); months != 0) {
        const std::int64_t unit = length * months;
        const std::int64_t since = months_since_zero(civil_from_micros(at.micros)) - 1970 * 12;
        const std::int64_t first = floor_to(since, unit) + 1970 * 12;
        start = month_start(first);
        stop = month_start(first + unit);
    } else {
        const std::int64_t base = part == DatePart::week ? -3 * day_micros : 0;  // the Monday before the epoch
        const std::int64_t unit = length * (is_time_part(part) ? microseconds_of(part) : days_of(part) * day_micros);
        start = floor_to(at.micros - base, unit) + base;
        stop = start + unit;
    }
    out.value.micros = end ? stop : start;
}

/// From 1 (Monday); 0: not a day.
int weekday(Text name) {
    constexpr Text names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    while (name.starts_with(' ')) name.remove_prefix(1);
    if (name.size() < 2) return 0;
    const auto upper = [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); };
    const char start[2] = {upper(name[0]), upper(name[1])};
    for (int i = 0; i < 7; ++i) {
        if (Text{start, 2} == names[i]) return i + 1;
    }
    return 0;
}

void near_day(Out<DateValue>& out, TimestampValue at, Text name, bool next) {
    const int wanted = weekday(name);
    if (wanted == 0) return out.fail(fmt::format("'{}' is not a day of the week", name));
    const std::int64_t day = floor_to(at.micros, day_micros) / day_micros;
    const int distance = ((next ? wanted - iso_weekday(day) : iso_weekday(day) - wanted) + 7) % 7;
    const std::int64_t step = distance == 0 ? 7 : distance;
    out.value.days = static_cast<std::int32_t>(next ? day + step : day - step);
}

void register_parsers(Registrar& registrar) {
    registrar.add_both<DateValue(Text)>("date", [](Out<DateValue>& out, Text text) {
        Civil civil;
        const TimeParse result = parse_timestamp(text, civil);
        // A DATE does not care for digits below the microsecond.
        set_date(out, result == TimeParse::unsupported ? TimeParse::good : result, civil, text);
    });
    registrar.add_both<DateValue(Text, Text)>("date_by", [](Out<DateValue>& out, Text text, Text format) {
        Civil civil;
        const TimeParse result = parse_by_format(text, format, civil);
        set_date(out, result, civil, text);
    });
    registrar.add_both<TimeValue(Text)>("time", [](Out<TimeValue>& out, Text text) {
        Civil civil;
        const TimeParse result = parse_time(text, civil);
        set_time(out, result, civil, text);
    });
    registrar.add_both<TimeValue(Text, Text)>("time_by", [](Out<TimeValue>& out, Text text, Text format) {
        Civil civil;
        const TimeParse result = parse_by_format(text, format, civil);
        set_time(out, result, civil, text);
    });
    registrar.add_both<TimestampValue(Text)>("timestamp", [](Out<TimestampValue>& out, Text text) {
        Civil civil;
        const TimeParse result = parse_timestamp(text, civil);
        set_timestamp(out, result, civil, text);
    });
    registrar.add_both<TimestampValue(Text, Text)>("timestamp_by",
                                                   [](Out<TimestampValue>& out, Text text, Text format) {
                                                       Civil civil;
                                                       const TimeParse result = parse_by_format(text, format, civil);
                                                       set_timestamp(out, result, civil, text);
                                                   });
    registrar.add<std::int64_t(Text)>("__sf_instant", [](Out<std::int64_t>& out, Text text) {
        Civil civil;
        if (!accept(out, parse_timestamp(text, civil), "Timestamp", text)) return;
        out.value = micros_of(civil) - (civil.has_offset ? civil.offset_minutes * 60'000'000L : 0);
    });
}

void register_formatters(Registrar& registrar) {
    registrar.add<std::string(TimestampValue, Text, Text)>(
        "__sf_timestamp_format", [](Out<std::string>& out, TimestampValue at, Text format, Text zone) {
            if (!format_civil(civil_from_micros(at.micros), format, zone, out.value)) {
                out.refuse(fmt::format(
                    "The format '{}' has an element that the embedded backend does not support for this type", format));
            }
        });
    registrar.add<std::string(TimeValue, Text)>(
        "__sf_time_format", [](Out<std::string>& out, TimeValue at, Text format) {
            if (!format_civil(civil_from_micros(at.micros), format, {}, out.value)) {
                out.refuse(fmt::format(
                    "The format '{}' has an element that the embedded backend does not support for this type", format));
            }
        });
}

void register_time_of_day(Registrar& registrar) {
    registrar.add<TimeValue(TimeValue, std::int64_t)>(
        "__sf_time_add", [](Out<TimeValue>& out, TimeValue at, std::int64_t micros) {
            const std::int64_t sum = (at.micros + micros % day_micros) % day_micros;
            out.value.micros = sum < 0 ? sum + day_micros : sum;
        });
    registrar.add<TimeValue(TimeValue, std::int64_t)>(
        "__sf_time_floor",
        [](Out<TimeValue>& out, TimeValue at, std::int64_t unit) { out.value.micros = floor_to(at.micros, unit); });
    registrar.add<TimeValue(TimeValue, std::int64_t)>(
        "__sf_time_cut", [](Out<TimeValue>& out, TimeValue at, std::int64_t digits) {
            out.value.micros = floor_to(at.micros, digits == 0 ? 1'000'000 : 1'000);
        });
    registrar.add<std::int64_t(TimeValue)>("__sf_time_micros",
                                           [](Out<std::int64_t>& out, TimeValue at) { out.value = at.micros; });
}

}  // namespace

void register_time_functions(Registrar& registrar) {
    register_parsers(registrar);
    register_formatters(registrar);
    register_time_of_day(registrar);
    registrar.add<std::int64_t(TimestampValue, TimestampValue, std::int64_t)>(
        "__sf_datediff", [](Out<std::int64_t>& out, TimestampValue from, TimestampValue to, std::int64_t unit) {
            out.value = floor_to(to.micros, unit) / unit - floor_to(from.micros, unit) / unit;
        });
    registrar.add<TimestampValue(TimestampValue, std::int64_t)>("__sf_add_months", add_months);
    registrar.add<double(TimestampValue, TimestampValue)>("__sf_months_between", months_between);
    registrar.add<DateValue(std::int64_t, std::int64_t, std::int64_t)>(
        "__sf_date_parts", [](Out<DateValue>& out, std::int64_t year, std::int64_t month, std::int64_t day) {
            out.value.days = static_cast<std::int32_t>(days_of_parts(year, month, day));
        });
    registrar.add<TimestampValue(std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                 std::int64_t)>(
        "__sf_timestamp_parts", [](Out<TimestampValue>& out, std::int64_t year, std::int64_t month, std::int64_t day,
                                   std::int64_t hour, std::int64_t minute, std::int64_t second, std::int64_t nanos) {
            if (nanos % 1'000 != 0)
                return out.refuse("Nanoseconds are not supported by the embedded backend, which keeps microseconds");
            out.value.micros = days_of_parts(year, month, day) * day_micros +
                               ((hour * 60 + minute) * 60 + second) * 1'000'000 + nanos / 1'000;
        });
    registrar.add<TimestampValue(TimestampValue, std::int64_t, Text, bool)>("__sf_time_slice", time_slice);
    registrar.add<DateValue(TimestampValue, Text)>(
        "__sf_next_day", [](Out<DateValue>& out, TimestampValue at, Text name) { near_day(out, at, name, true); });
    registrar.add<DateValue(TimestampValue, Text)>(
        "__sf_previous_day", [](Out<DateValue>& out, TimestampValue at, Text name) { near_day(out, at, name, false); });
}

}  // namespace backend::duckdb::dialect
