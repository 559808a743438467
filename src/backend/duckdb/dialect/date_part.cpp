#include "backend/duckdb/dialect/date_part.hpp"

#include <algorithm>
#include <array>

#include "sql/lexer.hpp"

namespace backend::duckdb::dialect {

namespace {

struct Word {
    std::string_view word;
    DatePart part;
};

constexpr auto words = std::to_array<Word>({
    {"D", DatePart::day},
    {"DAY", DatePart::day},
    {"DAYOFMONTH", DatePart::day},
    {"DAYOFWEEK", DatePart::day_of_week},
    {"DAYOFWEEKISO", DatePart::day_of_week_iso},
    {"DAYOFWEEK_ISO", DatePart::day_of_week_iso},
    {"DAYOFYEAR", DatePart::day_of_year},
    {"DAYS", DatePart::day},
    {"DD", DatePart::day},
    {"DOW", DatePart::day_of_week},
    {"DOW_ISO", DatePart::day_of_week_iso},
    {"DOY", DatePart::day_of_year},
    {"DW", DatePart::day_of_week},
    {"DW_ISO", DatePart::day_of_week_iso},
    {"DY", DatePart::day_of_year},
    {"EPOCH", DatePart::epoch_second},
    {"EPOCH_MICROSECOND", DatePart::epoch_microsecond},
    {"EPOCH_MICROSECONDS", DatePart::epoch_microsecond},
    {"EPOCH_MILLISECOND", DatePart::epoch_millisecond},
    {"EPOCH_MILLISECONDS", DatePart::epoch_millisecond},
    {"EPOCH_NANOSECOND", DatePart::epoch_nanosecond},
    {"EPOCH_NANOSECONDS", DatePart::epoch_nanosecond},
    {"EPOCH_SECOND", DatePart::epoch_second},
    {"EPOCH_SECONDS", DatePart::epoch_second},
    {"H", DatePart::hour},
    {"HH", DatePart::hour},
    {"HOUR", DatePart::hour},
    {"HOURS", DatePart::hour},
    {"HR", DatePart::hour},
    {"HRS", DatePart::hour},
    {"M", DatePart::minute},
    {"MI", DatePart::minute},
    {"MICROSECOND", DatePart::microsecond},
    {"MICROSECONDS", DatePart::microsecond},
    {"MILLISECOND", DatePart::millisecond},
    {"MILLISECONDS", DatePart::millisecond},
    {"MIN", DatePart::minute},
    {"MINS", DatePart::minute},
    {"MINUTE", DatePart::minute},
    {"MINUTES", DatePart::minute},
    {"MM", DatePart::month},
    {"MON", DatePart::month},
    {"MONS", DatePart::month},
    {"MONTH", DatePart::month},
    {"MONTHS", DatePart::month},
    {"MS", DatePart::millisecond},
    {"MSEC", DatePart::millisecond},
    {"NANOSEC", DatePart::nanosecond},
    {"NANOSECOND", DatePart::nanosecond},
    {"NANOSECONDS", DatePart::nanosecond},
    {"NS", DatePart::nanosecond},
    {"NSEC", DatePart::nanosecond},
    {"NSECOND", DatePart::nanosecond},
    {"NSECONDS", DatePart::nanosecond},
    {"Q", DatePart::quarter},
    {"QTR", DatePart::quarter},
    {"QTRS", DatePart::quarter},
    {"QUARTER", DatePart::quarter},
    {"QUARTERS", DatePart::quarter},
    {"S", DatePart::second},
    {"SEC", DatePart::second},
    {"SECOND", DatePart::second},
    {"SECONDS", DatePart::second},
    {"SECS", DatePart::second},
    {"TIMEZONE_HOUR", DatePart::timezone_hour},
    {"TIMEZONE_MINUTE", DatePart::timezone_minute},
    {"TZH", DatePart::timezone_hour},
    {"TZM", DatePart::timezone_minute},
    {"US", DatePart::microsecond},
    {"USEC", DatePart::microsecond},
    {"W", DatePart::week},
    {"WEEK", DatePart::week},
    {"WEEKDAY", DatePart::day_of_week},
    {"WEEKDAY_ISO", DatePart::day_of_week_iso},
    {"WEEKISO", DatePart::week_iso},
    {"WEEKOFYEAR", DatePart::week},
    {"WEEKOFYEARISO", DatePart::week_iso},
    {"WEEKOFYEAR_ISO", DatePart::week_iso},
    {"WEEK_ISO", DatePart::week_iso},
    {"WK", DatePart::week},
    {"WOY", DatePart::week},
    {"WY", DatePart::week},
    {"Y", DatePart::year},
    {"YEAR", DatePart::year},
    {"YEAROFWEEK", DatePart::year_of_week},
    {"YEAROFWEEKISO", DatePart::year_of_week_iso},
    {"YEARS", DatePart::year},
    {"YR", DatePart::year},
    {"YRS", DatePart::year},
    {"YY", DatePart::year},
    {"YYY", DatePart::year},
    {"YYYY", DatePart::year},
});

}  // namespace

DatePart date_part(std::string_view word) {
    const std::string upper = sql::to_upper(word);
    const auto found =
        std::lower_bound(words.begin(), words.end(), upper,
                         [](const Word& entry, const std::string& wanted) { return entry.word < wanted; });
    return found != words.end() && found->word == upper ? found->part : DatePart::none;
}

std::string_view to_string(DatePart part) {
    constexpr auto names = std::to_array<std::string_view>({"nothing",
                                                            "year",
                                                            "quarter",
                                                            "month",
                                                            "week",
                                                            "day",
                                                            "hour",
                                                            "minute",
                                                            "second",
                                                            "millisecond",
                                                            "microsecond",
                                                            "nanosecond",
                                                            "dayofweek",
                                                            "dayofweekiso",
                                                            "dayofyear",
                                                            "weekiso",
                                                            "yearofweek",
                                                            "yearofweekiso",
                                                            "epoch_second",
                                                            "epoch_millisecond",
                                                            "epoch_microsecond",
                                                            "epoch_nanosecond",
                                                            "timezone_hour",
                                                            "timezone_minute"});
    return names[static_cast<std::size_t>(part)];
}

bool is_addable(DatePart part) { return part >= DatePart::year && part <= DatePart::nanosecond; }

bool is_time_part(DatePart part) { return part >= DatePart::hour && part <= DatePart::nanosecond; }

long microseconds_of(DatePart part) {
    switch (part) {
        case DatePart::hour: return 3'600'000'000;
        case DatePart::minute: return 60'000'000;
        case DatePart::second: return 1'000'000;
        case DatePart::millisecond: return 1'000;
        default: return 1;
    }
}

int months_of(DatePart part) {
    switch (part) {
        case DatePart::year: return 12;
        case DatePart::quarter: return 3;
        case DatePart::month: return 1;
        default: return 0;
    }
}

int days_of(DatePart part) { return part == DatePart::week ? 7 : part == DatePart::day ? 1 : 0; }

}  // namespace backend::duckdb::dialect
