/// Conditional functions. Source: https://docs.snowflake.com/en/sql-reference/expressions-conditional
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

std::string joined(const std::vector<Value>& values) { return fill("%*", values); }

Value iff(Call& call) {
    call.coerce(0, TypeKind::boolean);
    std::vector<Value> results{call.args[1], call.args[2]};
    const Type type = call.binder.unify(results, call.expr);
    return call.value(fmt::format("(CASE WHEN {} THEN {} ELSE {} END)", call.sql(0), results[0].sql, results[1].sql),
                      type);
}

Value coalesce(Call& call) {
    const Type type = call.binder.unify(call.args, call.expr);
    return call.value(fmt::format("COALESCE({})", joined(call.args)), type);
}

Value nvl2(Call& call) {
    std::vector<Value> results{call.args[1], call.args[2]};
    const Type type = call.binder.unify(results, call.expr);
    return call.value(
        fmt::format("(CASE WHEN {} IS NOT NULL THEN {} ELSE {} END)", call.sql(0), results[0].sql, results[1].sql),
        type);
}

Value nullif(Call& call) {
    const Value equal = call.binder.compare("=", call.args[0], call.args[1], call.expr);
    return call.value(fmt::format("(CASE WHEN {} THEN NULL ELSE {} END)", equal.sql, call.sql(0)), call.type(0));
}

Value zeroifnull(Call& call) {
    const bool real = call.type(0).is(TypeKind::real);
    return call.value(fmt::format("COALESCE({}, {})", call.sql(0), real ? "CAST(0 AS DOUBLE)" : "0"), call.type(0));
}

/// DECODE(x, a, r [, b, s …] [, otherwise]): unlike `=` it finds NULL.
Value decode(Call& call) {
    std::vector<Value> results;
    std::vector<std::string> tests;
    for (std::size_t i = 1; i + 1 < call.count(); i += 2) {
        Value subject = call.args[0];
        Value search = call.args[i];
        call.binder.match_for_comparison(subject, search, call.expr);
        tests.push_back(fmt::format("{} IS NOT DISTINCT FROM {}", subject.sql, search.sql));
        results.push_back(call.args[i + 1]);
    }
    const bool has_default = call.count() % 2 == 0;
    if (has_default) results.push_back(call.args.back());
    const Type type = call.binder.unify(results, call.expr);
    std::string sql = "(CASE";
    for (std::size_t i = 0; i < tests.size(); ++i) sql += fmt::format(" WHEN {} THEN {}", tests[i], results[i].sql);
    if (has_default) sql += " ELSE " + results.back().sql;
    return call.value(sql + " END)", type);
}

Value equal_null(Call& call) {
    call.binder.match_for_comparison(call.args[0], call.args[1], call.expr);
    return call.of(fmt::format("({} IS NOT DISTINCT FROM {})", call.sql(0), call.sql(1)), TypeKind::boolean);
}

/// NULL as soon as one argument is NULL.
Value extreme(Call& call) {
    const Type type = call.binder.unify(call.args, call.expr);
    if (type.is_semi_structured()) return call.wrong_types();
    std::string nulls;
    for (const Value& arg : call.args) nulls += fmt::format("{}{} IS NULL", nulls.empty() ? "" : " OR ", arg.sql);
    const std::string_view function = call.name.starts_with("GREATEST") ? "greatest" : "least";
    const std::string sql = fmt::format("{}({})", function, joined(call.args));
    if (call.name.ends_with("IGNORE_NULLS")) return call.value(sql, type);
    return call.value(fmt::format("(CASE WHEN {} THEN NULL ELSE {} END)", nulls, sql), type);
}

/// 0 where the divisor is 0 (DIV0NULL: where it is NULL too).
Value div0(Call& call) {
    const Value quotient = call.binder.divide(call.args[0], call.args[1], call.expr);
    const std::string& divisor = call.sql(1);
    const std::string zero = fmt::format("CAST(0 AS {})", quotient.type.duckdb());
    const std::string null = call.name == "DIV0NULL" ? fmt::format(" OR {} IS NULL", divisor) : "";
    return call.value(fmt::format("(CASE WHEN {0} IS NULL THEN NULL WHEN {1} = 0{2} THEN {3} ELSE {4} END)",
                                  call.sql(0), divisor, null, zero, quotient.sql),
                      quotient.type);
}

constexpr auto functions = std::to_array<Function>({
    {"IFF", 3, 3, "", "", "", iff},
    {"NVL", 2, 2, "", "", "", coalesce},
    {"IFNULL", 2, 2, "", "", "", coalesce},
    {"COALESCE", 2, -1, "", "", "", coalesce},
    {"NVL2", 3, 3, "", "", "", nvl2},
    {"NULLIF", 2, 2, "", "", "", nullif},
    {"ZEROIFNULL", 1, 1, "n", "", "", zeroifnull},
    {"NULLIFZERO", 1, 1, "n", "1", "(CASE WHEN %1 = 0 THEN NULL ELSE %1 END)"},
    {"DECODE", 3, -1, "", "", "", decode},
    {"EQUAL_NULL", 2, 2, "", "", "", equal_null},
    {"GREATEST", 1, -1, "", "", "", extreme},
    {"LEAST", 1, -1, "", "", "", extreme},
    {"GREATEST_IGNORE_NULLS", 1, -1, "", "", "", extreme},
    {"LEAST_IGNORE_NULLS", 1, -1, "", "", "", extreme},
    {"DIV0", 2, 2, "n", "", "", div0},
    {"DIV0NULL", 2, 2, "n", "", "", div0},
    {"BOOLAND", 2, 2, "b", "b", "(%1 AND %2)"},
    {"BOOLOR", 2, 2, "b", "b", "(%1 OR %2)"},
    {"BOOLXOR", 2, 2, "b", "b", "(%1 <> %2)"},
    {"BOOLNOT", 1, 1, "b", "b", "(NOT %1)"},
    {"IS_NULL_VALUE", 1, 1, "v", "b", "(%1 = 'null')"},
    {"REGR_VALX", 2, 2, "f", "f", "(CASE WHEN %1 IS NULL THEN NULL ELSE %2 END)"},
    {"REGR_VALY", 2, 2, "f", "f", "(CASE WHEN %2 IS NULL THEN NULL ELSE %1 END)"},
});

}  // namespace

std::span<const Function> conditional_functions() { return functions; }

}  // namespace backend::duckdb::dialect
