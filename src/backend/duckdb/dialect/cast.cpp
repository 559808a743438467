/// Explicit conversions: CAST, `::`, TRY_CAST.
///
/// Source: https://docs.snowflake.com/en/sql-reference/data-type-conversion
#include <fmt/format.h>

#include "backend/duckdb/dialect/binder.hpp"
#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

std::string call(std::string_view function, const Value& value) { return fmt::format("{}({})", function, value.sql); }

std::string duckdb_cast(const Value& value, const Type& target) {
    return fmt::format("CAST({} AS {})", value.sql, target.duckdb());
}

/// `text` where the value is text; a VARIANT's own text else.
std::string text_of(const Value& value) {
    return value.type.is(TypeKind::variant) ? call("__sf_variant_text", value) : value.sql;
}

bool fits(const Type& from, const Type& target) {
    return from.is_integer() && target.scale == 0 && target.precision >= from.digits;
}

/// NUMBER(38,0) out of an integer stays as it is stored; anything else is rounded half away from zero and checked.
bool to_number(Value& value, const Type& target) {
    switch (value.type.kind) {
        case TypeKind::number:
            if (fits(value.type, target) && (!target.is_integer() || target.storage == value.type.storage)) {
                value.type.precision = target.precision;
                return true;
            }
            value.sql = duckdb_cast(value, target);
            break;
        case TypeKind::real:
            value.sql = fmt::format("CAST(__sf_real_number_{}({}) AS {})", target.scale, value.sql, target.duckdb());
            break;
        case TypeKind::text:
            value.sql = fmt::format("CAST(__sf_number_{}({}) AS {})", target.scale, value.sql, target.duckdb());
            break;
        case TypeKind::variant:
            value.sql = fmt::format("CAST(__sf_variant_number_{}({}) AS {})", target.scale, value.sql, target.duckdb());
            break;
        case TypeKind::boolean:
            value.sql = fmt::format("CAST(CAST({} AS INTEGER) AS {})", value.sql, target.duckdb());
            break;
        default: return false;
    }
    value.type = target;
    return true;
}

bool to_real(Value& value) {
    switch (value.type.kind) {
        case TypeKind::number: value.sql = fmt::format("CAST({} AS DOUBLE)", value.sql); return true;
        case TypeKind::text: value.sql = call("__sf_real", value); return true;
        case TypeKind::variant: value.sql = call("__sf_variant_real", value); return true;
        case TypeKind::boolean: value.sql = fmt::format("CAST(CAST({} AS INTEGER) AS DOUBLE)", value.sql); return true;
        default: return false;
    }
}

bool to_boolean(Value& value) {
    switch (value.type.kind) {
        case TypeKind::number:
        case TypeKind::real: value.sql = fmt::format("({} <> 0)", value.sql); return true;
        case TypeKind::text: value.sql = call("__sf_boolean", value); return true;
        case TypeKind::variant: value.sql = call("__sf_variant_boolean", value); return true;
        default: return false;
    }
}

bool to_text(Value& value, Binder& binder) {
    switch (value.type.kind) {
        case TypeKind::boolean:
        case TypeKind::date:
        case TypeKind::number: value.sql = fmt::format("CAST({} AS VARCHAR)", value.sql); return true;
        case TypeKind::real: value.sql = call("__sf_real_text", value); return true;
        case TypeKind::time: value.sql = fmt::format("__sf_time_format({}, 'HH24:MI:SS')", value.sql); return true;
        case TypeKind::timestamp_ntz:
            value.sql = fmt::format("strftime({}, '%Y-%m-%d %H:%M:%S.%g')", value.sql);
            return true;
        case TypeKind::timestamp_ltz:
            value.sql = local_timestamp_text(binder, value, "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM");
            return true;
        case TypeKind::variant: value.sql = call("__sf_variant_text", value); return true;
        case TypeKind::object:
        case TypeKind::array: return true;
        case TypeKind::binary: value.sql = call("hex", value); return true;
        default: return false;
    }
}

bool to_date(Value& value) {
    switch (value.type.kind) {
        case TypeKind::timestamp_ntz: value.sql = fmt::format("CAST({} AS DATE)", value.sql); return true;
        case TypeKind::timestamp_ltz:
            value.sql = fmt::format("CAST(CAST({} AS TIMESTAMP) AS DATE)", value.sql);
            return true;
        case TypeKind::text:
        case TypeKind::variant: value.sql = fmt::format("__sf_date({})", text_of(value)); return true;
        default: return false;
    }
}

bool to_time(Value& value) {
    switch (value.type.kind) {
        case TypeKind::timestamp_ntz: value.sql = fmt::format("CAST({} AS TIME)", value.sql); return true;
        case TypeKind::timestamp_ltz:
            value.sql = fmt::format("CAST(CAST({} AS TIMESTAMP) AS TIME)", value.sql);
            return true;
        case TypeKind::text:
        case TypeKind::variant: value.sql = fmt::format("__sf_time({})", text_of(value)); return true;
        default: return false;
    }
}

bool to_timestamp(Value& value, TypeKind target, Binder& binder) {
    const bool local = target == TypeKind::timestamp_ltz;
    switch (value.type.kind) {
        case TypeKind::date: value.sql = fmt::format("CAST({} AS TIMESTAMP)", value.sql); break;
        case TypeKind::text:
        case TypeKind::variant:
            if (local) {
                if (binder.context().time_zone != "UTC") {
                    binder.failure().unsupported("TIMESTAMP_LTZ out of text where TIMEZONE is not UTC");
                }
                value.sql = fmt::format("make_timestamptz(__sf_instant({}))", text_of(value));
                return true;
            }
            value.sql = fmt::format("__sf_timestamp({})", text_of(value));
            break;
        case TypeKind::number:
            value.sql = fmt::format("make_timestamp(CAST((CAST({} AS DECIMAL(38,6)) * 1000000) AS BIGINT))", value.sql);
            break;
        case TypeKind::timestamp_ntz: break;
        case TypeKind::timestamp_ltz:
            if (!local) value.sql = fmt::format("CAST({} AS TIMESTAMP)", value.sql);
            return true;
        default: return false;
    }
    if (local) value.sql = fmt::format("CAST({} AS TIMESTAMPTZ)", value.sql);
    return true;
}

