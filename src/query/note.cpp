#include "query/note.hpp"

#include <fmt/format.h>

#include <cmath>

namespace query {

double milliseconds(std::chrono::nanoseconds time) {
    return std::round(std::chrono::duration<double, std::milli>(time).count() * 100) / 100;
}

namespace {

/// Snowflake's SHOW gives no more rows than this (https://docs.snowflake.com/en/sql-reference/sql/show, "Usage notes").
constexpr std::uint64_t longest_show = 10'000;

std::string shown_of_total(const Facts& facts, const NoteFacts& more) {
    std::string text = facts.row_count == 0
                           ? std::string{"No row fits"}
                           : fmt::format("Showing rows {} to {}", more.first + 1, more.first + facts.row_count);
    if (!facts.total_rows) return text + "; there are more";
    if (more.counted && *facts.total_rows >= longest_show)
        return text + fmt::format(" of {} or more", *facts.total_rows);
    return text + fmt::format(" of {}", *facts.total_rows);
}

}  // namespace

std::string make_note(const Facts& facts, const NoteFacts& more) {
    std::string note;
    if (more.more) {
        note = shown_of_total(facts, more);
        if (more.full_of_bytes)
            note += fmt::format(", as many as fit into {} bytes (MAX_RESULT_BYTES)", more.max_bytes);
        if (more.lowered_limit)
            note += fmt::format("; limit was lowered to {} (MAX_QUERY_RESULT_ROWS)", *more.lowered_limit);
        note += '.';
        if (more.goes_on) {
            note += " For the next rows repeat the call with the cursor";
            if (!more.counted && !more.same_result) note += " (pages agree only where the query has an ORDER BY)";
            note += '.';
        }
    } else if (facts.row_count == 0) {
        note = more.first == 0 ? "No rows." : "No more rows.";
    }
    if (more.cut_values > 0) {
        if (!note.empty()) note += ' ';
        note += fmt::format(
            "{} too long for one answer and end in \"…\"; SUBSTR() reads them in parts.",
            more.cut_values == 1 ? std::string{"1 value was"} : fmt::format("{} values were", more.cut_values));
    }
    return note;
}

}  // namespace query
