/// Arithmetic and comparison by Snowflake's rules of scale, precision and implicit conversion.
#include <fmt/format.h>

#include <algorithm>

#include "backend/duckdb/dialect/binder.hpp"
#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

struct Digits {
    int lead;
    int scale;
    int bound;  ///< of the stored value
};

Digits digits_of(const Type& type) {
    return {type.precision - type.scale, type.scale, std::max<int>(type.digits, type.scale)};
}

Type exact(int lead, int scale, Storage storage, int digits) {
    Type type = Type::number(std::min(38, std::max(1, lead + scale)), std::min(scale, 37));
    type.storage = storage;
    type.digits = static_cast<std::uint8_t>(std::clamp(digits, 1, 38));
    return type;
}

void widen(Value& value, Storage storage) {
    if (value.type.storage >= storage) return;
    value.type.storage = storage;
    value.sql = fmt::format("CAST({} AS {})", value.sql, value.type.duckdb());
}

Value both(std::string_view op, const Value& left, const Value& right, Type type) {
    return {fmt::format("({} {} {})", left.sql, op, right.sql), type, {}, {}, false};
}

std::string as_real(const Value& value) {
    return value.type.is(TypeKind::real) ? value.sql : fmt::format("CAST({} AS DOUBLE)", value.sql);
}

/// An integer result of at most `digits`: both sides get a storage that cannot overflow below 38 digits.
Value integers(std::string_view op, Value left, Value right, int lead, int digits) {
    const Storage needed = digits <= 9 ? Storage::i32 : digits <= 18 ? Storage::i64 : Storage::i128;
    const Storage storage = std::max({needed, left.type.storage, right.type.storage});
    widen(left, storage);
    widen(right, storage);
    return both(op, left, right, exact(lead, 0, storage, digits));
}

std::string nonzero(const Value& value) {
    if (value.literal == Value::Literal::number && value.literal_text.find_first_of("123456789") != std::string::npos) {
        return value.sql;
    }
    return fmt::format("(CASE WHEN {0} = 0 THEN error('Division by zero') ELSE {0} END)", value.sql);
}

bool is_null(const Value& value) { return value.type.is(TypeKind::null); }

std::string invalid_types(std::string_view op, const Value& left, const Value& right) {
    return fmt::format("Invalid argument types for function '{}': ({}, {})", op, left.type.name(), right.type.name());
}

}  // namespace

