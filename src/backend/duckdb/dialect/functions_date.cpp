/// Date and time functions. Weeks start on Monday and are ISO weeks (WEEK_START 0, WEEK_OF_YEAR_POLICY 0).
///
/// Source: https://docs.snowflake.com/en/sql-reference/functions-date-time
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/date_part.hpp"
#include "backend/duckdb/dialect/functions.hpp"
#include "sql/lexer.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

/// `day`, `'day'` or DAY as the first argument of DATEADD and its like.
DatePart part_argument(Call& call, std::size_t index) {
    const Expr& expr = *call.expr.args[index];
    std::string_view word;
    if (expr.kind == ExprKind::column && expr.name.size() == 1) word = expr.name[0].text;
    if (expr.kind == ExprKind::string) word = expr.text;
    const DatePart part = date_part(word);
    if (part == DatePart::none) {
        call.binder.failure().compilation(expr.begin,
                                          fmt::format("'{}' is not a valid date/time component for function {}.",
                                                      call.binder.source_text(expr), call.name),
                                          "002076", "42601");
    }
    return part;
}

/// Text becomes a timestamp; dates, times and timestamps stay.
Value temporal(Call& call, std::size_t index) {
    Value value = call.binder.bind(*call.expr.args[index], call.scope);
    if (value.type.is_temporal()) return value;
    return call.binder.coerce(std::move(value), Type::of(TypeKind::timestamp_ntz), *call.expr.args[index]);
}

/// The session's clock: TIMESTAMP_LTZ as TIMESTAMP.
std::string wall(const Value& value) {
    return value.type.is(TypeKind::timestamp_ltz) ? fmt::format("CAST({} AS TIMESTAMP)", value.sql) : value.sql;
}

std::string stamp(const Value& value) {
    return value.type.is(TypeKind::date) ? fmt::format("CAST({} AS TIMESTAMP)", value.sql) : wall(value);
}

Value add(Binder& binder, DatePart part, std::string_view amount, Value value) {
    const bool clock = is_time_part(part);
    if (value.type.is(TypeKind::time)) {
        if (!clock || part == DatePart::nanosecond) {
            binder.failure().unsupported(fmt::format("Adding {} to a TIME", to_string(part)));
            return binder.failed();
        }
        value.sql = fmt::format("__sf_time_add({}, {} * {})", value.sql, amount, microseconds_of(part));
        return value;
    }
    if (part == DatePart::nanosecond) {
        binder.failure().unsupported("Adding nanoseconds", "the embedded backend keeps microseconds");
        return binder.failed();
    }
    Type result = value.type;
    std::string out;
    if (clock) {
        out =
            fmt::format("({} + to_microseconds(CAST({} AS BIGINT) * {}))", stamp(value), amount, microseconds_of(part));
        if (value.type.is(TypeKind::date)) result = Type::of(TypeKind::timestamp_ntz);
    } else {
        const int months = months_of(part);
        const std::string interval = months != 0
                                         ? fmt::format("to_months(CAST({} * {} AS INTEGER))", amount, months)
                                         : fmt::format("to_days(CAST({} * {} AS INTEGER))", amount, days_of(part));
        out = fmt::format("({} + {})", wall(value), interval);
        if (value.type.is(TypeKind::date)) out = fmt::format("CAST({} AS DATE)", out);
    }
    if (value.type.is(TypeKind::timestamp_ltz)) out = fmt::format("CAST({} AS TIMESTAMPTZ)", out);
    value.sql = std::move(out);
    value.type = result;
    value.literal = Value::Literal::none;
    return value;
}

/// The amount is rounded to a whole number.
std::string amount(Call& call, std::size_t index) {
    Value value = call.binder.bind(*call.expr.args[index], call.scope);
    value = call.binder.number_from_text(value, *call.expr.args[index]);
    if (!value.type.is_integer())
        value = call.binder.coerce(std::move(value), Type::number(18, 0), *call.expr.args[index]);
    return fmt::format("CAST({} AS BIGINT)", value.sql);
}

Value dateadd(Call& call) {
    const DatePart part = part_argument(call, 0);
    const std::string count = amount(call, 1);
    Value value = temporal(call, 2);
    if (call.binder.failure().failed()) return call.binder.failed();
    if (!is_addable(part)) return call.unsupported(fmt::format("{} of {}", call.name, to_string(part)));
    return add(call.binder, part, count, std::move(value));
}

