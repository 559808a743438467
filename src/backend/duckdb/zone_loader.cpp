#include "backend/duckdb/zone_loader.hpp"

#include <fmt/format.h>

#include <charconv>

#include "backend/duckdb/built_database.hpp"
#include "base/text.hpp"

namespace backend::duckdb {
namespace {

std::int64_t to_number(const std::string& digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

/// Instants `step` seconds apart where the offset differs from the one before, with both offsets in minutes.
std::string changes_sql(std::string_view zone, std::int64_t from, std::int64_t to, std::int64_t step) {
    return fmt::format(
        "WITH t AS (SELECT s, CAST(round((system.main.epoch(system.main.timezone({0}, system.main.to_timestamp(s))) - "
        "s) / 60) AS BIGINT) AS o "
        "FROM system.main.generate_series({1}, {2}, {3}) AS g(s)), u AS (SELECT s, o, lag(o) OVER (ORDER BY s) AS "
        "before FROM t) "
        "SELECT CAST(s AS VARCHAR), CAST(o AS VARCHAR), CAST(before AS VARCHAR) FROM u WHERE before IS NULL OR before "
        "<> o ORDER BY s",
        zone, from, to, step);
}

}  // namespace

base::Result<Zone> load_zone(Connection& connection, const std::string& name) {
    Zone zone{.name = name};
    if (base::iequals(name, "UTC") || base::iequals(name, "Etc/UTC")) return zone;
    constexpr std::int64_t first = -2'208'988'800;  // 1900-01-01
    constexpr std::int64_t last = 4'102'444'800;    // 2100-01-01
    constexpr std::int64_t day = 86'400;
    const std::string quoted = duckdb_string(name);
    const auto days = connection.rows(changes_sql(quoted, first, last, day));
    if (!days) return base::fail(days.error());
    for (const auto& row : *days) {
        const std::int64_t at = to_number(row[0].first);
        if (!row[2].second) {
            zone.first_offset = static_cast<std::int16_t>(to_number(row[1].first));
            continue;
        }
        const auto minutes = connection.rows(changes_sql(quoted, at - day, at, 60));
        if (!minutes) return base::fail(minutes.error());
        for (const auto& change : *minutes) {
            if (!change[2].second) continue;
            zone.transitions.push_back(
                {to_number(change[0].first), static_cast<std::int16_t>(to_number(change[1].first))});
        }
    }
    return zone;
}

}  // namespace backend::duckdb
