/// Aggregate functions, alone or over a window. Source:
/// https://docs.snowflake.com/en/sql-reference/functions-aggregation
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

const Type counted = Type::integer(Storage::i64, 18);

Value count(Call& call) {
    if (call.parts().star) {
        if (call.parts().distinct) return call.unsupported("COUNT(DISTINCT *)");
        return call.value(call.aggregate("count", "*"), counted);
    }
    if (call.count() == 1) return call.value(call.aggregate("count", call.sql(0)), counted);
    // Rows where no argument is NULL.
    std::string nulls;
    for (const Value& arg : call.args) nulls += fmt::format("{}{} IS NULL", nulls.empty() ? "" : " OR ", arg.sql);
    const std::string row = fmt::format("CASE WHEN {} THEN NULL ELSE row({}) END", nulls, fill("%*", call.args));
    return call.value(call.aggregate("count", row), counted);
}

Value count_distinct(Call& call) {
    if (call.parts().star || call.count() != 1)
        return call.unsupported(fmt::format("{} of several arguments", call.name));
    std::string sql = fmt::format("count(DISTINCT {})", call.sql(0));
    if (call.parts().window != nullptr) sql += call.binder.over(*call.parts().window, call.scope, false, true);
    return call.value(sql, counted);
}

Value count_if(Call& call) {
    if (call.parts().distinct) return call.unsupported("COUNT_IF(DISTINCT ...)");
    return call.value(call.aggregate("count", fmt::format("CASE WHEN {} THEN 1 END", call.sql(0))), counted);
}

Type summed(const Type& type) {
    if (type.is(TypeKind::real)) return type;
    Type result = Type::number(38, type.scale);
    if (type.is_integer()) result.storage = Storage::i128;
    return result;
}

Value sum(Call& call) { return call.value(call.aggregate("sum", call.sql(0)), summed(call.type(0))); }

/// Of a NUMBER it is the exact quotient of sum and count, by the rule of division.
Value avg(Call& call) {
    if (call.type(0).is(TypeKind::real)) return call.of(call.aggregate("avg", call.sql(0)), TypeKind::real);
    Value total = call.value(call.aggregate("sum", call.sql(0)), summed(call.type(0)));
    total.type.precision = 38;
    const std::string rows = call.aggregate("count", call.sql(0));
    Value number = call.value(fmt::format("(CASE WHEN {0} = 0 THEN NULL ELSE {0} END)", rows), counted);
    return call.binder.divide(std::move(total), std::move(number), call.expr);
}

Value same_type(Call& call, std::string_view function) {
    if (call.type(0).is_semi_structured()) {
        return call.unsupported(fmt::format("{} of {}", call.name, call.type(0).name()), "cast it first");
    }
    return call.value(call.aggregate(function, call.sql(0)), call.type(0));
}

Value min_(Call& call) { return same_type(call, "min"); }
Value max_(Call& call) { return same_type(call, "max"); }

Value mode(Call& call) { return same_type(call, "mode"); }

Value any_value(Call& call) { return call.value(call.aggregate("any_value", call.sql(0)), call.type(0)); }

/// Between two middle values it is their mean; a NUMBER gets 3 more decimals.
Value median(Call& call) {
    if (call.type(0).is(TypeKind::real)) return call.of(call.aggregate("median", call.sql(0)), TypeKind::real);
    const int scale = std::min(37, call.type(0).scale + 3);
    const Type type = Type::number(38, scale);
    const std::string wide = fmt::format("CAST({} AS DECIMAL(38,{}))", call.sql(0), call.type(0).scale);
    // The two middle values, exactly: quantile_disc from both ends.
    const std::string low = call.aggregate("quantile_disc", fmt::format("{}, 0.5", wide));
    const std::string high = call.aggregate("quantile_disc", fmt::format("-({}), 0.5", wide));
    return call.value(fmt::format("CAST(((({}) - ({})) * CAST(0.5 AS DECIMAL(2,1))) AS {})", low, high, type.duckdb()),
                      type);
}