/// Boundaries crossed, not time passed.
Value datediff(Call& call) {
    const DatePart part = part_argument(call, 0);
    Value from = temporal(call, 1);
    Value to = temporal(call, 2);
    if (call.binder.failure().failed()) return call.binder.failed();
    const Type result = Type::integer(Storage::i64, 9);
    if (from.type.is(TypeKind::time) || to.type.is(TypeKind::time)) {
        if (from.type.kind != to.type.kind || !is_time_part(part) || part == DatePart::nanosecond) {
            return call.unsupported(fmt::format("{} of {} between {} and {}", call.name, to_string(part),
                                                from.type.name(), to.type.name()));
        }
        const long unit = microseconds_of(part);
        return call.value(
            fmt::format("(__sf_time_micros({1}) // {2} - __sf_time_micros({0}) // {2})", from.sql, to.sql, unit),
            result);
    }
    const std::string a = stamp(from);
    const std::string b = stamp(to);
    switch (part) {
        case DatePart::year: return call.value(fmt::format("(year({1}) - year({0}))", a, b), result);
        case DatePart::quarter:
            return call.value(fmt::format("((year({1}) * 4 + quarter({1})) - (year({0}) * 4 + quarter({0})))", a, b),
                              result);
        case DatePart::month:
            return call.value(fmt::format("((year({1}) * 12 + month({1})) - (year({0}) * 12 + month({0})))", a, b),
                              result);
        case DatePart::week:
            return call.value(fmt::format("CAST((CAST(date_trunc('week', {1}) AS DATE) - CAST(date_trunc('week', {0}) "
                                          "AS DATE)) // 7 AS BIGINT)",
                                          a, b),
                              result);
        case DatePart::day: return call.value(fmt::format("(CAST({1} AS DATE) - CAST({0} AS DATE))", a, b), result);
        case DatePart::hour:
        case DatePart::minute:
        case DatePart::second:
        case DatePart::millisecond:
        case DatePart::microsecond:
            return call.value(fmt::format("__sf_datediff({}, {}, {})", a, b, microseconds_of(part)),
                              Type::integer(Storage::i64, 18));
        case DatePart::nanosecond:
            return call.value(fmt::format("(__sf_datediff({}, {}, 1) * 1000)", a, b), Type::integer(Storage::i64, 18));
        default: return call.unsupported(fmt::format("{} of {}", call.name, to_string(part)));
    }
}

Value trunc_to(Binder& binder, DatePart part, Value value) {
    if (value.type.is(TypeKind::time)) {
        if (!is_time_part(part) || part == DatePart::nanosecond) {
            binder.failure().unsupported(fmt::format("DATE_TRUNC of a TIME to {}", to_string(part)));
            return binder.failed();
        }
        value.sql = fmt::format("__sf_time_floor({}, {})", value.sql, microseconds_of(part));
        return value;
    }
    if (part == DatePart::nanosecond) return value;
    if (!is_addable(part)) {
        binder.failure().unsupported(fmt::format("DATE_TRUNC to {}", to_string(part)));
        return binder.failed();
    }
    std::string out = fmt::format("date_trunc('{}', {})", to_string(part), wall(value));
    if (value.type.is(TypeKind::date)) {
        // A DATE stays a DATE; below a day there is nothing to cut.
        if (is_time_part(part)) return value;
        out = fmt::format("CAST({} AS DATE)", out);
    }
    if (value.type.is(TypeKind::timestamp_ltz)) out = fmt::format("CAST({} AS TIMESTAMPTZ)", out);
    value.sql = std::move(out);
    return value;
}

Value date_trunc_call(Call& call) {
    const DatePart part = part_argument(call, 0);
    Value value = temporal(call, 1);
    if (call.binder.failure().failed()) return call.binder.failed();
    return trunc_to(call.binder, part, std::move(value));
}

