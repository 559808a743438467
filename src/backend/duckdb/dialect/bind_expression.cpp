#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "backend/duckdb/dialect/binder.hpp"
#include "backend/duckdb/dialect/functions.hpp"
#include "backend/duckdb/dialect/variant_path.hpp"

namespace backend::duckdb::dialect {

std::string quoted(std::string_view name) {
    std::string out{"\""};
    for (const char c : name) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

std::string quoted_text(std::string_view value) {
    std::string out{"'"};
    for (const char c : value) {
        if (c == '\'') out.push_back('\'');
        out.push_back(c);
    }
    out.push_back('\'');
    return out;
}

namespace {

Storage storage_for(int digits) { return digits <= 9 ? Storage::i32 : digits <= 18 ? Storage::i64 : Storage::i128; }

/// NUMBER(p,s) of a literal is its own digits; with an exponent it is a FLOAT.
Value number_literal(const Expr& expr, Binder& binder) {
    std::string_view text = expr.text;
    Value value;
    value.literal = Value::Literal::number;
    value.literal_text = text;
    if (text.find_first_of("eE") != std::string_view::npos) {
        value.type = Type::of(TypeKind::real);
        value.sql = fmt::format("CAST('{}' AS DOUBLE)", text);
        return value;
    }
    while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.remove_prefix(1);
    const std::size_t point = text.find('.');
    const std::string whole{text.substr(0, point)};
    const std::string fraction{point == std::string_view::npos ? std::string_view{} : text.substr(point + 1)};
    const std::size_t lead = whole == "0" ? 0 : whole.size();
    const std::size_t digits = std::max<std::size_t>(lead + fraction.size(), 1);
    if (digits > 38) {
        binder.failure().compilation(expr.begin, fmt::format("Numeric value '{}' is out of range", text), "100132",
                                     "22003");
        return binder.failed();
    }
    if (fraction.empty()) {
        value.type = Type::integer(storage_for(static_cast<int>(digits)), static_cast<int>(digits));
        value.sql = whole.empty() ? "0" : whole;
        return value;
    }
    value.type = Type::number(static_cast<int>(digits), static_cast<int>(fraction.size()));
    value.sql = fmt::format("CAST({}.{} AS {})", whole.empty() ? "0" : whole, fraction, value.type.duckdb());
    return value;
}

Value text_literal(const Expr& expr) {
    Value value;
    const auto characters = std::count_if(expr.text.begin(), expr.text.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    value.type = Type::text(static_cast<std::uint32_t>(characters));
    value.literal = Value::Literal::text;
    value.literal_text = expr.text;
    value.sql = quoted_text(expr.text);
    return value;
}

}  // namespace

Value Binder::bind(const Expr& expr, Scope& scope) {
    struct Depth {
        int& depth;
        ~Depth() { --depth; }
    } const guard{++depth_};
    if (depth_ > 1200) failure_.unsupported("An expression nested this deep");
    if (failure_.failed()) return failed();
    switch (expr.kind) {
        case ExprKind::number: return number_literal(expr, *this);
        case ExprKind::string: return text_literal(expr);
        case ExprKind::null: return failed();
        case ExprKind::boolean: return {expr.text, Type::of(TypeKind::boolean), {}, {}, false};
        case ExprKind::column: return bind_column(expr, scope);
        case ExprKind::position: return bind_position(expr, scope);
        case ExprKind::parameter: return bind_parameter(expr);
        case ExprKind::unary: return bind_unary(expr, scope);
        case ExprKind::binary: return bind_binary(expr, scope);
        case ExprKind::is: return bind_is(expr, scope);
        case ExprKind::between: return bind_between(expr, scope);
        case ExprKind::in_list: return bind_in_list(expr, scope);
        case ExprKind::in_query: return bind_in_query(expr, scope);
        case ExprKind::quantified: return bind_quantified(expr, scope);
        case ExprKind::like: return bind_like(expr, scope);
        case ExprKind::like_list: return bind_like_list(expr, scope);
        case ExprKind::case_: return bind_case(expr, scope);
        case ExprKind::path: return bind_path(expr, scope);
        case ExprKind::call: return bind_call(expr, scope);
        case ExprKind::exists:
        case ExprKind::subquery: return bind_subquery(expr, scope);
        case ExprKind::array:
        case ExprKind::object: return bind_literal_list(expr, scope);
        case ExprKind::cast: {
            Value value = bind(*expr.args[0], scope);
            const Type target = type_of(expr.type);
            return expr.text == "CAST" ? cast(std::move(value), target, expr)
                                       : try_cast(std::move(value), target, expr);
        }
        case ExprKind::typed: {
            Value value = text_literal(expr);
            return cast(std::move(value), type_of(expr.type), expr);
        }
        case ExprKind::interval: return {quoted_text(expr.text), Type::of(TypeKind::interval), {}, expr.text, false};
        case ExprKind::star: failure_.syntax(expr.begin, "*"); return failed();
        case ExprKind::tuple: failure_.unsupported("A list of expressions in parentheses here"); return failed();
        case ExprKind::named_argument: failure_.syntax(expr.begin, "=>"); return failed();
        case ExprKind::lambda: failure_.unsupported("A lambda expression"); return failed();
    }
    return failed();
}

namespace {

bool same_qualifier(const Source& source, const Name& name) {
    const std::size_t parts = name.size() - 1;
    if (parts == 1 && source.alias == name[0].text) return true;
    if (parts <= 1 || source.name.size() < parts) return false;
    for (std::size_t i = 0; i < parts; ++i) {
        if (source.name[source.name.size() - parts + i].text != name[i].text) return false;
    }
    return true;
}

std::string spelled(const Name& name) {
    std::string out;
    for (const NamePart& part : name) {
        if (!out.empty()) out += '.';
        out += part.quoted ? fmt::format("\"{}\"", part.text) : part.text;
    }
    return out;
}

}  // namespace

/// In this block only. Two tables that both have the column: "ambiguous column name".
bool Binder::find_column(const Expr& expr, Scope& scope, Value& found) {
    const Name& name = expr.name;
    const std::string& wanted = name.back().text;
    const Column* match = nullptr;
    if (name.size() == 1) {
        for (const Column& column : scope.using_columns) {
            if (column.name == wanted) match = &column;
        }
    }
    const bool from_using = match != nullptr;
    for (const Source& source : scope.sources) {
        if (name.size() > 1 && !same_qualifier(source, name)) continue;
        for (const Column& column : source.columns) {
            if (column.name != wanted || (name.size() == 1 && column.merged)) continue;
            if (match != nullptr) {
                if (from_using && name.size() == 1 && match->name == wanted && column.merged) continue;
                failure_.compilation(expr.begin, fmt::format("ambiguous column name '{}'", wanted), "000949", "42601");
                return true;
            }
            match = &column;
        }
    }
    if (match == nullptr) return false;
    if (match->type.is(TypeKind::unsupported)) {
        failure_.unsupported(fmt::format("The type of column {} (Snowflake has none like it)", wanted));
        return true;
    }
    found = {match->sql, match->type, {}, {}, false};
    return true;
}

/// An alias of the SELECT list: WHERE, GROUP BY, other items … may use it where no column has that name.
bool Binder::find_alias(const Expr& expr, Scope& scope, Value& found) {
    if (expr.name.size() != 1) return false;
    for (Scope::Alias& alias : scope.aliases) {
        if (!alias.item->has_alias || alias.item->alias != expr.name[0].text) continue;
        using State = Scope::Alias::State;
        if (alias.state == State::binding) continue;
        if (alias.state == State::unbound) {
            alias.state = State::binding;
            alias.value = bind(*alias.item->expr, scope);
            alias.state = State::bound;
        }
        if (alias.value.is_volatile) {
            failure_.unsupported(
                fmt::format("Using the alias {} of an expression that is not the same twice", alias.item->alias),
                "put it in a subquery");
        }
        found = alias.value;
        return true;
    }
    return false;
}

/// In an ORDER BY expression a name that is a column and the alias of something else could mean either.
void Binder::refuse_ambiguous_order(const Expr& expr, const Scope& scope, const Value& column) {
    if (expr.name.size() != 1) return;
    for (const Scope::Alias& alias : scope.aliases) {
        const bool same_name = alias.item->has_alias && alias.item->alias == expr.name[0].text;
        if (!same_name || alias.value.sql == column.sql) continue;
        failure_.unsupported(fmt::format("{0} in an expression of ORDER BY, where {0} is a column and an alias of "
                                         "something else",
                                         expr.name[0].text),
                             "qualify the column or choose another alias");
    }
}

Value Binder::bind_column(const Expr& expr, Scope& scope) {
    Value found;
    for (Scope* block = &scope; block != nullptr; block = block->outer) {
        if (find_column(expr, *block, found)) {
            if (block->place == Scope::Place::order_by) refuse_ambiguous_order(expr, *block, found);
            return found;
        }
        if (block->place != Scope::Place::nothing && find_alias(expr, *block, found)) return found;
    }
    failure_.unknown_column(expr.begin, spelled(expr.name));
    return failed();
}

Value Binder::bind_position(const Expr& expr, Scope& scope) {
    std::size_t position = 0;
    const char* const end = expr.text.data() + expr.text.size();
    if (const auto [at, error] = std::from_chars(expr.text.data(), end, position); error != std::errc{} || at != end) {
        failure_.unsupported(fmt::format("The session variable ${}", expr.text));
        return failed();
    }
    for (Source& source : scope.sources) {
        if (!expr.name.empty()) {
            Name name = expr.name;
            name.push_back({});
            if (!same_qualifier(source, name)) continue;
        } else if (scope.sources.size() > 1) {
            failure_.unsupported("A column by position over several tables", "put the table's alias before it");
            return failed();
        }
        if (position >= 1 && position <= source.columns.size()) {
            const Column& column = source.columns[position - 1];
            return {column.sql, column.type, {}, {}, false};
        }
    }
    failure_.unknown_column(expr.begin, "$" + expr.text);
    return failed();
}

/// Bindings become typed constants; the parser numbered each `?`.
Value Binder::bind_parameter(const Expr& expr) {
    std::size_t index = 0;
    const char* const end = expr.text.data() + expr.text.size();
    const auto [at, error] = std::from_chars(expr.text.data() + 1, end, index);
    if (error != std::errc{} || at != end || index == 0) {
        failure_.unsupported(fmt::format("The named binding {}", expr.text), "use ? or :1");
        return failed();
    }
    --index;
    if (index >= context_.bindings.size()) {
        failure_.compilation(expr.begin, fmt::format("Bind variable {} not set.", expr.text), "002049", "42601");
        return failed();
    }
    const Binding& binding = context_.bindings[index];
    Expr constant;
    constant.begin = expr.begin;
    constant.end = expr.end;
    constant.text = binding.value.value_or("");
    const std::string& type = binding.type;
    Type target = Type::text();
    if (type == "FIXED") {
        const bool negative = constant.text.starts_with('-');
        constant.text = constant.text.substr(negative ? 1 : 0);
        const bool digits =
            !constant.text.empty() && constant.text.find_first_not_of("0123456789.") == std::string::npos;
        if (binding.value && !digits) {
            failure_.compilation(expr.begin, fmt::format("Numeric value '{}' is not recognized", *binding.value),
                                 "100038", "22018");
            return failed();
        }
        if (!binding.value) return cast(failed(), Type::integer(), expr);
        Value value = number_literal(constant, *this);
        if (negative) {
            value.sql = "(-" + value.sql + ")";
            value.literal_text.insert(0, "-");
        }
        return value;
    }
    if (type == "REAL") target = Type::of(TypeKind::real);
    if (type == "BOOLEAN") target = Type::of(TypeKind::boolean);
    if (type == "DATE") target = Type::of(TypeKind::date);
    if (type == "TIME") target = Type::of(TypeKind::time);
    if (type == "TIMESTAMP_NTZ") target = Type::of(TypeKind::timestamp_ntz);
    if (type == "TIMESTAMP_LTZ") target = Type::of(TypeKind::timestamp_ltz);
    if (type == "VARIANT" || type == "OBJECT" || type == "ARRAY" || type == "BINARY" || type == "TIMESTAMP_TZ") {
        failure_.unsupported("A binding of type " + type);
        return failed();
    }
    if (!binding.value) return cast(failed(), target, expr);
    Value value = text_literal(constant);
    return target.is(TypeKind::text) ? value : cast(std::move(value), target, expr);
}

Value Binder::bind_unary(const Expr& expr, Scope& scope) {
    Value value = bind(*expr.args[0], scope);
    if (expr.text == "NOT") {
        value = coerce(std::move(value), Type::of(TypeKind::boolean), expr);
        value.sql = "(NOT " + value.sql + ")";
        return value;
    }
    if (value.type.is(TypeKind::interval)) {
        failure_.unsupported("A signed INTERVAL");
        return failed();
    }
    value = number_from_text(value, expr);
    if (!value.type.is_numeric() && !value.type.is(TypeKind::null)) {
        failure_.compilation(expr.begin, fmt::format("Invalid argument types for function '{}': ({})",
                                                     expr.text == "-" ? "NEG" : "+", value.type.name()));
        return failed();
    }
    if (expr.text == "+") return value;
    if (value.literal == Value::Literal::number) {
        if (value.literal_text.starts_with('-')) {
            value.literal_text.erase(0, 1);
        } else {
            value.literal_text.insert(0, "-");
        }
    }
    value.sql = "(-" + value.sql + ")";
    return value;
}

Value Binder::bind_boolean(const Expr& expr, Scope& scope) {
    return coerce(bind(expr, scope), Type::of(TypeKind::boolean), expr);
}

Value Binder::bind_binary(const Expr& expr, Scope& scope) {
    const std::string& op = expr.text;
    if (op == "AND" || op == "OR") {
        Value out{"(", Type::of(TypeKind::boolean), {}, {}, false};
        for (const Expr* arg : expr.args) {
            if (out.sql.size() > 1) out.sql += op == "AND" ? " AND " : " OR ";
            Value part = bind_boolean(*arg, scope);
            out.sql += part.sql;
            out.is_volatile |= part.is_volatile;
        }
        out.sql += ')';
        return out;
    }
    Value left = bind(*expr.args[0], scope);
    Value right = bind(*expr.args[1], scope);
    if (failure_.failed()) return failed();
    const bool is_volatile = left.is_volatile || right.is_volatile;
    Value out;
    if (op == "||") {
        if (left.type.is(TypeKind::binary) || right.type.is(TypeKind::binary)) {
            failure_.unsupported("|| of BINARY values");
            return failed();
        }
        left = coerce(std::move(left), Type::text(), *expr.args[0]);
        right = coerce(std::move(right), Type::text(), *expr.args[1]);
        out = {fmt::format("({} || {})", left.sql, right.sql), Type::text(), {}, {}, false};
        if (left.type.is(TypeKind::text) && right.type.is(TypeKind::text) &&
            left.type.length + right.type.length < 16'777'216) {
            out.type.length = left.type.length + right.type.length;
        }
    } else if (op == "+" || op == "-" || op == "*" || op == "%") {
        out = arithmetic(op, std::move(left), std::move(right), expr);
    } else if (op == "/") {
        out = divide(std::move(left), std::move(right), expr);
    } else {
        out = compare(op == "!=" ? "<>" : std::string_view{op}, std::move(left), std::move(right), expr);
    }
    out.is_volatile = is_volatile;
    return out;
}

Value Binder::bind_case(const Expr& expr, Scope& scope) {
    std::size_t at = 0;
    Value operand;
    if (expr.has_operand) operand = bind(*expr.args[at++], scope);
    std::vector<std::string> conditions;
    std::vector<Value> results;
    const std::size_t end = expr.args.size() - (expr.has_else ? 1 : 0);
    for (; at + 1 < end; at += 2) {
        if (expr.has_operand) {
            Value when = bind(*expr.args[at], scope);
            conditions.push_back(compare("=", operand, std::move(when), *expr.args[at]).sql);
        } else {
            conditions.push_back(bind_boolean(*expr.args[at], scope).sql);
        }
        results.push_back(bind(*expr.args[at + 1], scope));
    }
    if (expr.has_else) results.push_back(bind(*expr.args.back(), scope));
    Value out;
    out.type = unify(results, expr);
    out.sql = "CASE";
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        out.sql += fmt::format(" WHEN {} THEN {}", conditions[i], results[i].sql);
    }
    if (expr.has_else) out.sql += " ELSE " + results.back().sql;
    out.sql += " END";
    out.sql = "(" + out.sql + ")";
    out.is_volatile = operand.is_volatile;
    for (const Value& result : results) out.is_volatile |= result.is_volatile;
    return out;
}

/// `v:a.b[0]`: NULL where something on the way is missing.
Value Binder::bind_path(const Expr& expr, Scope& scope) {
    Value base = bind(*expr.args[0], scope);
    if (base.type.is(TypeKind::null)) return failed();
    if (!base.type.is_semi_structured()) {
        failure_.compilation(expr.begin,
                             fmt::format("Invalid argument types for function 'GET': ({}, VARCHAR)", base.type.name()));
        return failed();
    }
    std::string path;
    Value out = std::move(base);
    const auto flush = [&] {
        if (!path.empty()) out.sql = fmt::format("__sf_get_path({}, {})", out.sql, quoted_text(path));
        path.clear();
    };
    for (const PathStep& step : expr.steps) {
        if (step.index == nullptr) {
            append_path_key(path, step.key);
            continue;
        }
        Value index = bind(*step.index, scope);
        if (index.literal == Value::Literal::number && index.type.is_integer()) {
            path += fmt::format("[{}]", index.literal_text);
        } else if (index.literal == Value::Literal::text) {
            append_path_key(path, index.literal_text);
        } else {
            flush();
            out = get_element(*this, std::move(out), std::move(index), expr);
        }
    }
    flush();
    out.type = Type::of(TypeKind::variant);
    return out;
}

Value Binder::bind_literal_list(const Expr& expr, Scope& scope) {
    Expr call = expr;
    call.kind = ExprKind::call;
    call.name = {{expr.kind == ExprKind::array ? "ARRAY_CONSTRUCT" : "OBJECT_CONSTRUCT", false}};
    CallParts parts;
    call.call = &parts;
    return bind_call(call, scope);
}

Value Binder::bind_subquery(const Expr& expr, Scope& scope) {
    BoundQuery query = bind_query(*expr.query, &scope);
    if (expr.kind == ExprKind::exists) {
        return {fmt::format("(EXISTS ({}))", query.sql), Type::of(TypeKind::boolean), {}, {}, false};
    }
    if (query.columns.size() != 1) {
        failure_.compilation(expr.begin,
                             "Invalid argument types for function 'SUBQUERY': a scalar subquery has one column");
        return failed();
    }
    return {fmt::format("({})", query.sql), query.columns[0].type, {}, {}, false};
}

}  // namespace backend::duckdb::dialect
