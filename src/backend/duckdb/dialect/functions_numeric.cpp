/// Numeric functions. Source: https://docs.snowflake.com/en/sql-reference/functions-numeric
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

/// ABS and SIGN of a NUMBER must not overflow at its storage's edge.
Value abs_(Call& call) { return call.value(fmt::format("abs({})", call.sql(0)), call.type(0)); }

std::string decimal38(const std::string& sql, int scale) {
    return fmt::format("CAST({} AS DECIMAL(38,{}))", sql, scale);
}

std::string unscaled(const Value& value) {
    if (value.type.scale == 0) return fmt::format("CAST({} AS HUGEINT)", value.sql);
    return fmt::format("__sf_unscale_{}({})", value.type.scale, decimal38(value.sql, value.type.scale));
}

std::string_view mode_of(const Call& call) {
    if (call.name.starts_with("TRUNC")) return "trunc";
    return call.name == "ROUND" ? "round" : call.name == "FLOOR" ? "floor" : "ceil";
}

/// The scale is a column: a NUMBER keeps its own scale, with zeros where digits were dropped.
Value round_to_column(Call& call, std::string_view mode) {
    const Type type = call.type(0);
    const std::string scale = fmt::format("CAST({} AS BIGINT)", call.sql(1));
    if (type.is(TypeKind::real)) {
        return call.of(fmt::format("__sf_real_{}({}, {})", mode, call.sql(0), scale), TypeKind::real);
    }
    Type result = Type::number(38, type.scale);
    const std::string drop = fmt::format("({} - {})", type.scale, scale);
    const std::string dropped = fmt::format("__sf_drop({}, {}, {}, '{}')", unscaled(call.args[0]), drop, drop, mode);
    if (type.scale > 0) return call.value(fmt::format("__sf_scale_{}({})", type.scale, dropped), result);
    result.storage = Storage::i128;
    return call.value(dropped, result);
}

/// Of a NUMBER to a constant scale: the smaller of both scales; a FLOAT stays a FLOAT.
Value round_by(Call& call, std::string_view mode) {
    const Type& type = call.type(0);
    const bool constant = call.count() < 2 || call.args[1].literal == Value::Literal::number;
    if (!constant) return round_to_column(call, mode);
    const long scale = call.count() < 2 ? 0 : call.constant_integer(1);
    if (type.is(TypeKind::real)) {
        return call.of(fmt::format("__sf_real_{}({}, {})", mode, call.sql(0), scale), TypeKind::real);
    }
    if (scale >= type.scale) return call.args[0];
    if (scale < -37) return call.unsupported(fmt::format("{} to so many digits", call.name));
    // On the unscaled integer: drop type.scale - scale digits.
    const long drop = type.scale - scale;
    const int kept = static_cast<int>(std::max(0L, scale));
    Type result = Type::number(38, kept);
    result.precision = static_cast<std::uint8_t>(std::clamp(type.precision - type.scale + 1 + kept, 1, 38));
    const std::string whole = unscaled(call.args[0]);
    if (kept > 0)
        return call.value(fmt::format("__sf_scale_{}(__sf_drop({}, {}, 0, '{}'))", kept, whole, drop, mode), result);
    result.storage = Storage::i128;
    return call.value(fmt::format("__sf_drop({}, {}, {}, '{}')", whole, drop, scale < 0 ? -scale : 0, mode), result);
}

Value rounded(Call& call) { return round_by(call, mode_of(call)); }

/// TRUNC(number [, scale]) or, of a date, TRUNC(date, 'part').
Value trunc(Call& call) {
    if (call.type(0).is_temporal() && call.count() == 2) {
        std::swap(call.args[0], call.args[1]);
        return date_trunc(call.binder, call.constant_text(0), call.args[1]);
    }
    call.args[0] = call.binder.number_from_text(call.args[0], call.expr);
    if (call.type(0).is(TypeKind::null)) call.coerce(0, Type::integer());
    if (!call.type(0).is_numeric()) return call.wrong_types();
    return rounded(call);
}

Value round_with_mode(Call& call) {
    const std::string mode = call.constant_text(2);
    call.args.pop_back();
    if (mode == "HALF_AWAY_FROM_ZERO") return rounded(call);
    if (mode == "HALF_TO_EVEN" && call.type(0).is(TypeKind::number)) return round_by(call, "half_even");
    return call.unsupported(fmt::format("ROUND by {}", mode));
}

Value modulo(Call& call) { return call.binder.arithmetic("%", call.args[0], call.args[1], call.expr); }

Value square(Call& call) {
    call.coerce(0, TypeKind::real);
    return call.of(fmt::format("({0} * {0})", call.sql(0)), TypeKind::real);
}

/// LOG(base, x).
Value logarithm(Call& call) {
    return call.of(fmt::format("(__sf_ln({1}) / __sf_ln({0}))", call.sql(0), call.sql(1)), TypeKind::real);
}

Value sign(Call& call) {
    return call.value(fmt::format("CAST(sign({}) AS INTEGER)", call.sql(0)), Type::integer(Storage::i32, 1));
}