Value deviation(Call& call) {
    call.coerce(0, TypeKind::real);
    return call.of(call.aggregate(call.name == "STDDEV_POP" ? "stddev_pop" : "stddev_samp", call.sql(0)),
                   TypeKind::real);
}

/// Of a NUMBER it is exact: twice its scale, and 6 digits more by the rule of division.
Value variance(Call& call) {
    const bool population = call.name.find("POP") != std::string_view::npos;
    const Type& type = call.type(0);
    if (type.is(TypeKind::real)) {
        return call.of(call.aggregate(population ? "var_pop" : "var_samp", call.sql(0)), TypeKind::real);
    }
    const int squared = 2 * type.scale;
    if (squared > 24)
        return call.unsupported(fmt::format("{} of a NUMBER with so many decimals", call.name), "cast it to FLOAT");
    const int scale = std::max(squared, std::min(squared + 6, 12));
    const std::string whole =
        type.scale == 0 ? fmt::format("CAST({} AS HUGEINT)", call.sql(0))
                        : fmt::format("__sf_unscale_{0}(CAST({1} AS DECIMAL(38,{0})))", type.scale, call.sql(0));
    const std::string squares = call.aggregate("sum", fmt::format("({0} * {0})", whole));
    const std::string total = call.aggregate("sum", whole);
    const std::string rows = fmt::format("CAST({} AS HUGEINT)", call.aggregate("count", call.sql(0)));
    const std::string divisor = fmt::format("({0} * ({0} - {1}) * CAST(1{2} AS HUGEINT))", rows, population ? 0 : 1,
                                            std::string(static_cast<std::size_t>(squared), '0'));
    return call.value(
        fmt::format("__sf_divide_{0}(({1} * {2}) - ({3} * {3}), CASE WHEN {4} = 0 THEN NULL ELSE {4} END)", scale,
                    squares, rows, total, divisor),
        Type::number(38, scale));
}

Value two_floats(Call& call) {
    std::string function;
    for (const char c : call.name) function.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    const Type type = call.name == "REGR_COUNT" ? counted : Type::of(TypeKind::real);
    return call.value(call.aggregate(function, fill("%*", call.args)), type);
}

/// ` ORDER BY …` of WITHIN GROUP.
std::string within(Call& call) {
    return call.parts().has_within_group ? " ORDER BY " + call.binder.order_by(call.parts().within_group, call.scope)
                                         : "";
}

/// Of no rows it is '', not NULL.
Value listagg(Call& call) {
    call.coerce(0, Type::text());
    std::string separator = "''";
    if (call.count() == 2) {
        if (call.args[1].literal != Value::Literal::text)
            return call.unsupported("LISTAGG with a separator that is not a constant");
        separator = call.sql(1);
    }
    std::string sql = fmt::format("string_agg({}{}, {}{})", call.parts().distinct ? "DISTINCT " : "", call.sql(0),
                                  separator, within(call));
    if (call.parts().window != nullptr) sql += call.binder.over(*call.parts().window, call.scope, false, true);
    return call.value(fmt::format("COALESCE({}, '')", sql), Type::text());
}

/// NULLs are left out; of no rows it is [].
Value array_agg(Call& call) {
    Value element = call.args[0];
    if (!element.type.is_semi_structured()) element = call.binder.cast(element, Type::of(TypeKind::variant), call.expr);
    std::string order = within(call);
    if (call.parts().distinct && !order.empty()) {
        return call.unsupported("ARRAY_AGG(DISTINCT ...) WITHIN GROUP");
    }
    std::string sql =
        fmt::format("string_agg({}{}, ','{})", call.parts().distinct ? "DISTINCT " : "", element.sql, order);
    if (call.parts().window != nullptr) sql += call.binder.over(*call.parts().window, call.scope, false, true);
    return call.of(fmt::format("('[' || COALESCE({}, '') || ']')", sql), TypeKind::array);
}

