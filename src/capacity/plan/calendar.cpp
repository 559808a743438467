#include "capacity/plan/calendar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace capacity::plan {
namespace {

/// All digits, or -1.
int digits(std::string_view text) {
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    return value;
}

std::string label(std::chrono::year_month_day date) {
    return fmt::format("{:04}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()));
}

}  // namespace

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
    const bool with_day = text.size() == 10 && text[7] == '-';
    if ((text.size() != 7 && !with_day) || text[4] != '-') {
        return std::nullopt;
    }
    const int year = digits(text.substr(0, 4));
    const int month = digits(text.substr(5, 2));
    const int day = with_day ? digits(text.substr(8, 2)) : 1;
    if (year < 1970 || year > 9000 || month < 1 || day < 1) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    return date.ok() ? std::optional{date} : std::nullopt;
}

std::string month_label(std::chrono::year_month_day start, std::int64_t months_later, MonthStep step) {
    if (step == MonthStep::thirty_days) {
        return label(std::chrono::year_month_day{std::chrono::sys_days{start} + std::chrono::days{30 * months_later}});
    }
    return month_label(month_number(start) + months_later);
}

std::int64_t month_number(std::chrono::year_month_day date) {
    return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month()) - 1;
}

std::string month_label(std::int64_t month_number) {
    return fmt::format("{:04}-{:02}", month_number / 12, month_number % 12 + 1);
}

}  // namespace capacity::plan
