/// Dates of a plan's months.
///
/// Place: options, history and plan. Pure: today is an argument. Bounds of what a plan looks at stand here too.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "capacity/plan/inputs.hpp"

namespace capacity::plan {

inline constexpr std::int64_t most_clients = 1'000'000'000;
inline constexpr std::int64_t most_months = 600;

/// "2027-02" (its first day), "2027-02-28", from 1970 to 9000; nothing for anything else and for days that are not in
/// the calendar.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);

/// "2027-02" of so many months after `start`. Calendar months do not depend on the day: one after 31 January is
/// February.
std::string month_label(std::chrono::year_month_day start, std::int64_t months_later, MonthStep step);

/// Months since year 0: neighbours differ by 1.
std::int64_t month_number(std::chrono::year_month_day date);
std::string month_label(std::int64_t month_number);

}  // namespace capacity::plan