Value object_agg(Call& call) {
    call.coerce(0, Type::text());
    if (!call.type(1).is_semi_structured())
        call.args[1] = call.binder.cast(call.args[1], Type::of(TypeKind::variant), call.expr);
    std::string sql = fmt::format("string_agg(__sf_json_string({}) || ':' || {}, ',')", call.sql(0), call.sql(1));
    if (call.parts().window != nullptr) sql += call.binder.over(*call.parts().window, call.scope, false, true);
    return call.of(fmt::format("__sf_object('{{' || COALESCE({}, '') || '}}')", sql), TypeKind::object);
}

/// PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x).
Value percentile(Call& call) {
    if (!call.parts().has_within_group || call.parts().within_group.size() != 1) {
        return call.unsupported(fmt::format("{} without WITHIN GROUP (ORDER BY one expression)", call.name));
    }
    const OrderItem& item = call.parts().within_group[0];
    if (call.args[0].literal != Value::Literal::number)
        return call.unsupported(fmt::format("{} of a fraction that is not a constant", call.name));
    Value ordered = call.binder.bind(*item.expr, call.scope);
    const bool discrete = call.name == "PERCENTILE_DISC";
    if (!ordered.type.is_numeric() && !(discrete && ordered.type.is_temporal()))
        return call.unsupported(fmt::format("{} of {}", call.name, ordered.type.name()));
    const std::string direction = item.descending ? "DESC" : "ASC";
    Type type = ordered.type;
    std::string subject = ordered.sql;
    if (!discrete && type.is(TypeKind::number)) {
        // As for MEDIAN: exact enough in a FLOAT, shown with 3 more decimals.
        type = Type::number(38, std::min(37, type.scale + 3));
        subject = fmt::format("CAST({} AS DOUBLE)", ordered.sql);
    }
    std::string sql = fmt::format("{}({}, {} ORDER BY {} {})", discrete ? "quantile_disc" : "quantile_cont", subject,
                                  call.sql(0), subject, direction);
    if (call.parts().window != nullptr) sql += call.binder.over(*call.parts().window, call.scope, false, true);
    if (!discrete && type.is(TypeKind::number))
        sql = fmt::format("CAST(__sf_real_number_{}({}) AS {})", type.scale, sql, type.duckdb());
    return call.value(sql, type);
}

Value approx_percentile(Call& call) {
    if (call.args[1].literal != Value::Literal::number)
        return call.unsupported("APPROX_PERCENTILE of a fraction that is not a constant");
    return call.of(call.aggregate("quantile_cont", fmt::format("CAST({} AS DOUBLE), {}", call.sql(0), call.sql(1))),
                   TypeKind::real);
}

Value extreme_by(Call& call) {
    const std::string_view function = call.name == "MAX_BY" ? "arg_max" : "arg_min";
    return call.value(call.aggregate(function, fmt::format("{}, {}", call.sql(0), call.sql(1))), call.type(0));
}

Value grouping(Call& call) {
    return call.value(fmt::format("GROUPING({})", fill("%*", call.args)), Type::integer(Storage::i64, 18));
}

Value bits(Call& call) {
    const std::string_view function = call.name.starts_with("BITAND") || call.name == "BIT_AND_AGG" ? "bit_and"
                                      : call.name.starts_with("BITOR") || call.name == "BIT_OR_AGG" ? "bit_or"
                                                                                                    : "bit_xor";
    return call.value(call.aggregate(function, call.sql(0)), Type::integer(Storage::i64));
}

Value booleans(Call& call) {
    if (call.name == "BOOLXOR_AGG") {
        const std::string rows = call.aggregate("count", fmt::format("CASE WHEN {} THEN 1 END", call.sql(0)));
        return call.of(
            fmt::format("(CASE WHEN {} = 0 THEN NULL ELSE {} = 1 END)", call.aggregate("count", call.sql(0)), rows),
            TypeKind::boolean);
    }
    return call.of(call.aggregate(call.name == "BOOLAND_AGG" ? "bool_and" : "bool_or", call.sql(0)), TypeKind::boolean);
}

