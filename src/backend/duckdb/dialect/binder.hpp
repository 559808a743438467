/// From the tree of a Snowflake query to the text of a DuckDB query, with the type of every expression known.
///
/// Nothing passes by default: a name is a column that was found, a function is one of the table in `functions.hpp`, an
/// operator or a cast is written only for operand types whose Snowflake meaning is known. Tables get aliases of our own
/// (t1, t2, …), so that Snowflake's case-sensitive names never meet DuckDB's rules.
///
/// Place: between `Parser` and `translate`. Errors: the first one stays in `Failure`; after it values are stand-ins.
/// Threads: a value of one translation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/duckdb/dialect/ast.hpp"
#include "backend/duckdb/dialect/failure.hpp"
#include "backend/duckdb/dialect/type.hpp"

namespace backend::duckdb::dialect {

/// A written expression. `sql` binds tighter than any operator (a name, a call, or in parentheses).
struct Value {
    enum class Literal : std::uint8_t { none, number, text };

    std::string sql;
    Type type;
    Literal literal = Literal::none;
    std::string literal_text;  ///< digits with sign, or the string's value
    bool is_volatile = false;  ///< two evaluations may differ: RANDOM()
};

/// A column that FROM brings.
struct Column {
    std::string name;
    std::string sql;  ///< t1."NAME", or what stands round it
    Type type;
    bool merged = false;  ///< hidden behind the column that USING made
};

/// One table of FROM.
struct Source {
    std::string alias;      ///< as the statement names it: folded, or exact
    Name name;              ///< the table's own name, for db.schema.table.column
    std::string generator;  ///< the row number from 0, where the table is GENERATOR(…)
    std::vector<Column> columns;
};

/// A column of a query's answer.
struct Output {
    std::string name;  ///< Snowflake's
    std::string emit;  ///< the name in the DuckDB text, not quoted; unique without case
    Type type;
};

struct BoundQuery {
    std::string sql;
    std::vector<Output> columns;
};

struct CteEntry {
    std::string name;
    std::string emit;
    std::vector<Output> columns;
    bool used = false;
    bool opaque = false;  ///< stands while its own body is bound and hides nothing
};

/// What a name in an expression can mean; a query block's, with the block around it behind `outer`.
struct Scope {
    struct Alias {
        const SelectItem* item = nullptr;
        Value value;
        enum class State : std::uint8_t { unbound, binding, bound } state = State::unbound;
    };
    enum class Place : std::uint8_t { select, where, group_by, having, qualify, order_by, on, nothing };

    std::vector<Source> sources;
    std::vector<Column> using_columns;  ///< made by JOIN … USING, found before the sources' own
    std::vector<Alias> aliases;
    Scope* outer = nullptr;
    Place place = Place::select;
};

class Binder {
public:
    Binder(std::string_view text, const TranslationContext& context, Failure& failure)
        : text_{text}, context_{context}, failure_{failure} {}

    BoundQuery bind_query(const Query& query, Scope* outer);
    Value bind(const Expr& expr, Scope& scope);

    // For the function table.
    Failure& failure() { return failure_; }
    const TranslationContext& context() const { return context_; }
    std::string_view source_text(const Expr& expr) const { return text_.substr(expr.begin, expr.end - expr.begin); }
    Value failed() const { return {"NULL", Type{}, {}, {}, false}; }
    std::string order_by(const std::vector<OrderItem>& items, Scope& scope);
    /// ` OVER (…)`; `whole_frame`: without a frame the function sees the whole partition.
    std::string over(const Window& window, Scope& scope, bool whole_frame, bool allow_frame);
    std::string next_alias() { return "t" + std::to_string(++aliases_); }

    // Types (coerce.cpp, cast.cpp)
    /// Implicit conversion, as Snowflake does it for an argument; an error where it would not, or we can't be sure.
    Value coerce(Value value, const Type& target, const Expr& where);
    /// An explicit cast.
    Value cast(Value value, const Type& target, const Expr& where);
    Value try_cast(Value value, const Type& target, const Expr& where);
    /// The one type of CASE, COALESCE, UNION …; coerces all of them to it.
    Type unify(std::vector<Value>& values, const Expr& where);
    Type common_type(const Type& left, const Type& right, const Expr& where);
    /// From `::TYPE`.
    Type type_of(const TypeName& name);
    Value number_from_text(const Value& value, const Expr& where);

