/// The table of Snowflake's functions that the embedded backend has: what is not in it is refused.
///
/// An entry says how many arguments, what they are converted to, what DuckDB text they become and the type of the
/// answer; where shapes of arguments matter, a builder writes the text. Overloads by number of arguments are several
/// entries.
///
/// Letters of `signature` (the last repeats): a any, t text, n number or float, i whole number (BIGINT), f float,
/// b boolean, d date, s timestamp, m date or timestamp, v variant, k array, o object, x any, as variant.
/// `sql`: %1 … %9 an argument, %* all of them. Empty with `build`. `result`: t b d s f i v k o x(binary) 1 (as the
/// first).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/duckdb/dialect/binder.hpp"

namespace backend::duckdb::dialect {

struct Call {
    Binder& binder;
    const Expr& expr;
    Scope& scope;
    std::string_view name;
    std::vector<Value> args;

    const CallParts& parts() const { return *expr.call; }
    std::size_t count() const { return args.size(); }
    const std::string& sql(std::size_t index) const { return args[index].sql; }
    const Type& type(std::size_t index) const { return args[index].type; }

    Value value(std::string text, Type result) const { return {std::move(text), result, {}, {}, false}; }
    Value of(std::string text, TypeKind kind) const { return value(std::move(text), Type::of(kind)); }
    void coerce(std::size_t index, const Type& target);
    void coerce(std::size_t index, TypeKind kind) { coerce(index, Type::of(kind)); }
    /// The constant behind an argument, or an error that says it must be one.
    std::string constant_text(std::size_t index);
    long constant_integer(std::size_t index);
    Value wrong_types() const;
    Value unsupported(std::string_view what, std::string_view advice = {}) const;
    /// `f([DISTINCT ]args)[ OVER (…)]` with the call's own DISTINCT and window.
    std::string aggregate(std::string_view function, std::string_view arguments) const;
    /// The window alone, for a function that never takes DISTINCT: ` OVER (…)`, or an error when there is none.
    std::string window(bool whole_frame = false, bool allow_frame = false) const;
};

using Build = Value (*)(Call&);

struct Function {
    enum class Kind : std::uint8_t {
        scalar,
        raw,        // as scalar, but the builder binds the arguments itself (names of date parts, lambdas)
        aggregate,  // DISTINCT and OVER allowed
        ordered,    // aggregate that takes WITHIN GROUP too
        window,     // OVER required
    };

    std::string_view name;
    int least = 0;
    int most = 0;  ///< -1: any number
    std::string_view signature = {};
    std::string_view result = {};
    std::string_view sql = {};
    Build build = nullptr;
    Kind kind = Kind::scalar;
    bool is_volatile = false;
};

/// The entry for so many arguments; null where there is none. `known`: is the name there at all?
const Function* find_function(std::string_view name, std::size_t arguments, bool& known);

std::span<const Function> aggregate_functions();
std::span<const Function> array_functions();
std::span<const Function> conditional_functions();
std::span<const Function> context_functions();
std::span<const Function> conversion_functions();
std::span<const Function> date_functions();
std::span<const Function> numeric_functions();
std::span<const Function> regexp_functions();
std::span<const Function> text_functions();
std::span<const Function> variant_functions();
std::span<const Function> window_functions();

/// Fills %1 and the like.
std::string fill(std::string_view pattern, std::span<const Value> args);

// Pieces that other parts of the binder use.
/// `value` plus `amount` (DuckDB text of a whole number) of the date part `part`, in any spelling.
Value date_add(Binder& binder, std::string_view part, std::string_view amount, Value value);
/// DATE_TRUNC(part, value): a DATE stays a DATE.
Value date_trunc(Binder& binder, std::string_view part, Value value);
/// Does the whole of `subject` match? `parameters` are Snowflake's: c, i, m, e, s.
std::string regexp_like(Binder& binder, std::string_view subject, const Value& pattern, std::string_view parameters);
/// `base[index]`, where the index is not a constant.
Value get_element(Binder& binder, Value base, Value index, const Expr& where);
/// A TIMESTAMP_LTZ as text by a Snowflake format.
std::string local_timestamp_text(Binder& binder, const Value& value, std::string_view format);

}  // namespace backend::duckdb::dialect
