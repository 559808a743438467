/// Implicit conversions and the names of types.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "backend/duckdb/dialect/binder.hpp"

namespace backend::duckdb::dialect {

namespace {

struct TypeWord {
    std::string_view word;
    TypeKind kind;
};

constexpr auto type_words = std::to_array<TypeWord>({
    {"ARRAY", TypeKind::array},
    {"BIGINT", TypeKind::number},
    {"BINARY", TypeKind::binary},
    {"BOOLEAN", TypeKind::boolean},
    {"BYTEINT", TypeKind::number},
    {"CHAR", TypeKind::text},
    {"CHAR VARYING", TypeKind::text},
    {"CHARACTER", TypeKind::text},
    {"CHARACTER VARYING", TypeKind::text},
    {"DATE", TypeKind::date},
    {"DATETIME", TypeKind::timestamp_ntz},
    {"DEC", TypeKind::number},
    {"DECIMAL", TypeKind::number},
    {"DOUBLE", TypeKind::real},
    {"DOUBLE PRECISION", TypeKind::real},
    {"FLOAT", TypeKind::real},
    {"FLOAT4", TypeKind::real},
    {"FLOAT8", TypeKind::real},
    {"INT", TypeKind::number},
    {"INTEGER", TypeKind::number},
    {"NCHAR", TypeKind::text},
    {"NCHAR VARYING", TypeKind::text},
    {"NUMBER", TypeKind::number},
    {"NUMERIC", TypeKind::number},
    {"NVARCHAR", TypeKind::text},
    {"NVARCHAR2", TypeKind::text},
    {"OBJECT", TypeKind::object},
    {"REAL", TypeKind::real},
    {"SMALLINT", TypeKind::number},
    {"STRING", TypeKind::text},
    {"TEXT", TypeKind::text},
    {"TIME", TypeKind::time},
    {"TIMESTAMP", TypeKind::timestamp_ntz},
    {"TIMESTAMP WITH LOCAL TIME ZONE", TypeKind::timestamp_ltz},
    {"TIMESTAMP WITHOUT TIME ZONE", TypeKind::timestamp_ntz},
    {"TIMESTAMPLTZ", TypeKind::timestamp_ltz},
    {"TIMESTAMPNTZ", TypeKind::timestamp_ntz},
    {"TIMESTAMP_LTZ", TypeKind::timestamp_ltz},
    {"TIMESTAMP_NTZ", TypeKind::timestamp_ntz},
    {"TINYINT", TypeKind::number},
    {"VARBINARY", TypeKind::binary},
    {"VARCHAR", TypeKind::text},
    {"VARIANT", TypeKind::variant},
});

bool is_known_elsewhere(std::string_view word) {
    constexpr auto others =
        std::to_array<std::string_view>({"FILE", "GEOGRAPHY", "GEOMETRY", "MAP", "TIMESTAMP WITH TIME ZONE",
                                         "TIMESTAMPTZ", "TIMESTAMP_TZ", "UUID", "VECTOR"});
    return std::find(others.begin(), others.end(), word) != others.end();
}

bool takes_precision(std::string_view word) {
    return word == "NUMBER" || word == "DECIMAL" || word == "NUMERIC" || word == "DEC";
}

}  // namespace

Type Binder::type_of(const TypeName& name) {
    const auto found = std::lower_bound(type_words.begin(), type_words.end(), name.name,
                                        [](const TypeWord& entry, std::string_view word) { return entry.word < word; });
    if (found == type_words.end() || found->word != name.name) {
        if (is_known_elsewhere(name.name)) {
            failure_.unsupported("The type " + name.name);
        } else {
            failure_.compilation(name.offset, fmt::format("Unsupported data type '{}'.", name.name), "002040", "42601");
        }
        return Type{};
    }
    Type type = Type::of(found->kind);
    const std::vector<long>& arguments = name.arguments;
    const auto bad = [&] {
        failure_.compilation(name.offset, fmt::format("Invalid arguments of data type {}", name.name), "002040",
                             "42601");
        return Type{};
    };
    if (found->kind == TypeKind::number) {
        if (arguments.empty()) return Type::number(38, 0);
        const long scale = arguments.size() > 1 ? arguments[1] : 0;
        if (!takes_precision(name.name) || arguments.size() > 2 || arguments[0] < 1 || arguments[0] > 38 || scale < 0 ||
            scale > 37 || scale > arguments[0]) {
            return bad();
        }
        return Type::number(static_cast<int>(arguments[0]), static_cast<int>(scale));
    }
    if (found->kind == TypeKind::text) {
        if (name.name == "CHAR" || name.name == "CHARACTER" || name.name == "NCHAR") type.length = 1;
        if (arguments.empty()) return type;
        if (arguments.size() > 1 || arguments[0] < 1 || arguments[0] > 134'217'728) return bad();
        type.length = static_cast<std::uint32_t>(arguments[0]);
        return type;
    }
    if (type.is_timestamp() || type.is(TypeKind::time)) {
        if (arguments.empty()) return type;
        if (arguments.size() > 1 || arguments[0] < 0 || arguments[0] > 9) return bad();
        type.scale = static_cast<std::uint8_t>(arguments[0]);
        return type;
    }
    if (!arguments.empty() && !type.is(TypeKind::binary) && !type.is(TypeKind::real)) return bad();
    return type;
}

/// A number out of a string constant; anything else that is text needs a cast, for its scale would be a guess.
Value Binder::number_from_text(const Value& value, const Expr& where) {
    if (failure_.failed() || value.type.is_numeric() || value.type.is(TypeKind::null)) return value;
    if (value.literal == Value::Literal::text) {
        std::string_view digits = value.literal_text;
        while (!digits.empty() && digits.front() == ' ') digits.remove_prefix(1);
        while (!digits.empty() && digits.back() == ' ') digits.remove_suffix(1);
        const bool negative = digits.starts_with('-');
        if (negative || digits.starts_with('+')) digits.remove_prefix(1);
        const bool has_digit = digits.find_first_of("0123456789") != std::string_view::npos;
        if (!has_digit || digits.find_first_not_of("0123456789.") != std::string_view::npos ||
            std::count(digits.begin(), digits.end(), '.') > 1) {
            failure_.set(
                base::Error{base::Kind::sql, fmt::format("Numeric value '{}' is not recognized", value.literal_text)}
                    .at(base::Stage::query)
                    .code("100038", "22018"));
            return failed();
        }
        Expr number;
        number.kind = ExprKind::number;
        number.text = digits;
        number.begin = where.begin;
        number.end = where.end;
        Scope nothing;
        Value out = bind(number, nothing);
        if (negative) {
            out.sql = "(-" + out.sql + ")";
            out.literal_text.insert(0, "-");
        }
        return out;
    }
    if (value.type.is(TypeKind::text)) {
        failure_.unsupported("Implicit conversion of text to a number", "cast it: x::NUMBER(38, 2) or x::FLOAT");
        return failed();
    }
    if (value.type.is(TypeKind::variant)) {
        failure_.unsupported("Arithmetic on a VARIANT", "cast it: v:a::NUMBER(38, 2) or v:a::FLOAT");
        return failed();
    }
    return value;
}

Value Binder::coerce(Value value, const Type& target, const Expr& where) {
    if (failure_.failed()) return failed();
    const Type& from = value.type;
    if (from.is(TypeKind::null)) {
        if (!target.is(TypeKind::null)) value.sql = fmt::format("CAST(NULL AS {})", target.duckdb());
        value.type = target;
        return value;
    }
    if (from.kind == target.kind && !from.is(TypeKind::number)) return value;
    if (from.is(TypeKind::interval)) {
        failure_.unsupported("An INTERVAL here", "add it to a date or a timestamp");
        return failed();
    }
    switch (target.kind) {
        case TypeKind::null:
        case TypeKind::interval:
        case TypeKind::unsupported: return value;
        case TypeKind::number:
            if (from.is(TypeKind::text)) value = number_from_text(value, where);
            if (failure_.failed()) return failed();
            if (value.type.is(TypeKind::number) && value.type.scale <= target.scale)
                return cast(std::move(value), target, where);
            if (value.type.is(TypeKind::number) || value.type.is(TypeKind::real))
                return cast(std::move(value), target, where);
            break;
        case TypeKind::real:
            if (from.is(TypeKind::text) && value.literal != Value::Literal::text) break;
            if (from.is(TypeKind::number) || from.is(TypeKind::text)) return cast(std::move(value), target, where);
            break;
        case TypeKind::boolean:
            if (from.is(TypeKind::text) || from.is_numeric() || from.is(TypeKind::variant)) {
                return cast(std::move(value), target, where);
            }
            break;
        case TypeKind::text:
            if (!from.is(TypeKind::binary)) return cast(std::move(value), Type::text(), where);
            break;
        case TypeKind::date:
        case TypeKind::timestamp_ntz:
        case TypeKind::timestamp_ltz:
            if (from.is(TypeKind::text) || from.is(TypeKind::date) || from.is_timestamp() ||
                from.is(TypeKind::variant)) {
                return cast(std::move(value), target, where);
            }
            break;
        case TypeKind::time:
            if (from.is(TypeKind::text)) return cast(std::move(value), target, where);
            break;
        case TypeKind::variant: return cast(std::move(value), target, where);
        case TypeKind::array:
        case TypeKind::object:
            if (from.is(TypeKind::variant)) return cast(std::move(value), target, where);
            break;
        case TypeKind::binary: break;
    }
    failure_.compilation(where.begin,
                         fmt::format("invalid type [{}] for parameter '{}': {} is not converted to {}", from.name(),
                                     source_text(where), from.name(), target.name()),
                         "001007");
    return failed();
}

Type Binder::common_type(const Type& left, const Type& right, const Expr& where) {
    if (left.is(TypeKind::null)) return right;
    if (right.is(TypeKind::null)) return left;
    if (left.is(TypeKind::number) && right.is(TypeKind::number)) {
        if (left.is_integer() && right.is_integer()) {
            const Type& wider = left.storage >= right.storage ? left : right;
            Type type = wider;
            type.precision = std::max(left.precision, right.precision);
            type.digits = std::max(left.digits, right.digits);
            return type;
        }
        const int scale = std::max(left.scale, right.scale);
        const int lead = std::max(left.precision - left.scale, right.precision - right.scale);
        Type type = Type::number(std::min(38, lead + scale), scale);
        type.digits = static_cast<std::uint8_t>(
            std::min(38, std::max(left.digits - left.scale, right.digits - right.scale) + scale));
        type.digits = std::max<std::uint8_t>(type.digits, static_cast<std::uint8_t>(std::max(scale, 1)));
        return type;
    }
    if (left.is_numeric() && right.is_numeric()) return Type::of(TypeKind::real);
    if (left.kind == right.kind) return left.length >= right.length ? left : right;
    if (left.is(TypeKind::variant) || right.is(TypeKind::variant)) return Type::of(TypeKind::variant);
    if (left.is(TypeKind::text) != right.is(TypeKind::text)) {
        const Type& other = left.is(TypeKind::text) ? right : left;
        if (other.is_temporal() || other.is(TypeKind::boolean) || other.is_numeric()) return other;
    }
    const bool dates =
        (left.is(TypeKind::date) || left.is_timestamp()) && (right.is(TypeKind::date) || right.is_timestamp());
    if (dates) {
        const bool local = left.is(TypeKind::timestamp_ltz) || right.is(TypeKind::timestamp_ltz);
        return Type::of(local ? TypeKind::timestamp_ltz : TypeKind::timestamp_ntz);
    }
    failure_.compilation(where.begin, fmt::format("Can not convert {} and {} to one type", left.name(), right.name()),
                         "001065");
    return left;
}

Type Binder::unify(std::vector<Value>& values, const Expr& where) {
    Type type;
    for (const Value& value : values) type = common_type(type, value.type, where);
    for (Value& value : values) {
        const bool same_storage = value.type.storage == type.storage && value.type.scale == type.scale;
        if (value.type.is(TypeKind::null)) continue;
        if (value.type.kind != type.kind || (type.is(TypeKind::number) && !same_storage)) {
            value = coerce(std::move(value), type, where);
        }
    }
    return type;
}

}  // namespace backend::duckdb::dialect
