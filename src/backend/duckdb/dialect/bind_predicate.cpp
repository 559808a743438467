#include <fmt/format.h>

#include "backend/duckdb/dialect/binder.hpp"
#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

Value boolean(std::string sql) { return {std::move(sql), Type::of(TypeKind::boolean), {}, {}, false}; }

}  // namespace

Value Binder::bind_between(const Expr& expr, Scope& scope) {
    const Value value = bind(*expr.args[0], scope);
    Value low = compare(">=", value, bind(*expr.args[1], scope), expr);
    Value high = compare("<=", value, bind(*expr.args[2], scope), expr);
    const std::string both = fmt::format("({} AND {})", low.sql, high.sql);
    return boolean(expr.negated ? fmt::format("(NOT {})", both) : both);
}

Value Binder::bind_is(const Expr& expr, Scope& scope) {
    Value value = bind(*expr.args[0], scope);
    const std::string_view is = expr.negated ? "IS NOT" : "IS";
    if (expr.text == "DISTINCT") {
        Value other = bind(*expr.args[1], scope);
        match_for_comparison(value, other, expr);
        return boolean(fmt::format("({} {} DISTINCT FROM {})", value.sql, is, other.sql));
    }
    if (expr.text != "NULL") value = coerce(std::move(value), Type::of(TypeKind::boolean), expr);
    return boolean(fmt::format("({} {} {})", value.sql, is, expr.text));
}

/// `x IN (a, b)` and `(x, y) IN ((a, b), …)`: equal to any of them, NULLs as in `=`.
Value Binder::bind_in_list(const Expr& expr, Scope& scope) {
    const Expr& left = *expr.args[0];
    const std::size_t width = left.kind == ExprKind::tuple ? left.args.size() : 1;
    std::vector<Value> lefts;
    for (std::size_t i = 0; i < width; ++i) {
        lefts.push_back(bind(left.kind == ExprKind::tuple ? *left.args[i] : left, scope));
    }
    // One IN as long as every member is of one kind with the left side; else a chain of comparisons.
    std::string list;
    std::string chain;
    for (std::size_t i = 1; i < expr.args.size(); ++i) {
        const Expr& member = *expr.args[i];
        if (width > 1 && (member.kind != ExprKind::tuple || member.args.size() != width)) {
            failure_.syntax(member.begin, source_text(member));
            return failed();
        }
        std::string equal;
        for (std::size_t k = 0; k < width; ++k) {
            Value a = lefts[k];
            Value b = bind(width > 1 ? *member.args[k] : member, scope);
            match_for_comparison(a, b, member);
            if (width == 1 && a.sql == lefts[0].sql) {
                list += (list.empty() ? "" : ", ") + b.sql;
                continue;
            }
            equal += fmt::format("{}({} = {})", equal.empty() ? "" : " AND ", a.sql, b.sql);
        }
        if (!equal.empty()) chain += fmt::format("{}({})", chain.empty() ? "" : " OR ", equal);
    }
    if (!list.empty()) {
        list = fmt::format("({} IN ({}))", lefts[0].sql, list);
        chain = chain.empty() ? list : fmt::format("({} OR {})", list, chain);
    } else {
        chain = "(" + chain + ")";
    }
    return boolean(expr.negated ? fmt::format("(NOT {})", chain) : chain);
}