Value extract(Call& call, DatePart part, const Value& value) {
    if (call.binder.failure().failed()) return call.binder.failed();
    const Type small = Type::integer(Storage::i64, 4);
    if (value.type.is(TypeKind::time)) {
        switch (part) {
            case DatePart::hour: return call.value(fmt::format("hour({})", value.sql), small);
            case DatePart::minute: return call.value(fmt::format("minute({})", value.sql), small);
            case DatePart::second:
                return call.value(fmt::format("CAST(floor(second({})) AS BIGINT)", value.sql), small);
            default: return call.unsupported(fmt::format("{} of a TIME", to_string(part)));
        }
    }
    const std::string at = stamp(value);
    switch (part) {
        case DatePart::year: return call.value(fmt::format("year({})", at), small);
        case DatePart::quarter: return call.value(fmt::format("quarter({})", at), small);
        case DatePart::month: return call.value(fmt::format("month({})", at), small);
        case DatePart::week:
        case DatePart::week_iso: return call.value(fmt::format("week({})", at), small);
        case DatePart::day: return call.value(fmt::format("day({})", at), small);
        case DatePart::day_of_week: return call.value(fmt::format("dayofweek({})", at), small);
        case DatePart::day_of_week_iso: return call.value(fmt::format("isodow({})", at), small);
        case DatePart::day_of_year: return call.value(fmt::format("dayofyear({})", at), small);
        case DatePart::year_of_week:
        case DatePart::year_of_week_iso: return call.value(fmt::format("isoyear({})", at), small);
        case DatePart::hour: return call.value(fmt::format("hour({})", at), small);
        case DatePart::minute: return call.value(fmt::format("minute({})", at), small);
        case DatePart::second: return call.value(fmt::format("second({})", at), small);
        case DatePart::nanosecond:
            return call.value(fmt::format("((microsecond({}) % 1000000) * 1000)", at), Type::integer(Storage::i64, 9));
        case DatePart::epoch_second:
            return call.value(fmt::format("CAST(floor(epoch_us({}) / 1000000) AS BIGINT)", at),
                              Type::integer(Storage::i64, 18));
        case DatePart::epoch_millisecond:
            return call.value(fmt::format("epoch_ms({})", at), Type::integer(Storage::i64, 18));
        case DatePart::epoch_microsecond:
            return call.value(fmt::format("epoch_us({})", at), Type::integer(Storage::i64, 18));
        default: return call.unsupported(fmt::format("{} of {}", call.name, to_string(part)));
    }
}

Value date_part_call(Call& call) {
    const DatePart part = part_argument(call, 0);
    const Value value = temporal(call, 1);
    return extract(call, part, value);
}

/// YEAR(x), MONTH(x), …: the function's name is the part.
Value extract_named(Call& call) {
    const Value value = temporal(call, 0);
    return extract(call, date_part(call.name), value);
}

Value last_day(Call& call) {
    Value value = temporal(call, 0);
    if (value.type.is(TypeKind::time)) return call.unsupported("LAST_DAY of a TIME");
    const DatePart part = call.expr.args.size() == 2 ? part_argument(call, 1) : DatePart::month;
    if (call.binder.failure().failed()) return call.binder.failed();
    const std::string at = stamp(value);
    switch (part) {
        case DatePart::month: return call.of(fmt::format("last_day({})", at), TypeKind::date);
        case DatePart::year: return call.of(fmt::format("make_date(year({}), 12, 31)", at), TypeKind::date);
        case DatePart::quarter:
            return call.of(fmt::format("last_day(CAST(date_trunc('quarter', {}) AS DATE) + to_months(2))", at),
                           TypeKind::date);
        case DatePart::week:
            return call.of(fmt::format("CAST(CAST(date_trunc('week', {}) AS DATE) + 6 AS DATE)", at), TypeKind::date);
        default: return call.unsupported(fmt::format("LAST_DAY of {}", to_string(part)));
    }
}

Value add_months(Call& call) {
    Value& value = call.args[0];
    const bool is_date = value.type.is(TypeKind::date);
    std::string sql = fmt::format("__sf_add_months({}, CAST({} AS BIGINT))", stamp(value), call.sql(1));
    if (is_date) sql = fmt::format("CAST({} AS DATE)", sql);
    if (value.type.is(TypeKind::timestamp_ltz)) sql = fmt::format("CAST({} AS TIMESTAMPTZ)", sql);
    return call.value(sql, value.type);
}

