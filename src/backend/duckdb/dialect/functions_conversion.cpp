/// Conversion functions. Source: https://docs.snowflake.com/en/sql-reference/functions-conversion
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/functions.hpp"
#include "sql/lexer.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

bool tries(const Call& call) { return call.name.starts_with("TRY_"); }

std::string_view try_prefix(const Call& call) { return tries(call) ? "__sf_try_" : "__sf_"; }

/// A number as plain digits, whatever its type.
std::string digits(const Call& call, std::size_t index) {
    return call.type(index).is(TypeKind::real) ? fmt::format("__sf_real_digits({})", call.sql(index))
                                               : fmt::format("CAST({} AS VARCHAR)", call.sql(index));
}

Value to_char(Call& call) {
    const Type& type = call.type(0);
    if (call.count() == 1) {
        if (type.is(TypeKind::variant)) {
            return call.value(fmt::format("COALESCE(__sf_variant_text({0}), {0})", call.sql(0)), Type::text());
        }
        return call.binder.cast(call.args[0], Type::text(), call.expr);
    }
    call.coerce(1, Type::text());
    if (type.is_numeric())
        return call.value(fmt::format("__sf_number_format({}, {})", digits(call, 0), call.sql(1)), Type::text());
    if (type.is(TypeKind::time))
        return call.value(fmt::format("__sf_time_format({}, {})", call.sql(0), call.sql(1)), Type::text());
    if (type.is(TypeKind::date)) {
        return call.value(fmt::format("__sf_timestamp_format(CAST({} AS TIMESTAMP), {}, '')", call.sql(0), call.sql(1)),
                          Type::text());
    }
    if (type.is(TypeKind::timestamp_ntz)) {
        return call.value(fmt::format("__sf_timestamp_format({}, {}, '')", call.sql(0), call.sql(1)), Type::text());
    }
    if (type.is(TypeKind::timestamp_ltz)) {
        return call.value(local_timestamp_text(call.binder, call.args[0], call.constant_text(1)), Type::text());
    }
    if (type.is(TypeKind::binary)) {
        const std::string format = sql::to_upper(call.constant_text(1));
        if (format == "HEX") return call.value(fmt::format("hex({})", call.sql(0)), Type::text());
        if (format == "BASE64") return call.value(fmt::format("to_base64({})", call.sql(0)), Type::text());
        if (format == "UTF-8" || format == "UTF8")
            return call.value(fmt::format("decode({})", call.sql(0)), Type::text());
    }
    return call.wrong_types();
}

bool is_auto(Call& call, std::size_t index) {
    return call.args[index].literal == Value::Literal::text && sql::to_upper(call.args[index].literal_text) == "AUTO";
}

/// TO_DATE, TO_TIME, TO_TIMESTAMP of text, with or without a format.
Value from_text(Call& call, std::string_view what, const Type& target) {
    call.coerce(0, Type::text());
    if (call.count() == 1 || is_auto(call, 1))
        return call.value(fmt::format("{}{}({})", try_prefix(call), what, call.sql(0)), target);
    call.coerce(1, Type::text());
    return call.value(fmt::format("{}{}_by({}, {})", try_prefix(call), what, call.sql(0), call.sql(1)), target);
}

Value to_date(Call& call) {
    const Type target = Type::of(TypeKind::date);
    const Type& type = call.type(0);
    if (type.is(TypeKind::text) || type.is(TypeKind::null)) return from_text(call, "date", target);
    if (tries(call)) return call.wrong_types();
    return call.binder.cast(call.args[0], target, call.expr);
}

Value to_time(Call& call) {
    const Type target = Type::of(TypeKind::time);
    const Type& type = call.type(0);
    if (type.is(TypeKind::text) || type.is(TypeKind::null)) return from_text(call, "time", target);
    if (tries(call)) return call.wrong_types();
    return call.binder.cast(call.args[0], target, call.expr);
}

/// Seconds, or thousandths and so on of them where a scale says so.
Value from_epoch(Call& call, const Type& target) {
    const long scale = call.count() == 2 ? call.constant_integer(1) : 0;
    if (scale < 0 || scale > 9) return call.unsupported("TO_TIMESTAMP with a scale above 9");
    if (scale == 0) return call.binder.cast(call.args[0], target, call.expr);
    if (!call.type(0).is_integer()) return call.unsupported("TO_TIMESTAMP of a number with decimals and a scale");
    std::string micros = fmt::format("CAST({} AS BIGINT)", call.sql(0));
    long unit = 1;
    for (long i = scale; i != 6; i += i < 6 ? 1 : -1) unit *= 10;
    if (scale <= 6) {
        micros += fmt::format(" * {}", unit);
    } else {
        micros = fmt::format(
            "(CASE WHEN {0} % {1} = 0 THEN {0} // {1} WHEN {0} IS NOT NULL THEN "
            "error('Nanoseconds are not supported by the embedded backend, which keeps microseconds') END)",
            micros, unit);
    }
    std::string sql = fmt::format("make_timestamp({})", micros);
    if (target.is(TypeKind::timestamp_ltz)) sql = fmt::format("CAST({} AS TIMESTAMPTZ)", sql);
    return call.value(sql, target);
}

