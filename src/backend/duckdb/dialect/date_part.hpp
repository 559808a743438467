/// Snowflake's names of date and time parts, with all their abbreviations.
///
/// Source: https://docs.snowflake.com/en/sql-reference/functions-date-time#supported-date-and-time-parts
#pragma once

#include <cstdint>
#include <string_view>

namespace backend::duckdb::dialect {

enum class DatePart : std::uint8_t {
    none,
    year,
    quarter,
    month,
    week,
    day,
    hour,
    minute,
    second,
    millisecond,
    microsecond,
    nanosecond,
    // only to be asked for
    day_of_week,
    day_of_week_iso,
    day_of_year,
    week_iso,
    year_of_week,
    year_of_week_iso,
    epoch_second,
    epoch_millisecond,
    epoch_microsecond,
    epoch_nanosecond,
    timezone_hour,
    timezone_minute,
};

/// In any case; `none` when it is not a part.
DatePart date_part(std::string_view word);
/// `year`, `day`, …: as DuckDB spells it too, where it has it.
std::string_view to_string(DatePart part);
bool is_addable(DatePart part);
bool is_time_part(DatePart part);
/// Of hour, minute, second, millisecond, microsecond.
long microseconds_of(DatePart part);
/// Of year, quarter, month; else 0.
int months_of(DatePart part);
/// Of week, day; else 0.
int days_of(DatePart part);

}  // namespace backend::duckdb::dialect