Value timestamp_from_parts(Call& call) {
    if (call.count() == 2) {
        call.coerce(0, TypeKind::date);
        call.coerce(1, TypeKind::time);
        return call.of(fmt::format("({} + {})", call.sql(0), call.sql(1)), TypeKind::timestamp_ntz);
    }
    for (std::size_t i = 0; i < call.count(); ++i) {
        if (!call.type(i).is_integer()) return call.wrong_types();
    }
    const std::string nanoseconds = call.count() == 7 ? call.sql(6) : "0";
    return call.of(
        fmt::format(
            "__sf_timestamp_parts(CAST({} AS BIGINT), CAST({} AS BIGINT), CAST({} AS BIGINT), CAST({} AS BIGINT), "
            "CAST({} AS BIGINT), CAST({} AS BIGINT), CAST({} AS BIGINT))",
            call.sql(0), call.sql(1), call.sql(2), call.sql(3), call.sql(4), call.sql(5), nanoseconds),
        TypeKind::timestamp_ntz);
}

Value time_slice(Call& call) {
    Value value = temporal(call, 0);
    const std::string length = amount(call, 1);
    const DatePart part = part_argument(call, 2);
    std::string side = "START";
    if (call.expr.args.size() == 4) side = sql::to_upper(call.expr.args[3]->text);
    if (call.binder.failure().failed()) return call.binder.failed();
    if (side != "START" && side != "END") return call.unsupported("TIME_SLICE with '" + side + "'");
    if (!is_addable(part) || part == DatePart::nanosecond || value.type.is(TypeKind::time)) {
        return call.unsupported(fmt::format("TIME_SLICE of {}", to_string(part)));
    }
    const bool is_date = value.type.is(TypeKind::date);
    std::string sql =
        fmt::format("__sf_time_slice({}, {}, '{}', {})", stamp(value), length, to_string(part), side == "END");
    if (is_date) {
        if (is_time_part(part)) return call.unsupported("TIME_SLICE of a DATE in hours or less");
        sql = fmt::format("CAST({} AS DATE)", sql);
    }
    if (value.type.is(TypeKind::timestamp_ltz)) sql = fmt::format("CAST({} AS TIMESTAMPTZ)", sql);
    return call.value(sql, value.type);
}

/// CONVERT_TIMEZONE(from, to, timestamp): the two-argument form answers a TIMESTAMP_TZ, which DuckDB has not.
Value convert_timezone(Call& call) {
    if (call.count() == 2)
        return call.unsupported("CONVERT_TIMEZONE with two arguments (it answers a TIMESTAMP_TZ)", "name both zones");
    const std::string from = call.constant_text(0);
    const std::string to = call.constant_text(1);
    call.coerce(2, TypeKind::timestamp_ntz);
    return call.of(fmt::format("timezone({}, timezone({}, {}))", quoted_text(to), quoted_text(from), call.sql(2)),
                   TypeKind::timestamp_ntz);
}

Value now(Call& call) {
    const std::string_view name = call.name;
    if (name == "CURRENT_DATE") return call.of("CAST(CAST(now() AS TIMESTAMP) AS DATE)", TypeKind::date);
    if (name == "CURRENT_TIME" || name == "LOCALTIME")
        return call.of("CAST(CAST(now() AS TIMESTAMP) AS TIME)", TypeKind::time);
    if (name == "SYSDATE" || name == "SYSTIMESTAMP") {
        if (name == "SYSTIMESTAMP") return call.of("now()", TypeKind::timestamp_ltz);
        return call.of("(now() AT TIME ZONE 'UTC')", TypeKind::timestamp_ntz);
    }
    return call.of("now()", TypeKind::timestamp_ltz);
}

