/// The syntax tree of one Snowflake query, as the dialect's parser reads it.
///
/// Place: between `Parser` and `Binder`. Nodes live in an `Arena` and point to each other; positions are byte offsets
/// into the statement, for error messages and for the names of columns without an alias. Threads: a value of one
/// translation.
#pragma once

#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

#include "backend/duckdb/translation.hpp"

namespace backend::duckdb::dialect {

struct Expr;
struct Query;

using Name = std::vector<NamePart>;

enum class ExprKind : std::uint8_t {
    number,          // text: the literal
    string,          // text: its value
    null,            // NULL
    boolean,         // text: TRUE or FALSE
    column,          // name: 1 to 4 parts
    star,            // name: qualifier, or empty
    position,        // $1; name: qualifier, number in `text`
    parameter,       // ? or :1; text: as it stands
    unary,           // text: - + NOT
    binary,          // text: operator, args[0], args[1] (AND, OR: more)
    is,              // args[0] IS [NOT] text (NULL, TRUE, FALSE), or DISTINCT FROM args[1]
    between,         // args[0] BETWEEN args[1] AND args[2]
    in_list,         // args[0] IN (args[1]…)
    in_query,        // args[0] IN (query)
    like,            // text: LIKE, ILIKE, RLIKE; args: value, pattern[, escape]
    like_list,       // text: LIKE ANY, ILIKE ANY, LIKE ALL; args: value, patterns…; `escape` last where has_escape
    case_,           // args: [operand if has_operand,] when, then, …[, else if has_else]
    cast,            // args[0]; type; text: CAST or TRY_CAST
    path,            // args[0]:a.b[0]; steps
    call,            // name; args; call
    exists,          // query
    subquery,        // query
    tuple,           // (a, b)
    interval,        // text: what stands in the quotes
    typed,           // DATE '…', TIMESTAMP '…': text the value, type the type
    array,           // [a, b]
    object,          // {'k': v}: args alternate
    quantified,      // args[0] text(op) ANY|ALL (query): `negated` for ALL
    named_argument,  // name => args[0]
    lambda,          // x -> expression: refused by the binder
};

struct TypeName {
    std::string name;  // in capitals, one blank between words
    std::vector<long> arguments;
    std::uint32_t offset = 0;
};

struct PathStep {
    std::string key;        // an element by name
    Expr* index = nullptr;  // or [index]
};

struct OrderItem {
    Expr* expr = nullptr;
    bool descending = false;
    enum class Nulls : std::uint8_t { by_default, first, last } nulls = Nulls::by_default;
};

struct FrameBound {
    enum class Kind : std::uint8_t { unbounded_preceding, preceding, current, following, unbounded_following } kind;
    Expr* offset = nullptr;
};

struct Window {
    std::vector<Expr*> partition;
    std::vector<OrderItem> order;
    bool has_frame = false;
    bool rows = true;
    FrameBound from{FrameBound::Kind::unbounded_preceding, nullptr};
    FrameBound to{FrameBound::Kind::current, nullptr};
};

/// What a call may have beside its arguments.
struct CallParts {
    bool distinct = false;
    bool star = false;  // COUNT(*)
    bool ignore_nulls = false;
    bool has_within_group = false;
    std::vector<OrderItem> within_group;
    Window* window = nullptr;
    bool no_parentheses = false;  // CURRENT_DATE
};

struct StarChange {
    std::string column;
    std::string alias;     // RENAME
    Expr* expr = nullptr;  // REPLACE
};

/// `* ILIKE '…' EXCLUDE (…) REPLACE (…) RENAME (…)`
struct StarParts {
    bool has_ilike = false;
    std::string ilike;
    std::vector<std::string> exclude;
    std::vector<StarChange> replace;
    std::vector<StarChange> rename;
};

struct Expr {
    ExprKind kind = ExprKind::null;
    bool negated = false;
    bool has_operand = false;
    bool has_else = false;
    bool has_escape = false;
    bool parenthesised = false;
    std::uint16_t depth = 0;  // of a chain of operators
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::string text;
    Name name;
    std::vector<Expr*> args;
    TypeName type;
    std::vector<PathStep> steps;
    CallParts* call = nullptr;
    StarParts* star = nullptr;
    Query* query = nullptr;
};

struct SelectItem {
    Expr* expr = nullptr;
    std::string alias;
    bool has_alias = false;
};

struct FromItem;

enum class JoinKind : std::uint8_t { inner, left, right, full, cross, asof };

struct PivotParts {
    bool unpivot = false;
    bool include_nulls = false;
    std::vector<Expr*> aggregates;  // PIVOT
    std::vector<std::string> aggregate_aliases;
    std::string column;         // FOR column
    std::string value_column;   // UNPIVOT: name of the value
    std::vector<Expr*> values;  // IN (…): literals (PIVOT) or columns (UNPIVOT)
    std::vector<std::string> value_aliases;
};

enum class FromKind : std::uint8_t { table, subquery, values, function, join, chain };

struct FromItem {
    FromKind kind = FromKind::table;
    std::uint32_t offset = 0;
    Name name;               // table
    Query* query = nullptr;  // subquery, values
    Expr* call = nullptr;    // function
    bool lateral = false;
    bool has_alias = false;
    std::string alias;
    std::vector<std::string> column_aliases;
    std::vector<PivotParts*> pivots;
    bool has_sample = false;
    std::string sample_method;  // BERNOULLI, SYSTEM
    std::string sample_size;    // digits
    bool sample_rows = false;
    bool sample_seed = false;
    // join
    JoinKind join = JoinKind::inner;
    bool natural = false;
    FromItem* left = nullptr;
    FromItem* right = nullptr;
    Expr* on = nullptr;
    Expr* match_condition = nullptr;
    std::vector<std::string> using_columns;
    int chain_index = 0;  // FROM $1
};

enum class GroupKind : std::uint8_t { none, list, all };

/// One element of GROUP BY: expressions, or ROLLUP, CUBE, GROUPING SETS of sets.
struct GroupElement {
    std::string_view word;  // empty, ROLLUP, CUBE, GROUPING SETS
    std::vector<std::vector<Expr*>> sets;
};

struct Select {
    std::uint32_t offset = 0;
    bool distinct = false;
    Expr* top = nullptr;
    std::vector<SelectItem> items;
    std::vector<FromItem*> from;
    Expr* where = nullptr;
    GroupKind group = GroupKind::none;
    std::vector<GroupElement> group_by;
    Expr* having = nullptr;
    Expr* qualify = nullptr;
};

struct Cte {
    std::string name;
    std::vector<std::string> columns;
    Query* query = nullptr;
};

enum class BodyKind : std::uint8_t { select, values, set, nested };

struct Body {
    BodyKind kind = BodyKind::select;
    std::uint32_t offset = 0;
    Select* select = nullptr;
    std::vector<std::vector<Expr*>> rows;  // values
    std::string_view set_word;             // UNION, INTERSECT, EXCEPT
    bool set_all = false;
    bool by_name = false;
    Body* left = nullptr;
    Body* right = nullptr;
    Query* query = nullptr;  // nested: (SELECT … ORDER BY …)
};

struct Query {
    bool recursive = false;
    std::vector<Cte> ctes;
    Body* body = nullptr;
    std::vector<OrderItem> order;
    bool order_all = false;
    bool order_all_descending = false;
    OrderItem::Nulls order_all_nulls = OrderItem::Nulls::by_default;
    Expr* limit = nullptr;
    Expr* offset = nullptr;
};

/// Owns the nodes of one translation.
class Arena {
public:
    Expr* expr(ExprKind kind, std::uint32_t begin) {
        Expr& made = exprs_.emplace_front();
        made.kind = kind;
        made.begin = begin;
        return &made;
    }
    Query* query() { return &queries_.emplace_front(); }
    Body* body() { return &bodies_.emplace_front(); }
    Select* select() { return &selects_.emplace_front(); }
    FromItem* from() { return &froms_.emplace_front(); }
    Window* window() { return &windows_.emplace_front(); }
    CallParts* call() { return &calls_.emplace_front(); }
    StarParts* star() { return &stars_.emplace_front(); }
    PivotParts* pivot() { return &pivots_.emplace_front(); }

private:
    std::forward_list<Expr> exprs_;
    std::forward_list<Query> queries_;
    std::forward_list<Body> bodies_;
    std::forward_list<Select> selects_;
    std::forward_list<FromItem> froms_;
    std::forward_list<Window> windows_;
    std::forward_list<CallParts> calls_;
    std::forward_list<StarParts> stars_;
    std::forward_list<PivotParts> pivots_;
};

}  // namespace backend::duckdb::dialect