Value Binder::arithmetic(std::string_view op, Value left, Value right, const Expr& where) {
    if (failure_.failed()) return failed();
    const bool additive = op == "+" || op == "-";
    if (additive && right.type.is(TypeKind::interval)) {
        return add_interval(std::move(left), right.literal_text, op == "-", where);
    }
    if (op == "+" && left.type.is(TypeKind::interval)) {
        return add_interval(std::move(right), left.literal_text, false, where);
    }
    if (op == "-" && left.type.is(TypeKind::date) && right.literal == Value::Literal::text) {
        right = coerce(std::move(right), left.type, where);
    }
    if (additive && left.type.is(TypeKind::date)) {
        if (op == "-" && right.type.is(TypeKind::date)) return both(op, left, right, Type::integer(Storage::i64, 9));
        if (right.type.is_integer()) {
            right.sql = fmt::format("CAST({} AS INTEGER)", right.sql);
            return both(op, left, right, left.type);
        }
    }
    if (op == "+" && left.type.is_integer() && right.type.is(TypeKind::date)) {
        return arithmetic(op, std::move(right), std::move(left), where);
    }
    if (left.type.is_timestamp() && right.type.is(TypeKind::number)) {
        failure_.unsupported("Adding a number to a timestamp", "use DATEADD");
        return failed();
    }
    if (!left.type.is_temporal() && !right.type.is_temporal()) {
        left = number_from_text(left, where);
        right = number_from_text(right, where);
    }
    if (failure_.failed()) return failed();
    if (is_null(left) || is_null(right)) {
        const Type& other = is_null(left) ? right.type : left.type;
        if (other.is_numeric() || is_null(left) == is_null(right)) return cast(failed(), Type::integer(), where);
        if (other.is(TypeKind::date)) return cast(failed(), other, where);
    }
    if (!left.type.is_numeric() || !right.type.is_numeric()) {
        failure_.compilation(where.begin, invalid_types(op, left, right));
        return failed();
    }
    if (left.type.is(TypeKind::real) || right.type.is(TypeKind::real)) {
        const std::string divisor = op == "%" ? nonzero(right) : as_real(right);
        return {fmt::format("({} {} CAST({} AS DOUBLE))", as_real(left), op, divisor),
                Type::of(TypeKind::real),
                {},
                {},
                false};
    }
    const Digits a = digits_of(left.type);
    const Digits b = digits_of(right.type);
    const bool integer = left.type.is_integer() && right.type.is_integer();
    if (op == "%") {
        right.sql = nonzero(right);
        const int scale = std::max(a.scale, b.scale);
        if (integer)
            return integers(op, std::move(left), std::move(right), std::max(a.lead, b.lead),
                            std::max(a.bound, b.bound));
        const std::string wide = fmt::format("DECIMAL(38,{})", scale);
        Type type = exact(std::max(a.lead, b.lead), scale, Storage::decimal, 38);
        return {fmt::format("CAST((CAST({} AS {}) % CAST({} AS {})) AS {})", left.sql, wide, right.sql, wide, wide),
                type,
                {},
                {},
                false};
    }
    if (additive) {
        const int lead = std::max(a.lead, b.lead) + 1;
        const int scale = std::max(a.scale, b.scale);
        // BIGINT stays BIGINT: beyond 9.2e18 DuckDB raises an error, it does not wrap.
        const int bound = std::max(a.bound - a.scale, b.bound - b.scale) + 1 + scale;
        if (integer)
            return integers(op, std::move(left), std::move(right), lead, bound == 20 || bound == 19 ? 18 : bound);
        return both(op, left, right, exact(lead, scale, Storage::decimal, std::min(38, bound)));
    }
    if (integer) return integers(op, std::move(left), std::move(right), a.lead + b.lead, a.bound + b.bound);
    const int written = a.scale + b.scale;
    const int scale = std::min(written, std::max({a.scale, b.scale, 12}));
    if (written > 37) {
        failure_.unsupported("A product of numbers with so many decimals", "cast them to smaller scales");
        return failed();
    }
    Value out = both(op, left, right, exact(a.lead + b.lead, scale, Storage::decimal, std::min(38, a.bound + b.bound)));
    if (scale != written) {
        out.type.digits = 38;
        out.sql = fmt::format("CAST({} AS DECIMAL(38,{}))", out.sql, scale);
    }
    return out;
}

/// The quotient keeps the numerator's scale plus 6 digits, up to 12, rounded half away from zero.
Value Binder::divide(Value left, Value right, const Expr& where) {
    if (failure_.failed()) return failed();
    left = number_from_text(left, where);
    right = number_from_text(right, where);
    if (failure_.failed()) return failed();
    if (is_null(left) || is_null(right)) return cast(failed(), Type::number(38, 6), where);
    if (!left.type.is_numeric() || !right.type.is_numeric()) {
        failure_.compilation(where.begin, invalid_types("/", left, right));
        return failed();
    }
    if (left.type.is(TypeKind::real) || right.type.is(TypeKind::real)) {
        return {
            fmt::format("__sf_divide({}, {})", as_real(left), as_real(right)), Type::of(TypeKind::real), {}, {}, false};
    }
    const Digits a = digits_of(left.type);
    const Digits b = digits_of(right.type);
    const int scale = std::max(a.scale, std::min(a.scale + 6, 12));
    const int shared = std::max(a.scale, b.scale);
    const auto unscaled = [&](const Value& value) {
        if (shared == 0) return fmt::format("CAST({} AS HUGEINT)", value.sql);
        return fmt::format("__sf_unscale_{0}(CAST({1} AS DECIMAL(38,{0})))", shared, value.sql);
    };
    return {fmt::format("__sf_divide_{}({}, {})", scale, unscaled(left), unscaled(right)),
            exact(a.lead + b.scale, scale, Storage::decimal, 38),
            {},
            {},
            false};
}