constexpr auto functions = std::to_array<Function>({
    {"COUNT", 1, -1, "", "", "", count, Kind::aggregate},
    {"COUNT_IF", 1, 1, "b", "", "", count_if, Kind::aggregate},
    {"SUM", 1, 1, "n", "", "", sum, Kind::aggregate},
    {"AVG", 1, 1, "n", "", "", avg, Kind::aggregate},
    {"MIN", 1, 1, "", "", "", min_, Kind::aggregate},
    {"MAX", 1, 1, "", "", "", max_, Kind::aggregate},
    {"MODE", 1, 1, "", "", "", mode, Kind::aggregate},
    {"ANY_VALUE", 1, 1, "", "", "", any_value, Kind::aggregate},
    {"MEDIAN", 1, 1, "n", "", "", median, Kind::aggregate},
    {"STDDEV", 1, 1, "n", "", "", deviation, Kind::aggregate},
    {"STDDEV_SAMP", 1, 1, "n", "", "", deviation, Kind::aggregate},
    {"STDDEV_POP", 1, 1, "n", "", "", deviation, Kind::aggregate},
    {"VARIANCE", 1, 1, "n", "", "", variance, Kind::aggregate},
    {"VAR_SAMP", 1, 1, "n", "", "", variance, Kind::aggregate},
    {"VARIANCE_SAMP", 1, 1, "n", "", "", variance, Kind::aggregate},
    {"VAR_POP", 1, 1, "n", "", "", variance, Kind::aggregate},
    {"VARIANCE_POP", 1, 1, "n", "", "", variance, Kind::aggregate},
    {"CORR", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"COVAR_POP", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"COVAR_SAMP", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_AVGX", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_AVGY", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_COUNT", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_INTERCEPT", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_R2", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_SLOPE", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_SXX", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_SXY", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"REGR_SYY", 2, 2, "f", "", "", two_floats, Kind::aggregate},
    {"LISTAGG", 1, 2, "", "", "", listagg, Kind::ordered},
    {"STRING_AGG", 1, 2, "", "", "", listagg, Kind::ordered},
    {"ARRAY_AGG", 1, 1, "", "", "", array_agg, Kind::ordered},
    {"ARRAYAGG", 1, 1, "", "", "", array_agg, Kind::ordered},
    {"OBJECT_AGG", 2, 2, "", "", "", object_agg, Kind::aggregate},
    {"PERCENTILE_CONT", 1, 1, "", "", "", percentile, Kind::ordered},
    {"PERCENTILE_DISC", 1, 1, "", "", "", percentile, Kind::ordered},
    {"APPROX_PERCENTILE", 2, 2, "", "", "", approx_percentile, Kind::aggregate},
    {"APPROX_COUNT_DISTINCT", 1, 1, "", "", "", count_distinct, Kind::aggregate},
    {"APPROXIMATE_COUNT_DISTINCT", 1, 1, "", "", "", count_distinct, Kind::aggregate},
    {"HLL", 1, 1, "", "", "", count_distinct, Kind::aggregate},
    {"MIN_BY", 2, 2, "", "", "", extreme_by, Kind::aggregate},
    {"MAX_BY", 2, 2, "", "", "", extreme_by, Kind::aggregate},
    {"GROUPING", 1, -1, "", "", "", grouping},
    {"GROUPING_ID", 1, -1, "", "", "", grouping},
    {"BITAND_AGG", 1, 1, "i", "", "", bits, Kind::aggregate},
    {"BITOR_AGG", 1, 1, "i", "", "", bits, Kind::aggregate},
    {"BITXOR_AGG", 1, 1, "i", "", "", bits, Kind::aggregate},
    {"BOOLAND_AGG", 1, 1, "b", "", "", booleans, Kind::aggregate},
    {"BOOLOR_AGG", 1, 1, "b", "", "", booleans, Kind::aggregate},
    {"BOOLXOR_AGG", 1, 1, "b", "", "", booleans, Kind::aggregate},
});

}  // namespace

std::span<const Function> aggregate_functions() { return functions; }

}  // namespace backend::duckdb::dialect
