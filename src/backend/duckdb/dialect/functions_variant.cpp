/// VARIANT and OBJECT. Values are compact JSON text with sorted keys. What happens at run time: `runtime_variant.cpp`.
///
/// Source: https://docs.snowflake.com/en/sql-reference/functions-semistructured
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/functions.hpp"
#include "backend/duckdb/dialect/variant_path.hpp"
#include "sql/lexer.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

Value as_variant(Call& call, const Value& value) {
    return value.type.is_semi_structured() ? value : call.binder.cast(value, Type::of(TypeKind::variant), call.expr);
}

/// Pairs with a NULL key or value are left out, or written as null (…_KEEP_NULL).
Value object_construct(Call& call) {
    const bool keep = call.name.ends_with("KEEP_NULL");
    std::vector<Value> pairs = call.args;
    if (call.parts().star) {
        for (const Source& source : call.scope.sources) {
            for (const Column& column : source.columns) {
                pairs.push_back(call.value(quoted_text(column.name), Type::text()));
                pairs.push_back(call.value(column.sql, column.type));
            }
        }
    }
    if (pairs.size() % 2 != 0) return call.unsupported("OBJECT_CONSTRUCT with a key without a value");
    std::string sql;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
        const Value key = call.binder.coerce(pairs[i], Type::text(), call.expr);
        const Value value = as_variant(call, pairs[i + 1]);
        sql += fmt::format(" || __sf_member({}, {}, {})", key.sql, value.sql, keep ? "TRUE" : "FALSE");
    }
    return call.of(fmt::format("__sf_object('{{'{} || '}}')", sql), TypeKind::object);
}

Value get(Call& call) { return get_element(call.binder, call.args[0], call.args[1], call.expr); }

Value get_ignore_case(Call& call) {
    if (!call.type(0).is_semi_structured()) return call.wrong_types();
    call.coerce(1, Type::text());
    return call.of(fmt::format("__sf_get_ignore_case({}, {})", call.sql(0), call.sql(1)), TypeKind::variant);
}

/// GET_PATH(v, 'a.b[0]'): the path is read here.
Value get_path(Call& call) {
    if (!call.type(0).is_semi_structured()) return call.wrong_types();
    const std::string text = call.constant_text(1);
    std::string path;
    std::string key;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '[') {
            const std::size_t close = text.find(']', i);
            if (close == std::string::npos) return call.unsupported(fmt::format("The path '{}'", text));
            if (!key.empty()) append_path_key(path, key);
            key.clear();
            const std::string_view inside = std::string_view{text}.substr(i + 1, close - i - 1);
            if (inside.size() > 2 && (inside.front() == '\'' || inside.front() == '"')) {
                append_path_key(path, inside.substr(1, inside.size() - 2));
            } else {
                path += fmt::format("[{}]", inside);
            }
            i = close;
        } else if (c == '"') {
            const std::size_t close = text.find('"', i + 1);
            if (close == std::string::npos) return call.unsupported(fmt::format("The path '{}'", text));
            key += text.substr(i + 1, close - i - 1);
            i = close;
        } else if (c == '.') {
            if (!key.empty()) append_path_key(path, key);
            key.clear();
        } else {
            key.push_back(c);
        }
    }
    if (!key.empty()) append_path_key(path, key);
    return call.of(fmt::format("__sf_get_path({}, {})", call.sql(0), quoted_text(path)), TypeKind::variant);
}

Value to_variant(Call& call) {
    Value value = as_variant(call, call.args[0]);
    value.type = Type::of(TypeKind::variant);
    return value;
}

Value to_object(Call& call) {
    if (call.type(0).is(TypeKind::object)) return call.args[0];
    return call.binder.cast(call.args[0], Type::of(TypeKind::object), call.expr);
}

Value to_json(Call& call) {
    if (!call.type(0).is_semi_structured())
        return call.unsupported("TO_JSON of anything but VARIANT, OBJECT, ARRAY", "use TO_VARIANT first");
    return call.value(call.sql(0), Type::text());
}

Value object_insert(Call& call) {
    call.coerce(1, Type::text());
    const Value value = as_variant(call, call.args[2]);
    std::string update = "FALSE";
    if (call.count() == 4) {
        call.coerce(3, TypeKind::boolean);
        update = call.sql(3);
    }
    return call.of(
        fmt::format("__sf_object_insert({}, {}, COALESCE({}, ''), {})", call.sql(0), call.sql(1), value.sql, update),
        TypeKind::object);
}

/// Keys one by one, or in one array.
Value object_keys_arguments(Call& call, std::string_view function) {
    std::string keys;
    for (std::size_t i = 1; i < call.count(); ++i) {
        if (call.type(i).is_semi_structured()) {
            if (call.count() > 2) return call.wrong_types();
            return call.of(fmt::format("{}({}, {})", function, call.sql(0), call.sql(i)), TypeKind::object);
        }
        call.coerce(i, Type::text());
        keys += fmt::format("{}__sf_json_string({})", i == 1 ? "" : " || ',' || ", call.sql(i));
    }
    return call.of(fmt::format("{}({}, '[' || {} || ']')", function, call.sql(0), keys), TypeKind::object);
}