Value uniform(Call& call) {
    const bool integers = call.type(0).is_integer() && call.type(1).is_integer();
    const bool from_random = call.expr.args[2]->kind == ExprKind::call && call.expr.args[2]->name[0].text == "RANDOM" &&
                             call.expr.args[2]->args.empty();
    if (!from_random) return call.unsupported("UNIFORM with anything but RANDOM() as generator");
    if (integers) {
        return call.value(fmt::format("(CAST({0} AS BIGINT) + CAST(floor(system.main.random() * (CAST({1} AS BIGINT) - "
                                      "CAST({0} AS BIGINT) + 1)) AS BIGINT))",
                                      call.sql(0), call.sql(1)),
                          Type::integer(Storage::i64));
    }
    return call.of(
        fmt::format("(CAST({0} AS DOUBLE) + system.main.random() * (CAST({1} AS DOUBLE) - CAST({0} AS DOUBLE)))",
                    call.sql(0), call.sql(1)),
        TypeKind::real);
}

Value random(Call& call) {
    if (call.count() == 1) return call.unsupported("RANDOM with a seed");
    Value out = call.value("CAST(floor((system.main.random() - 0.5) * 18446744073709549568.0) AS BIGINT)",
                           Type::integer(Storage::i64, 19));
    return out;
}

Value width_bucket(Call& call) {
    return call.value(
        fmt::format("__sf_width_bucket({}, {}, {}, {})", call.sql(0), call.sql(1), call.sql(2), call.sql(3)),
        Type::integer(Storage::i64));
}

constexpr auto functions = std::to_array<Function>({
    {"ABS", 1, 1, "n", "", "", abs_},
    {"CEIL", 1, 2, "n", "", "", rounded},
    {"CEILING", 1, 2, "n", "", "", rounded},
    {"FLOOR", 1, 2, "n", "", "", rounded},
    {"ROUND", 1, 2, "n", "", "", rounded},
    {"ROUND", 3, 3, "nnt", "", "", round_with_mode},
    {"TRUNC", 1, 2, "", "", "", trunc},
    {"TRUNCATE", 1, 2, "", "", "", trunc},
    {"MOD", 2, 2, "n", "", "", modulo},
    {"SIGN", 1, 1, "n", "", "", sign},
    {"SQRT", 1, 1, "f", "f", "__sf_sqrt(%1)"},
    {"CBRT", 1, 1, "f", "f", "cbrt(%1)"},
    {"SQUARE", 1, 1, "n", "", "", square},
    {"POWER", 2, 2, "f", "f", "__sf_power(%1, %2)"},
    {"POW", 2, 2, "f", "f", "__sf_power(%1, %2)"},
    {"EXP", 1, 1, "f", "f", "exp(%1)"},
    {"LN", 1, 1, "f", "f", "__sf_ln(%1)"},
    {"LOG", 2, 2, "f", "", "", logarithm},
    {"PI", 0, 0, "", "f", "pi()"},
    {"DEGREES", 1, 1, "f", "f", "degrees(%1)"},
    {"RADIANS", 1, 1, "f", "f", "radians(%1)"},
    {"SIN", 1, 1, "f", "f", "sin(%1)"},
    {"COS", 1, 1, "f", "f", "cos(%1)"},
    {"TAN", 1, 1, "f", "f", "tan(%1)"},
    {"COT", 1, 1, "f", "f", "cot(%1)"},
    {"ASIN", 1, 1, "f", "f", "asin(%1)"},
    {"ACOS", 1, 1, "f", "f", "acos(%1)"},
    {"ATAN", 1, 1, "f", "f", "atan(%1)"},
    {"ATAN2", 2, 2, "f", "f", "atan2(%1, %2)"},
    {"SINH", 1, 1, "f", "f", "sinh(%1)"},
    {"COSH", 1, 1, "f", "f", "cosh(%1)"},
    {"TANH", 1, 1, "f", "f", "tanh(%1)"},
    {"ASINH", 1, 1, "f", "f", "asinh(%1)"},
    {"ACOSH", 1, 1, "f", "f", "acosh(%1)"},
    {"ATANH", 1, 1, "f", "f", "atanh(%1)"},
    {"FACTORIAL", 1, 1, "i", "i", "CAST(factorial(CAST(%1 AS INTEGER)) AS BIGINT)"},
    {"HAVERSINE", 4, 4, "f", "f", "__sf_haversine(%1, %2, %3, %4)"},
    {"WIDTH_BUCKET", 4, 4, "f", "", "", width_bucket},
    {"BITAND", 2, 2, "i", "i", "(%1 & %2)"},
    {"BITOR", 2, 2, "i", "i", "(%1 | %2)"},
    {"BITXOR", 2, 2, "i", "i", "xor(%1, %2)"},
    {"BITNOT", 1, 1, "i", "i", "(~ %1)"},
    {"RANDOM", 0, 1, "", "", "", random, Kind::scalar, true},
    {"UNIFORM", 3, 3, "nna", "", "", uniform, Kind::scalar, true},
});

}  // namespace

std::span<const Function> numeric_functions() { return functions; }

}  // namespace backend::duckdb::dialect