    // Operators (operators.cpp)
    Value arithmetic(std::string_view op, Value left, Value right, const Expr& where);
    Value divide(Value left, Value right, const Expr& where);
    Value compare(std::string_view op, Value left, Value right, const Expr& where);
    Value add_interval(Value value, std::string_view interval, bool subtract, const Expr& where);
    void match_for_comparison(Value& left, Value& right, const Expr& where);

private:
    // expressions (bind_expression.cpp, bind_predicate.cpp)
    Value bind_column(const Expr& expr, Scope& scope);
    Value bind_position(const Expr& expr, Scope& scope);
    Value bind_parameter(const Expr& expr);
    Value bind_unary(const Expr& expr, Scope& scope);
    Value bind_binary(const Expr& expr, Scope& scope);
    Value bind_between(const Expr& expr, Scope& scope);
    Value bind_is(const Expr& expr, Scope& scope);
    Value bind_in_list(const Expr& expr, Scope& scope);
    Value bind_in_query(const Expr& expr, Scope& scope);
    Value bind_quantified(const Expr& expr, Scope& scope);
    Value bind_like(const Expr& expr, Scope& scope);
    Value bind_like_list(const Expr& expr, Scope& scope);
    Value bind_case(const Expr& expr, Scope& scope);
    Value bind_path(const Expr& expr, Scope& scope);
    Value bind_call(const Expr& expr, Scope& scope);
    Value bind_subquery(const Expr& expr, Scope& scope);
    Value bind_literal_list(const Expr& expr, Scope& scope);
    bool find_column(const Expr& expr, Scope& scope, Value& found);
    bool find_alias(const Expr& expr, Scope& scope, Value& found);
    Value bind_boolean(const Expr& expr, Scope& scope);
    void refuse_ambiguous_order(const Expr& expr, const Scope& scope, const Value& column);

    // queries (bind_query.cpp, bind_select.cpp)
    void bind_ctes(const Query& query, Scope* outer, std::string& with);
    BoundQuery bind_body(const Body& body, Scope* outer, const Query* tail);
    BoundQuery bind_set(const Body& body, Scope* outer);
    void match_columns(BoundQuery& left, BoundQuery& right, const Body& body);
    BoundQuery bind_values(const Body& body, Scope* outer);
    BoundQuery bind_select(const Select& select, Scope* outer, const Query* tail);
    std::vector<Output> bind_items(const Select& select, Scope& scope, std::vector<Value>& values);
    void expand_star(const Expr& star, Scope& scope, std::vector<Output>& outputs, std::vector<Value>& values);
    std::string bind_group_by(const Select& select, Scope& scope, const std::vector<Output>& outputs,
                              const std::vector<Value>& values);
    std::string group_by_all(const Select& select, const std::vector<Output>& outputs,
                             const std::vector<Value>& values) const;
    std::string bind_order(const Query& query, Scope* scope, const std::vector<Output>& outputs);
    std::string bind_limits(const Query& query, const Expr* top, Scope* outer);
    std::string item_name(const SelectItem& item) const;
    void make_unique(std::vector<Output>& outputs) const;
    BoundQuery convert_columns(BoundQuery query, const std::vector<Type>& types, const Expr& where);

    // FROM (bind_from.cpp, bind_pivot.cpp, table_functions.cpp)
    std::string bind_from(const FromItem& item, Scope& scope, bool alone = true);
    std::string bind_join(const FromItem& item, Scope& scope);
    std::string bind_using(const FromItem& item, Scope& scope, std::size_t left_begin, std::size_t right_begin);
    std::string bind_asof(const FromItem& item, Scope& scope, std::string left, std::string right, Scope& joined);
    std::string bind_table(const FromItem& item, Scope& scope);
    std::string bind_derived(const FromItem& item, BoundQuery query, Scope& scope);
    struct TableFunction;
    std::string bind_table_function(const FromItem& item, Scope& scope, bool alone);
    TableFunction bind_flatten(const Expr& call, Scope& arguments, bool first);
    TableFunction bind_split(const Expr& call, Scope& arguments, bool first);
    std::string bind_generator(const FromItem& item, Scope& scope);
    std::string add_source(const FromItem& item, BoundQuery query, Source source, Scope& scope, bool lateral);
    BoundQuery pivot(const PivotParts& parts, BoundQuery query);
    BoundQuery unpivot(const PivotParts& parts, BoundQuery query);
    std::string sample(const FromItem& item);
    std::string add_relation(const FromItem& item, const FoundRelation& relation, Scope& scope);

    std::string_view text_;
    const TranslationContext& context_;
    Failure& failure_;
    std::vector<CteEntry> ctes_;
    int aliases_ = 0;
    int depth_ = 0;
};

/// A name in double quotes for the DuckDB text.
std::string quoted(std::string_view name);
/// A string constant for the DuckDB text.
std::string quoted_text(std::string_view value);

}  // namespace backend::duckdb::dialect