bool to_variant(Value& value, Binder& binder) {
    switch (value.type.kind) {
        case TypeKind::object:
        case TypeKind::array: return true;
        case TypeKind::number:
        case TypeKind::boolean: value.sql = fmt::format("__sf_json(CAST({} AS VARCHAR))", value.sql); return true;
        case TypeKind::real: value.sql = call("__sf_real_json", value); return true;
        case TypeKind::text: value.sql = call("__sf_json_string", value); return true;
        case TypeKind::binary: value.sql = fmt::format("__sf_json_string(hex({}))", value.sql); return true;
        default: break;
    }
    if (!to_text(value, binder)) return false;
    value.sql = call("__sf_json_string", value);
    return true;
}

bool to_semi_structured(Value& value, TypeKind target) {
    if (!value.type.is(TypeKind::variant)) return false;
    value.sql = call(target == TypeKind::array ? "__sf_variant_array" : "__sf_variant_object", value);
    return true;
}

bool convert(Value& value, const Type& target, Binder& binder) {
    switch (target.kind) {
        case TypeKind::number: return to_number(value, target);
        case TypeKind::real: return to_real(value);
        case TypeKind::boolean: return to_boolean(value);
        case TypeKind::text: return to_text(value, binder);
        case TypeKind::date: return to_date(value);
        case TypeKind::time: return to_time(value);
        case TypeKind::timestamp_ntz:
        case TypeKind::timestamp_ltz: return to_timestamp(value, target.kind, binder);
        case TypeKind::variant: return to_variant(value, binder);
        case TypeKind::object:
        case TypeKind::array: return to_semi_structured(value, target.kind);
        case TypeKind::binary:
            if (!value.type.is(TypeKind::text)) return false;
            value.sql = fmt::format("__sf_unhex({})", value.sql);
            return true;
        default: return false;
    }
}

/// TIME(3), TIMESTAMP_NTZ(0): the rest of the fraction is cut off.
void cut_fraction(Value& value, const Type& target, Binder& binder) {
    const bool has_fraction = target.is_timestamp() || target.is(TypeKind::time);
    if (!has_fraction || target.scale >= 6) return;
    if (target.scale != 0 && target.scale != 3)
        binder.failure().unsupported("A fraction of other than 0, 3, 6 or 9 digits");
    if (target.is(TypeKind::time)) {
        value.sql = fmt::format("__sf_time_cut({}, {})", value.sql, target.scale);
        return;
    }
    value.sql = fmt::format("date_trunc('{}', {})", target.scale == 0 ? "second" : "millisecond", value.sql);
}

}  // namespace

Value Binder::cast(Value value, const Type& target, const Expr& where) {
    if (failure_.failed()) return failed();
    if (value.type.is(TypeKind::null)) {
        value.sql = fmt::format("CAST(NULL AS {})", target.duckdb());
        value.type = target;
        return value;
    }
    const bool same = value.type.kind == target.kind && !target.is(TypeKind::number);
    if (!same && !convert(value, target, *this)) {
        failure_.compilation(where.begin,
                             fmt::format("invalid type [{}] for parameter 'TO_{}'", value.type.name(), target.name()),
                             "001007");
        return failed();
    }
    cut_fraction(value, target, *this);
    if (target.is(TypeKind::text) && target.length < 16'777'216 &&
        (!value.type.is(TypeKind::text) || value.type.length > target.length)) {
        value.sql = fmt::format("__sf_fit({}, {})", value.sql, target.length);
    }
    if (!target.is(TypeKind::number)) value.type = target;
    value.literal = Value::Literal::none;
    value.literal_text.clear();
    return value;
}

/// NULL instead of an error; Snowflake takes text only.
Value Binder::try_cast(Value value, const Type& target, const Expr& where) {
    if (failure_.failed()) return failed();
    if (value.type.is(TypeKind::null)) return cast(std::move(value), target, where);
    if (!value.type.is(TypeKind::text)) {
        failure_.compilation(where.begin,
                             fmt::format("Function TRY_CAST cannot be used with arguments of types {} and {}",
                                         value.type.name(), target.name()));
        return failed();
    }
    switch (target.kind) {
        case TypeKind::number:
            value.sql = fmt::format("TRY_CAST(__sf_try_number_{}({}) AS {})", target.scale, value.sql, target.duckdb());
            break;
        case TypeKind::real: value.sql = call("__sf_try_real", value); break;
        case TypeKind::boolean: value.sql = call("__sf_try_boolean", value); break;
        case TypeKind::date: value.sql = call("__sf_try_date", value); break;
        case TypeKind::time: value.sql = call("__sf_try_time", value); break;
        case TypeKind::timestamp_ntz: value.sql = call("__sf_try_timestamp", value); break;
        case TypeKind::text:
            if (target.length < 16'777'216) {
                value.sql = fmt::format("(CASE WHEN length({0}) <= {1} THEN {0} END)", value.sql, target.length);
            }
            break;
        default: failure_.unsupported("TRY_CAST to " + target.name()); return failed();
    }
    cut_fraction(value, target, *this);
    value.type = target;
    value.literal = Value::Literal::none;
    return value;
}

}  // namespace backend::duckdb::dialect