Value to_timestamp(Call& call) {
    const bool local = call.name.ends_with("LTZ");
    const Type target = Type::of(local ? TypeKind::timestamp_ltz : TypeKind::timestamp_ntz);
    const Type& type = call.type(0);
    if (type.is(TypeKind::number) && !tries(call)) return from_epoch(call, target);
    if (type.is(TypeKind::text) && local) {
        if (call.count() == 2 || tries(call))
            return call.unsupported(fmt::format("{} with a format", call.name), "use the NTZ form");
        return call.binder.cast(call.args[0], target, call.expr);
    }
    if (type.is(TypeKind::text) || type.is(TypeKind::null)) {
        // The scale after a text with digits changes nothing where it is 0.
        if (call.count() == 2 && call.args[1].literal == Value::Literal::number)
            return call.unsupported("TO_TIMESTAMP(text, scale)");
        return from_text(call, "timestamp", target);
    }
    if (tries(call)) return call.wrong_types();
    if (call.count() == 2) return call.wrong_types();
    return call.binder.cast(call.args[0], target, call.expr);
}

/// TO_NUMBER(x [, 'format'] [, precision [, scale]]).
Value to_number(Call& call) {
    std::size_t at = 1;
    std::string format;
    if (at < call.count() && call.args[at].literal == Value::Literal::text) format = call.constant_text(at++);
    const long precision = at < call.count() ? call.constant_integer(at) : 38;
    const long scale = at + 1 < call.count() ? call.constant_integer(at + 1) : 0;
    if (at + 2 < call.count() || precision < 1 || precision > 38 || scale < 0 || scale > 37 || scale > precision)
        return call.wrong_types();
    const Type target = Type::number(static_cast<int>(precision), static_cast<int>(scale));
    const Type& type = call.type(0);
    if (!type.is(TypeKind::text)) {
        if (!format.empty() || (tries(call) && !type.is(TypeKind::null))) return call.wrong_types();
        return call.binder.cast(call.args[0], target, call.expr);
    }
    if (!format.empty()) {
        call.args[0].sql = fmt::format("{}number_unformat({}, {})", try_prefix(call), call.sql(0), quoted_text(format));
    }
    return tries(call) ? call.binder.try_cast(call.args[0], target, call.expr)
                       : call.binder.cast(call.args[0], target, call.expr);
}

Value to_double(Call& call) {
    const Type target = Type::of(TypeKind::real);
    if (call.count() == 2) {
        const std::string format = call.constant_text(1);
        call.coerce(0, Type::text());
        call.args[0].sql = fmt::format("{}number_unformat({}, {})", try_prefix(call), call.sql(0), quoted_text(format));
    }
    return tries(call) ? call.binder.try_cast(call.args[0], target, call.expr)
                       : call.binder.cast(call.args[0], target, call.expr);
}

Value to_boolean(Call& call) {
    const Type target = Type::of(TypeKind::boolean);
    return tries(call) ? call.binder.try_cast(call.args[0], target, call.expr)
                       : call.binder.cast(call.args[0], target, call.expr);
}

Value to_binary(Call& call) {
    call.coerce(0, Type::text());
    const std::string format = call.count() == 2 ? sql::to_upper(call.constant_text(1)) : "HEX";
    if (format == "HEX") return call.of(fmt::format("__sf_unhex({})", call.sql(0)), TypeKind::binary);
    if (format == "BASE64") return call.of(fmt::format("from_base64({})", call.sql(0)), TypeKind::binary);
    if (format == "UTF-8" || format == "UTF8") return call.of(fmt::format("encode({})", call.sql(0)), TypeKind::binary);
    return call.unsupported("TO_BINARY by " + format);
}

constexpr auto functions = std::to_array<Function>({
    {"TO_CHAR", 1, 2, "", "", "", to_char},
    {"TO_VARCHAR", 1, 2, "", "", "", to_char},
    {"TO_DATE", 1, 2, "", "", "", to_date},
    {"DATE", 1, 2, "", "", "", to_date},
    {"TRY_TO_DATE", 1, 2, "", "", "", to_date},
    {"TO_TIME", 1, 2, "", "", "", to_time},
    {"TIME", 1, 2, "", "", "", to_time},
    {"TRY_TO_TIME", 1, 2, "", "", "", to_time},
    {"TO_TIMESTAMP", 1, 2, "", "", "", to_timestamp},
    {"TO_TIMESTAMP_NTZ", 1, 2, "", "", "", to_timestamp},
    {"TO_TIMESTAMP_LTZ", 1, 2, "", "", "", to_timestamp},
    {"TRY_TO_TIMESTAMP", 1, 2, "", "", "", to_timestamp},
    {"TRY_TO_TIMESTAMP_NTZ", 1, 2, "", "", "", to_timestamp},
    {"TO_NUMBER", 1, 4, "", "", "", to_number},
    {"TO_DECIMAL", 1, 4, "", "", "", to_number},
    {"TO_NUMERIC", 1, 4, "", "", "", to_number},
    {"TRY_TO_NUMBER", 1, 4, "", "", "", to_number},
    {"TRY_TO_DECIMAL", 1, 4, "", "", "", to_number},
    {"TRY_TO_NUMERIC", 1, 4, "", "", "", to_number},
    {"TO_DOUBLE", 1, 2, "", "", "", to_double},
    {"TRY_TO_DOUBLE", 1, 2, "", "", "", to_double},
    {"TO_BOOLEAN", 1, 1, "", "", "", to_boolean},
    {"TRY_TO_BOOLEAN", 1, 1, "", "", "", to_boolean},
    {"TO_BINARY", 1, 2, "", "", "", to_binary},
});

}  // namespace

/// The session's zone is UTC here; its offset is written as +0000.
std::string local_timestamp_text(Binder& binder, const Value& value, std::string_view format) {
    if (binder.context().time_zone != "UTC") {
        binder.failure().unsupported("A TIMESTAMP_LTZ as text where TIMEZONE is not UTC");
        return "NULL";
    }
    return fmt::format("__sf_timestamp_format(CAST({} AS TIMESTAMP), {}, '+0000')", value.sql, quoted_text(format));
}

std::span<const Function> conversion_functions() { return functions; }

}  // namespace backend::duckdb::dialect
