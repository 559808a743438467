/// Functions that need OVER. Source: https://docs.snowflake.com/en/sql-reference/functions-window
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

bool ordered(Call& call) {
    if (!call.parts().window->order.empty()) return true;
    call.binder.failure().compilation(
        call.expr.begin, fmt::format("Window function [{}] requires ORDER BY in window specification", call.name));
    return false;
}

std::string lower(std::string_view name) {
    std::string out;
    for (const char c : name) out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    return out;
}

Value ranking(Call& call) {
    if (!ordered(call)) return call.binder.failed();
    const bool share = call.name == "PERCENT_RANK" || call.name == "CUME_DIST";
    return call.value(fmt::format("{}({}){}", lower(call.name), fill("%*", call.args), call.window()),
                      share ? Type::of(TypeKind::real) : Type::integer(Storage::i64, 18));
}

/// LAG and LEAD: [, offset [, default]].
Value shifted(Call& call) {
    if (!ordered(call)) return call.binder.failed();
    Type type = call.type(0);
    std::string arguments = call.sql(0);
    std::string missing;
    if (call.count() > 1) {
        const long offset = call.constant_integer(1);
        if (offset < 0) return call.unsupported(fmt::format("{} with a negative offset", call.name));
        arguments += fmt::format(", {}", offset);
    }
    if (call.count() > 2) {
        std::vector<Value> both{call.args[0], call.args[2]};
        type = call.binder.unify(both, call.expr);
        arguments = fmt::format("{}, {}, {}", both[0].sql, call.constant_integer(1), both[1].sql);
    }
    const std::string_view nulls = call.parts().ignore_nulls ? " IGNORE NULLS" : "";
    return call.value(fmt::format("{}({}{}){}", lower(call.name), arguments, nulls, call.window()), type);
}

/// FIRST_VALUE, LAST_VALUE, NTH_VALUE look at the whole partition where no frame is given.
Value picked(Call& call) {
    if (!ordered(call)) return call.binder.failed();
    std::string arguments = call.sql(0);
    if (call.count() > 1) arguments += fmt::format(", {}", call.constant_integer(1));
    const std::string_view nulls = call.parts().ignore_nulls ? " IGNORE NULLS" : "";
    return call.value(fmt::format("{}({}{}){}", lower(call.name), arguments, nulls, call.window(true, true)),
                      call.type(0));
}

Value ratio_to_report(Call& call) {
    if (!call.parts().window->order.empty()) return call.unsupported("RATIO_TO_REPORT with ORDER BY in the window");
    const bool real = call.type(0).is(TypeKind::real);
    Type total_type = real ? Type::of(TypeKind::real) : Type::number(38, call.type(0).scale);
    if (call.type(0).is_integer()) total_type.storage = Storage::i128;
    const std::string sum = fmt::format("sum({}){}", call.sql(0), call.window());
    const Value total = call.value(fmt::format("(CASE WHEN {0} = 0 THEN NULL ELSE {0} END)", sum), total_type);
    return call.binder.divide(call.args[0], total, call.expr);
}

/// Counts the rows where the condition holds, from the window's start on.
Value conditional_true_event(Call& call) {
    if (!ordered(call)) return call.binder.failed();
    return call.value(fmt::format("count(CASE WHEN {} THEN 1 END){}", call.sql(0),
                                  call.binder.over(*call.parts().window, call.scope, false, false)),
                      Type::integer(Storage::i64, 18));
}

constexpr auto functions = std::to_array<Function>({
    {"ROW_NUMBER", 0, 0, "", "", "", ranking, Kind::window},
    {"RANK", 0, 0, "", "", "", ranking, Kind::window},
    {"DENSE_RANK", 0, 0, "", "", "", ranking, Kind::window},
    {"PERCENT_RANK", 0, 0, "", "", "", ranking, Kind::window},
    {"CUME_DIST", 0, 0, "", "", "", ranking, Kind::window},
    {"NTILE", 1, 1, "i", "", "", ranking, Kind::window},
    {"LAG", 1, 3, "", "", "", shifted, Kind::window},
    {"LEAD", 1, 3, "", "", "", shifted, Kind::window},
    {"FIRST_VALUE", 1, 1, "", "", "", picked, Kind::window},
    {"LAST_VALUE", 1, 1, "", "", "", picked, Kind::window},
    {"NTH_VALUE", 2, 2, "", "", "", picked, Kind::window},
    {"RATIO_TO_REPORT", 1, 1, "n", "", "", ratio_to_report, Kind::window},
    {"CONDITIONAL_TRUE_EVENT", 1, 1, "b", "", "", conditional_true_event, Kind::window},
});

}  // namespace

std::span<const Function> window_functions() { return functions; }

}  // namespace backend::duckdb::dialect