Value object_delete(Call& call) { return object_keys_arguments(call, "__sf_object_delete"); }
Value object_pick(Call& call) { return object_keys_arguments(call, "__sf_object_pick"); }

/// IS_INTEGER(v) and its like: what JSON value is inside?
Value is_kind(Call& call) {
    const std::string_view what = call.name.substr(3);
    return call.of(fmt::format("__sf_is_kind({}, '{}')", call.sql(0), what), TypeKind::boolean);
}

/// AS_…(v): NULL where the value inside is of another type.
Value as_kind(Call& call) {
    const std::string_view what = call.name.substr(3);
    TypeKind kind = TypeKind::variant;
    Type type;
    if (what == "INTEGER") type = Type::number(38, 0);
    if (what == "DOUBLE" || what == "REAL") type = Type::of(TypeKind::real);
    if (what == "BOOLEAN") type = Type::of(TypeKind::boolean);
    if (what == "CHAR" || what == "VARCHAR") type = Type::text();
    if (what == "ARRAY") type = Type::of(TypeKind::array);
    if (what == "OBJECT") type = Type::of(TypeKind::object);
    static_cast<void>(kind);
    const Value inside =
        call.of(fmt::format("(CASE WHEN __sf_is_kind({0}, '{1}') THEN {0} END)", call.sql(0), what), TypeKind::variant);
    return call.binder.cast(inside, type, call.expr);
}

constexpr auto functions = std::to_array<Function>({
    {"PARSE_JSON", 1, 1, "t", "v", "__sf_parse_json(%1)"},
    {"TRY_PARSE_JSON", 1, 1, "t", "v", "__sf_try_parse_json(%1)"},
    {"CHECK_JSON", 1, 1, "t", "t", "__sf_check_json(%1)"},
    {"TO_JSON", 1, 1, "", "", "", to_json},
    {"TO_VARIANT", 1, 1, "", "", "", to_variant},
    {"TO_OBJECT", 1, 1, "", "", "", to_object},
    {"OBJECT_CONSTRUCT", 0, -1, "", "", "", object_construct},
    {"OBJECT_CONSTRUCT_KEEP_NULL", 0, -1, "", "", "", object_construct},
    {"OBJECT_INSERT", 3, 4, "oaaa", "", "", object_insert},
    {"OBJECT_DELETE", 2, -1, "oa", "", "", object_delete},
    {"OBJECT_PICK", 2, -1, "oa", "", "", object_pick},
    {"OBJECT_KEYS", 1, 1, "o", "k", "__sf_object_keys(%1)"},
    {"GET", 2, 2, "", "", "", get},
    {"GET_IGNORE_CASE", 2, 2, "", "", "", get_ignore_case},
    {"GET_PATH", 2, 2, "", "", "", get_path},
    {"TYPEOF", 1, 1, "v", "t", "__sf_typeof(%1)"},
    {"STRIP_NULL_VALUE", 1, 1, "v", "v", "nullif(%1, 'null')"},
    {"IS_ARRAY", 1, 1, "v", "", "", is_kind},
    {"IS_BOOLEAN", 1, 1, "v", "", "", is_kind},
    {"IS_CHAR", 1, 1, "v", "", "", is_kind},
    {"IS_VARCHAR", 1, 1, "v", "", "", is_kind},
    {"IS_DECIMAL", 1, 1, "v", "", "", is_kind},
    {"IS_DOUBLE", 1, 1, "v", "", "", is_kind},
    {"IS_REAL", 1, 1, "v", "", "", is_kind},
    {"IS_INTEGER", 1, 1, "v", "", "", is_kind},
    {"IS_OBJECT", 1, 1, "v", "", "", is_kind},
    {"AS_ARRAY", 1, 1, "v", "", "", as_kind},
    {"AS_BOOLEAN", 1, 1, "v", "", "", as_kind},
    {"AS_CHAR", 1, 1, "v", "", "", as_kind},
    {"AS_VARCHAR", 1, 1, "v", "", "", as_kind},
    {"AS_DOUBLE", 1, 1, "v", "", "", as_kind},
    {"AS_REAL", 1, 1, "v", "", "", as_kind},
    {"AS_INTEGER", 1, 1, "v", "", "", as_kind},
    {"AS_OBJECT", 1, 1, "v", "", "", as_kind},
});

}  // namespace

Value get_element(Binder& binder, Value base, Value index, const Expr& where) {
    if (!base.type.is_semi_structured()) {
        binder.failure().compilation(where.begin, fmt::format("Invalid argument types for function 'GET': ({}, {})",
                                                              base.type.name(), index.type.name()));
        return binder.failed();
    }
    const bool by_number = index.type.is_numeric();
    if (by_number) {
        index = binder.coerce(std::move(index), Type::number(18, 0), where);
        base.sql = fmt::format("__sf_get_index({}, CAST({} AS BIGINT))", base.sql, index.sql);
    } else {
        index = binder.coerce(std::move(index), Type::text(), where);
        base.sql = fmt::format("__sf_get_key({}, {})", base.sql, index.sql);
    }
    base.type = Type::of(TypeKind::variant);
    return base;
}

std::span<const Function> variant_functions() { return functions; }

}  // namespace backend::duckdb::dialect