Value Binder::bind_in_query(const Expr& expr, Scope& scope) {
    const Expr& left = *expr.args[0];
    const std::size_t width = left.kind == ExprKind::tuple ? left.args.size() : 1;
    BoundQuery query = bind_query(*expr.query, &scope);
    if (failure_.failed()) return failed();
    if (query.columns.size() != width) {
        failure_.compilation(expr.begin, "Invalid number of columns in the subquery of IN");
        return failed();
    }
    std::string lefts;
    std::string columns;
    const std::string alias = next_alias();
    for (std::size_t i = 0; i < width; ++i) {
        Value a = bind(left.kind == ExprKind::tuple ? *left.args[i] : left, scope);
        Value b{fmt::format("{}.{}", alias, quoted(query.columns[i].emit)), query.columns[i].type, {}, {}, false};
        match_for_comparison(a, b, expr);
        lefts += (i == 0 ? "" : ", ") + a.sql;
        columns += (i == 0 ? "" : ", ") + b.sql;
    }
    if (width > 1) {
        lefts = "(" + lefts + ")";
        columns = "(" + columns + ")";
    }
    return boolean(fmt::format("({} {} (SELECT {} FROM ({}) AS {}))", lefts, expr.negated ? "NOT IN" : "IN", columns,
                               query.sql, alias));
}

/// `x > ALL (SELECT …)`.
Value Binder::bind_quantified(const Expr& expr, Scope& scope) {
    Value value = bind(*expr.args[0], scope);
    BoundQuery query = bind_query(*expr.query, &scope);
    if (failure_.failed()) return failed();
    if (query.columns.size() != 1) {
        failure_.compilation(expr.begin, "Invalid number of columns in the subquery");
        return failed();
    }
    const std::string alias = next_alias();
    Value member{fmt::format("{}.{}", alias, quoted(query.columns[0].emit)), query.columns[0].type, {}, {}, false};
    match_for_comparison(value, member, expr);
    return boolean(fmt::format("({} {} {} (SELECT {} FROM ({}) AS {}))", value.sql,
                               expr.text == "!=" ? "<>" : expr.text, expr.negated ? "ALL" : "ANY", member.sql,
                               query.sql, alias));
}

namespace {

/// ILIKE compares without case; what that means for letters outside ASCII is left to Unicode's simple mapping.
std::string like(Binder& binder, std::string_view word, const Value& value, const Value& pattern, const Value* escape) {
    if (word.starts_with("RLIKE")) return regexp_like(binder, value.sql, pattern, "");
    const std::string_view op = word.starts_with("ILIKE") ? "ILIKE" : "LIKE";
    if (escape == nullptr) return fmt::format("({} {} {})", value.sql, op, pattern.sql);
    return fmt::format("({} {} {} ESCAPE {})", value.sql, op, pattern.sql, escape->sql);
}

}  // namespace

Value Binder::bind_like(const Expr& expr, Scope& scope) {
    Value value = coerce(bind(*expr.args[0], scope), Type::text(), expr);
    Value pattern = coerce(bind(*expr.args[1], scope), Type::text(), expr);
    Value escape;
    if (expr.has_escape) escape = coerce(bind(*expr.args[2], scope), Type::text(), expr);
    if (expr.has_escape && expr.text == "RLIKE") failure_.syntax(expr.begin, "ESCAPE");
    const std::string sql = like(*this, expr.text, value, pattern, expr.has_escape ? &escape : nullptr);
    return boolean(expr.negated ? fmt::format("(NOT {})", sql) : sql);
}

Value Binder::bind_like_list(const Expr& expr, Scope& scope) {
    Value value = coerce(bind(*expr.args[0], scope), Type::text(), expr);
    Value escape;
    const std::size_t end = expr.args.size() - (expr.has_escape ? 1 : 0);
    if (expr.has_escape) escape = coerce(bind(*expr.args.back(), scope), Type::text(), expr);
    const bool all = expr.text.ends_with("ALL");
    std::string sql;
    for (std::size_t i = 1; i < end; ++i) {
        Value pattern = coerce(bind(*expr.args[i], scope), Type::text(), *expr.args[i]);
        if (!sql.empty()) sql += all ? " AND " : " OR ";
        sql += like(*this, expr.text, value, pattern, expr.has_escape ? &escape : nullptr);
    }
    return boolean(fmt::format("({}({}))", expr.negated ? "NOT " : "", sql));
}

}  // namespace backend::duckdb::dialect