/// Makes both sides of one kind, as Snowflake converts them before it compares.
void Binder::match_for_comparison(Value& left, Value& right, const Expr& where) {
    if (failure_.failed() || is_null(left) || is_null(right)) return;
    const TypeKind a = left.type.kind;
    const TypeKind b = right.type.kind;
    if (a == TypeKind::interval || b == TypeKind::interval) {
        failure_.unsupported("Comparing an INTERVAL");
        return;
    }
    if (a == b || (left.type.is_numeric() && right.type.is_numeric())) return;
    if (left.type.is_semi_structured() != right.type.is_semi_structured()) {
        Value& variant = left.type.is_semi_structured() ? left : right;
        const Value& other = left.type.is_semi_structured() ? right : left;
        if (!variant.type.is(TypeKind::variant)) {
            failure_.compilation(where.begin, invalid_types("=", left, right));
            return;
        }
        variant = cast(variant, other.type.is(TypeKind::number) ? Type::of(TypeKind::real) : other.type, where);
        return;
    }
    if (left.type.is_semi_structured()) return;
    if (a == TypeKind::text || b == TypeKind::text) {
        Value& text = a == TypeKind::text ? left : right;
        const Value& other = a == TypeKind::text ? right : left;
        text = other.type.is_numeric() ? number_from_text(text, where) : coerce(text, other.type, where);
        return;
    }
    const bool dates =
        (left.type.is_timestamp() || a == TypeKind::date) && (right.type.is_timestamp() || b == TypeKind::date);
    if (!dates) {
        failure_.compilation(where.begin, invalid_types("=", left, right));
        return;
    }
    const Type target = common_type(left.type, right.type, where);
    left = coerce(left, target, where);
    right = coerce(right, target, where);
}

Value Binder::compare(std::string_view op, Value left, Value right, const Expr& where) {
    match_for_comparison(left, right, where);
    const bool ordered = op != "=" && op != "<>";
    if (ordered && left.type.is_semi_structured() && right.type.is_semi_structured()) {
        failure_.unsupported("Ordering two VARIANT values", "cast them: v:a::NUMBER < v:b::NUMBER");
        return failed();
    }
    const bool is_volatile = left.is_volatile || right.is_volatile;
    return {fmt::format("({} {} {})", left.sql, op, right.sql), Type::of(TypeKind::boolean), {}, {}, is_volatile};
}

/// `'1 year, 3 months'`: comma-separated, applied from left to right; a number alone is seconds.
Value Binder::add_interval(Value value, std::string_view interval, bool subtract, const Expr& where) {
    if (!value.type.is_temporal()) {
        failure_.compilation(where.begin, fmt::format("Invalid argument types for function '{}': ({}, INTERVAL)",
                                                      subtract ? "-" : "+", value.type.name()));
        return failed();
    }
    while (!interval.empty() && !failure_.failed()) {
        const std::size_t comma = std::min(interval.find(','), interval.size());
        std::string_view part = interval.substr(0, comma);
        interval.remove_prefix(std::min(comma + 1, interval.size()));
        const std::size_t begin = part.find_first_not_of(" \t");
        part.remove_prefix(std::min(begin, part.size()));
        std::size_t digits = part.starts_with('-') || part.starts_with('+') ? 1 : 0;
        const std::size_t sign = digits;
        while (digits < part.size() && part[digits] >= '0' && part[digits] <= '9') ++digits;
        std::string_view unit = part.substr(digits);
        while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
        while (!unit.empty() && unit.back() == ' ') unit.remove_suffix(1);
        if (digits == sign || digits > 10) {
            failure_.unsupported(fmt::format("The interval '{}'", part));
            return failed();
        }
        const bool minus = part.starts_with('-') != subtract;
        const std::string amount = fmt::format("{}{}", minus ? "-" : "", part.substr(sign, digits - sign));
        value = date_add(*this, unit.empty() ? "SECOND" : unit, amount, std::move(value));
    }
    return value;
}

}  // namespace backend::duckdb::dialect
