#include "backend/duckdb/dialect/functions.hpp"

#include <fmt/format.h>

#include <charconv>
#include <unordered_map>

namespace backend::duckdb::dialect {

namespace {

using Registry = std::unordered_map<std::string_view, std::vector<const Function*>>;

const Registry& registry() {
    static const Registry all = [] {
        Registry made;
        for (const auto& group : {aggregate_functions(), array_functions(), conditional_functions(),
                                  context_functions(), conversion_functions(), date_functions(), numeric_functions(),
                                  regexp_functions(), text_functions(), variant_functions(), window_functions()}) {
            for (const Function& function : group) made[function.name].push_back(&function);
        }
        return made;
    }();
    return all;
}

Type letter_type(char letter) {
    switch (letter) {
        case 't': return Type::text();
        case 'i': return Type::integer(Storage::i64);
        case 'f': return Type::of(TypeKind::real);
        case 'b': return Type::of(TypeKind::boolean);
        case 'd': return Type::of(TypeKind::date);
        case 's': return Type::of(TypeKind::timestamp_ntz);
        case 'v': return Type::of(TypeKind::variant);
        case 'k': return Type::of(TypeKind::array);
        case 'o': return Type::of(TypeKind::object);
        case 'x': return Type::of(TypeKind::binary);
        default: return Type{};
    }
}

/// TIMESTAMP_LTZ stays what it is where a date or a timestamp is asked for: the functions work on the session's clock.
void coerce_temporal(Call& call, std::size_t index, bool date_is_fine) {
    const Type& type = call.type(index);
    if (type.is_timestamp() || (date_is_fine && type.is(TypeKind::date))) return;
    call.coerce(index, TypeKind::timestamp_ntz);
}

void coerce_argument(Call& call, std::size_t index, char letter) {
    Value& value = call.args[index];
    switch (letter) {
        case 'a': return;
        case 'n':
            value = call.binder.number_from_text(value, *call.expr.args[index]);
            if (value.type.is(TypeKind::null)) call.coerce(index, Type::integer());
            if (!value.type.is_numeric()) call.wrong_types();
            return;
        case 'i': {
            value = call.binder.number_from_text(value, *call.expr.args[index]);
            const bool whole = value.type.is_integer();
            call.coerce(index, whole ? Type::integer(Storage::i64) : Type::number(18, 0));
            value.sql = fmt::format("CAST({} AS BIGINT)", value.sql);
            value.type = Type::integer(Storage::i64);
            return;
        }
        case 'm': return coerce_temporal(call, index, true);
        case 's':
            coerce_temporal(call, index, false);
            if (call.type(index).is(TypeKind::timestamp_ltz)) {
                value.sql = fmt::format("CAST({} AS TIMESTAMP)", value.sql);
                value.type = Type::of(TypeKind::timestamp_ntz);
            }
            return;
        case 'x':
            if (!value.type.is_semi_structured()) call.coerce(index, TypeKind::variant);
            return;
        case 'v':
            if (!value.type.is_semi_structured()) call.coerce(index, TypeKind::variant);
            return;
        default: call.coerce(index, letter_type(letter));
    }
}

bool check_parts(const Function& function, const Call& call) {
    using Kind = Function::Kind;
    const CallParts& parts = call.parts();
    const bool aggregate = function.kind == Kind::aggregate || function.kind == Kind::ordered;
    const auto refuse = [&](std::string_view what) {
        call.binder.failure().compilation(
            call.expr.begin, fmt::format("{} is not allowed with function {}", what, call.name), "002076", "42601");
        return false;
    };
    if (parts.distinct && !aggregate) return refuse("DISTINCT");
    if (parts.has_within_group && function.kind != Kind::ordered) return refuse("WITHIN GROUP");
    if (parts.ignore_nulls && function.kind != Kind::window) return refuse("IGNORE NULLS");
    if (parts.window != nullptr && !aggregate && function.kind != Kind::window) return refuse("OVER");
    if (parts.window == nullptr && function.kind == Kind::window) {
        call.binder.failure().compilation(call.expr.begin,
                                          fmt::format("Window function [{}] requires an OVER clause", call.name));
        return false;
    }
    return true;
}

}  // namespace

const Function* find_function(std::string_view name, std::size_t arguments, bool& known) {
    const auto found = registry().find(name);
    known = found != registry().end();
    if (!known) return nullptr;
    for (const Function* function : found->second) {
        const auto count = static_cast<int>(arguments);
        if (count >= function->least && (function->most < 0 || count <= function->most)) return function;
    }
    return nullptr;
}

std::string fill(std::string_view pattern, std::span<const Value> args) {
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%' || i + 1 == pattern.size()) {
            out.push_back(pattern[i]);
            continue;
        }
        const char next = pattern[++i];
        if (next == '*') {
            for (std::size_t k = 0; k < args.size(); ++k) {
                if (k > 0) out += ", ";
                out += args[k].sql;
            }
        } else if (next >= '1' && next <= '9') {
            out += args[static_cast<std::size_t>(next - '1')].sql;
        } else {
            out.push_back('%');
            out.push_back(next);
        }
    }
    return out;
}