constexpr auto functions = std::to_array<Function>({
    {"DATEADD", 3, 3, "", "", "", dateadd, Kind::raw},
    {"TIMEADD", 3, 3, "", "", "", dateadd, Kind::raw},
    {"TIMESTAMPADD", 3, 3, "", "", "", dateadd, Kind::raw},
    {"DATEDIFF", 3, 3, "", "", "", datediff, Kind::raw},
    {"TIMEDIFF", 3, 3, "", "", "", datediff, Kind::raw},
    {"TIMESTAMPDIFF", 3, 3, "", "", "", datediff, Kind::raw},
    {"DATE_TRUNC", 2, 2, "", "", "", date_trunc_call, Kind::raw},
    {"DATE_PART", 2, 2, "", "", "", date_part_call, Kind::raw},
    {"YEAR", 1, 1, "", "", "", extract_named, Kind::raw},
    {"QUARTER", 1, 1, "", "", "", extract_named, Kind::raw},
    {"MONTH", 1, 1, "", "", "", extract_named, Kind::raw},
    {"WEEK", 1, 1, "", "", "", extract_named, Kind::raw},
    {"WEEKOFYEAR", 1, 1, "", "", "", extract_named, Kind::raw},
    {"WEEKISO", 1, 1, "", "", "", extract_named, Kind::raw},
    {"DAY", 1, 1, "", "", "", extract_named, Kind::raw},
    {"DAYOFMONTH", 1, 1, "", "", "", extract_named, Kind::raw},
    {"DAYOFWEEK", 1, 1, "", "", "", extract_named, Kind::raw},
    {"DAYOFWEEKISO", 1, 1, "", "", "", extract_named, Kind::raw},
    {"DAYOFYEAR", 1, 1, "", "", "", extract_named, Kind::raw},
    {"YEAROFWEEK", 1, 1, "", "", "", extract_named, Kind::raw},
    {"YEAROFWEEKISO", 1, 1, "", "", "", extract_named, Kind::raw},
    {"HOUR", 1, 1, "", "", "", extract_named, Kind::raw},
    {"MINUTE", 1, 1, "", "", "", extract_named, Kind::raw},
    {"SECOND", 1, 1, "", "", "", extract_named, Kind::raw},
    {"LAST_DAY", 1, 2, "", "", "", last_day, Kind::raw},
    {"NEXT_DAY", 2, 2, "st", "d", "__sf_next_day(%1, %2)"},
    {"PREVIOUS_DAY", 2, 2, "st", "d", "__sf_previous_day(%1, %2)"},
    {"DAYNAME", 1, 1, "s", "t", "left(dayname(%1), 3)"},
    {"MONTHNAME", 1, 1, "s", "t", "left(monthname(%1), 3)"},
    {"ADD_MONTHS", 2, 2, "mi", "", "", add_months},
    {"MONTHS_BETWEEN", 2, 2, "s", "f", "__sf_months_between(%1, %2)"},
    {"DATE_FROM_PARTS", 3, 3, "i", "d", "__sf_date_parts(%1, %2, %3)"},
    {"DATEFROMPARTS", 3, 3, "i", "d", "__sf_date_parts(%1, %2, %3)"},
    {"TIMESTAMP_FROM_PARTS", 2, 2, "", "", "", timestamp_from_parts},
    {"TIMESTAMP_FROM_PARTS", 6, 7, "", "", "", timestamp_from_parts},
    {"TIMESTAMP_NTZ_FROM_PARTS", 2, 2, "", "", "", timestamp_from_parts},
    {"TIMESTAMP_NTZ_FROM_PARTS", 6, 7, "", "", "", timestamp_from_parts},
    {"TIMESTAMPNTZFROMPARTS", 6, 7, "", "", "", timestamp_from_parts},
    {"TIME_SLICE", 3, 4, "", "", "", time_slice, Kind::raw},
    {"CONVERT_TIMEZONE", 2, 3, "", "", "", convert_timezone},
    {"CURRENT_DATE", 0, 0, "", "", "", now},
    {"CURRENT_TIME", 0, 1, "", "", "", now},
    {"CURRENT_TIMESTAMP", 0, 1, "", "", "", now},
    {"LOCALTIME", 0, 1, "", "", "", now},
    {"LOCALTIMESTAMP", 0, 1, "", "", "", now},
    {"GETDATE", 0, 0, "", "", "", now},
    {"SYSDATE", 0, 0, "", "", "", now},
    {"SYSTIMESTAMP", 0, 0, "", "", "", now},
});

}  // namespace

Value date_add(Binder& binder, std::string_view part, std::string_view amount, Value value) {
    const DatePart known = date_part(part);
    if (!is_addable(known)) {
        binder.failure().unsupported(fmt::format("An interval of '{}'", part));
        return binder.failed();
    }
    return add(binder, known, fmt::format("CAST({} AS BIGINT)", amount), std::move(value));
}

Value date_trunc(Binder& binder, std::string_view part, Value value) {
    return trunc_to(binder, date_part(part), std::move(value));
}

std::span<const Function> date_functions() { return functions; }

}  // namespace backend::duckdb::dialect
