/// ARRAY functions. Source: https://docs.snowflake.com/en/sql-reference/functions-semistructured
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

Value as_variant(Call& call, const Value& value) {
    return value.type.is_semi_structured() ? value : call.binder.cast(value, Type::of(TypeKind::variant), call.expr);
}

/// NULL becomes JSON's undefined, which the array shows as `undefined`: it is kept as null here only where it is left
/// out.
Value array_construct(Call& call) {
    const bool compact = call.name.ends_with("COMPACT");
    std::string sql;
    for (std::size_t i = 0; i < call.count(); ++i) {
        const Value element = as_variant(call, call.args[i]);
        sql += fmt::format(" || __sf_element({}, {})", element.sql, compact ? "TRUE" : "FALSE");
    }
    return call.of(fmt::format("__sf_array('['{} || ']')", sql), TypeKind::array);
}

Value to_array(Call& call) {
    if (call.type(0).is(TypeKind::array)) return call.args[0];
    const Value element = as_variant(call, call.args[0]);
    return call.of(fmt::format("__sf_variant_array({})", element.sql), TypeKind::array);
}

Value array_size(Call& call) {
    return call.value(fmt::format("__sf_array_size({})", call.sql(0)), Type::integer(Storage::i64, 10));
}

/// ARRAY_CONTAINS(variant, array): the first argument must be a VARIANT.
Value array_contains(Call& call) {
    if (!call.type(0).is_semi_structured() && !call.type(0).is(TypeKind::null)) {
        call.binder.failure().compilation(
            call.expr.begin, fmt::format("Invalid argument types for function 'ARRAY_CONTAINS': ({}, ARRAY): "
                                         "cast the value to VARIANT",
                                         call.type(0).name()));
        return call.binder.failed();
    }
    return call.of(fmt::format("__sf_array_contains({}, {})", call.sql(0), call.sql(1)), TypeKind::boolean);
}

Value array_position(Call& call) {
    if (!call.type(0).is_semi_structured()) call.args[0] = as_variant(call, call.args[0]);
    return call.value(fmt::format("__sf_array_position({}, {})", call.sql(0), call.sql(1)),
                      Type::integer(Storage::i64, 10));
}

Value with_element(Call& call, std::string_view function, std::size_t element) {
    call.args[element] = as_variant(call, call.args[element]);
    return call.of(fmt::format("{}({})", function, fill("%*", call.args)), TypeKind::array);
}

Value array_append(Call& call) { return with_element(call, "__sf_array_append", 1); }
Value array_prepend(Call& call) { return with_element(call, "__sf_array_prepend", 1); }
Value array_insert(Call& call) { return with_element(call, "__sf_array_insert", 2); }
Value array_remove(Call& call) { return with_element(call, "__sf_array_remove", 1); }

constexpr auto functions = std::to_array<Function>({
    {"ARRAY_CONSTRUCT", 0, -1, "", "", "", array_construct},
    {"ARRAY_CONSTRUCT_COMPACT", 0, -1, "", "", "", array_construct},
    {"TO_ARRAY", 1, 1, "", "", "", to_array},
    {"ARRAY_SIZE", 1, 1, "v", "", "", array_size},
    {"ARRAY_CONTAINS", 2, 2, "ak", "", "", array_contains},
    {"ARRAY_POSITION", 2, 2, "ak", "", "", array_position},
    {"ARRAY_APPEND", 2, 2, "ka", "", "", array_append},
    {"ARRAY_PREPEND", 2, 2, "ka", "", "", array_prepend},
    {"ARRAY_INSERT", 3, 3, "kia", "", "", array_insert},
    {"ARRAY_REMOVE", 2, 2, "ka", "", "", array_remove},
    {"ARRAY_REMOVE_AT", 2, 2, "ki", "k", "__sf_array_remove_at(%1, %2)"},
    {"ARRAY_CAT", 2, 2, "k", "k", "__sf_array_cat(%1, %2)"},
    {"ARRAY_COMPACT", 1, 1, "k", "k", "__sf_array_compact(%1)"},
    {"ARRAY_DISTINCT", 1, 1, "k", "k", "__sf_array_distinct(%1)"},
    {"ARRAY_FLATTEN", 1, 1, "k", "k", "__sf_array_flatten(%1)"},
    {"ARRAY_REVERSE", 1, 1, "k", "k", "__sf_array_reverse(%1)"},
    {"ARRAY_SLICE", 3, 3, "kii", "k", "__sf_array_slice(%1, %2, %3)"},
    {"ARRAY_TO_STRING", 2, 2, "kt", "t", "__sf_array_to_string(%1, %2)"},
    {"ARRAY_INTERSECTION", 2, 2, "k", "k", "__sf_array_intersection(%1, %2)"},
    {"ARRAY_EXCEPT", 2, 2, "k", "k", "__sf_array_except(%1, %2)"},
    {"ARRAYS_OVERLAP", 2, 2, "k", "b", "__sf_arrays_overlap(%1, %2)"},
    {"ARRAY_MAX", 1, 1, "k", "v", "__sf_array_extreme(%1, TRUE)"},
    {"ARRAY_MIN", 1, 1, "k", "v", "__sf_array_extreme(%1, FALSE)"},
    {"ARRAY_GENERATE_RANGE", 2, 2, "i", "k", "__sf_array_range(%1, %2, 1)"},
    {"ARRAY_GENERATE_RANGE", 3, 3, "i", "k", "__sf_array_range(%1, %2, %3)"},
});

}  // namespace

std::span<const Function> array_functions() { return functions; }

}  // namespace backend::duckdb::dialect
