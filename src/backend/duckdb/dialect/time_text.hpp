/// Dates and times as text and back, by Snowflake's format models and by its automatic detection. Threads: pure.
///
/// Source: https://docs.snowflake.com/en/sql-reference/date-time-input-output
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace backend::duckdb::dialect {

struct Civil {
    std::int64_t year = 1970;
    int month = 1;
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int micros = 0;
    bool has_offset = false;
    int offset_minutes = 0;
};

/// `unsupported`: the text is well formed, but has digits below the microsecond, or the format an element we lack.
enum class TimeParse { good, bad, unsupported };

std::int64_t days_from_civil(std::int64_t year, int month, int day);
void civil_from_days(std::int64_t days, Civil& out);
Civil civil_from_micros(std::int64_t micros);
std::int64_t micros_of(const Civil& civil);
int days_in_month(std::int64_t year, int month);
/// From 1 (Monday) to 7.
int iso_weekday(std::int64_t days);

/// ISO dates and timestamps, DD-MON-YYYY, MM/DD/YYYY, and whole numbers since the epoch.
TimeParse parse_timestamp(std::string_view text, Civil& out);
/// HH24:MI[:SS[.fraction]] [AM|PM]; whole numbers are seconds.
TimeParse parse_time(std::string_view text, Civil& out);
TimeParse parse_by_format(std::string_view text, std::string_view format, Civil& out);

/// False where the format has an element we lack; `zone` is `+0000` or empty.
bool format_civil(const Civil& civil, std::string_view format, std::string_view zone, std::string& out);

}  // namespace backend::duckdb::dialect