void Call::coerce(std::size_t index, const Type& target) {
    args[index] = binder.coerce(std::move(args[index]), target, *expr.args[index]);
}

std::string Call::constant_text(std::size_t index) {
    if (args[index].literal != Value::Literal::none) return args[index].literal_text;
    binder.failure().unsupported(fmt::format("{} with an argument {} that is not a constant", name, index + 1));
    return {};
}

long Call::constant_integer(std::size_t index) {
    const std::string text = constant_text(index);
    long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        binder.failure().unsupported(fmt::format("{} with '{}' as argument {}", name, text, index + 1));
    }
    return number;
}

Value Call::wrong_types() const {
    std::string types;
    for (const Value& arg : args) types += (types.empty() ? "" : ", ") + arg.type.name();
    binder.failure().compilation(expr.begin, fmt::format("Invalid argument types for function '{}': ({})", name, types),
                                 "001044", "42P13");
    return binder.failed();
}

Value Call::unsupported(std::string_view what, std::string_view advice) const {
    binder.failure().unsupported(what, advice);
    return binder.failed();
}

std::string Call::aggregate(std::string_view function, std::string_view arguments) const {
    std::string out = fmt::format("{}({}{})", function, parts().distinct ? "DISTINCT " : "", arguments);
    if (parts().window != nullptr) out += binder.over(*parts().window, scope, false, true);
    return out;
}

std::string Call::window(bool whole_frame, bool allow_frame) const {
    return binder.over(*parts().window, scope, whole_frame, allow_frame);
}

Value Binder::bind_call(const Expr& expr, Scope& scope) {
    if (failure_.failed()) return failed();
    const std::string& name = expr.name.back().text;
    if (expr.name.size() > 1) {
        failure_.unsupported(
            fmt::format("The function {} of a schema", source_text(expr).substr(0, source_text(expr).find('('))),
            "there are no user-defined functions");
        return failed();
    }
    bool known = false;
    const std::size_t given = expr.call->star ? 1 : expr.args.size();
    const Function* const function = expr.name[0].quoted ? nullptr : find_function(name, given, known);
    if (!known) {
        failure_.set(base::Error{base::Kind::sql, fmt::format("The embedded backend does not know the function {}; "
                                                              "docs/embedded-sql.md lists the functions it has.",
                                                              name)}
                         .at(base::Stage::query)
                         .code("002141", "42601"));
        return failed();
    }
    if (function == nullptr) {
        failure_.compilation(expr.begin,
                             fmt::format("wrong number of arguments for function [{}], got {}", name, given), "000939",
                             "22023");
        return failed();
    }
    Call call{*this, expr, scope, function->name, {}};
    if (!check_parts(*function, call)) return failed();
    bool is_volatile = function->is_volatile;
    if (function->kind != Function::Kind::raw && !expr.call->star) {
        for (const Expr* arg : expr.args) {
            if (arg->kind == ExprKind::named_argument) {
                failure_.unsupported(fmt::format("The named argument {} of {}", arg->text, name));
                return failed();
            }
            call.args.push_back(bind(*arg, scope));
            is_volatile |= call.args.back().is_volatile;
        }
        for (std::size_t i = 0; i < call.args.size() && !function->signature.empty(); ++i) {
            coerce_argument(call, i, function->signature[std::min(i, function->signature.size() - 1)]);
        }
        if (failure_.failed()) return failed();
    }
    if (expr.call->star && function->build == nullptr) {
        failure_.syntax(expr.begin, "*");
        return failed();
    }
    Value out;
    if (function->build != nullptr) {
        out = function->build(call);
    } else {
        out.sql = fill(function->sql, call.args);
        out.type = function->result == "1" ? call.args[0].type : letter_type(function->result[0]);
    }
    out.is_volatile |= is_volatile;
    return out;
}

}  // namespace backend::duckdb::dialect
