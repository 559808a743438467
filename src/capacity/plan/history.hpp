/// Past load out of a CSV file, month by month.
///
/// Place: `plan --history`. Pure but for `read_history`, which reads the file. The format: comma, semicolon or tab
/// separated, quotes as in RFC 4180, first line the column names (any case), a date column (YYYY-MM, YYYY-MM-DD, or a
/// timestamp that begins so) and a column of clients from 0 to 1e9. Rows may come in any order. Of a month with several
/// rows (days, hours) the highest counts: a fleet is sized for it. Blank lines are skipped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "capacity/plan/inputs.hpp"
#include "scaling/trend.hpp"

namespace capacity::plan {

struct PastMonth {
    std::int64_t month = 0;  ///< calendar.hpp's month_number
    double clients = 0;
};

/// Ascending, each month once, at least 3. Errors (`bad_argument`) name the file, the line or the month: no such
/// column, a cell that is empty or no number, a month that is missing between two others (unless `allow_gaps`), two
/// rows for one YYYY-MM, too few months.
base::Result<std::vector<PastMonth>> parse_history(std::string_view text, const HistoryInputs& inputs);
base::Result<std::vector<PastMonth>> read_history(const HistoryInputs& inputs);

}  // namespace capacity::plan
