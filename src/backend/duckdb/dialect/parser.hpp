/// Reads one Snowflake query into a tree: recursive descent over the lexer's tokens.
///
/// It knows the whole grammar of a read; what it knows and the embedded backend cannot do (time travel,
/// MATCH_RECOGNIZE, CONNECT BY …) is refused by name, anything else is a syntax error. After the first error every
/// function answers a harmless node and the cursor stands at the end. Threads: a value of one translation.
///
/// Source: https://docs.snowflake.com/en/sql-reference/constructs and …/operators.
#pragma once

#include <string_view>
#include <vector>

#include "backend/duckdb/dialect/ast.hpp"
#include "backend/duckdb/dialect/failure.hpp"
#include "sql/token.hpp"

namespace backend::duckdb::dialect {

class Parser {
public:
    Parser(std::string_view text, Arena& arena, Failure& failure);

    /// The whole text as one query (a `;` at its end is allowed).
    Query* parse_statement();

private:
    class Nesting;

    // cursor
    const sql::Token& peek(std::size_t ahead = 0) const;
    bool at_word(std::string_view word, std::size_t ahead = 0) const { return peek(ahead).is_word(word); }
    bool at(std::string_view symbol, std::size_t ahead = 0) const { return peek(ahead).is(symbol); }
    bool accept_word(std::string_view word);
    bool accept(std::string_view symbol);
    void expect(std::string_view symbol);
    void expect_word(std::string_view word);
    const sql::Token& take();
    void unexpected();
    void unsupported(std::string_view what, std::string_view advice = {});
    std::uint32_t previous_end() const {
        return position_ == 0 ? 0 : static_cast<std::uint32_t>(tokens_[position_ - 1].end_offset());
    }
    Expr* close(Expr* node);

    // expressions (parser_expression.cpp)
    Expr* parse_expr();
    Expr* parse_and();
    Expr* parse_not();
    Expr* parse_predicate();
    Expr* parse_predicate_tail(Expr* left, bool negated);
    Expr* parse_comparison(Expr* left);
    Expr* parse_is(Expr* left);
    Expr* parse_in(Expr* left, bool negated);
    Expr* parse_like(Expr* left, bool negated, std::string_view word);
    Expr* parse_additive();
    Expr* parse_multiplicative();
    Expr* parse_unary();
    Expr* parse_postfix();
    Expr* parse_path(Expr* base);
    Expr* parse_primary();
    Expr* parse_word_primary();
    Expr* parse_parenthesised();
    Expr* parse_case();
    Expr* parse_cast();
    Expr* parse_extract();
    Expr* parse_position();
    Expr* parse_array();
    Expr* parse_object();
    Expr* parse_name_or_call();
    Expr* parse_call(Name name, std::uint32_t begin);
    void parse_call_arguments(Expr* call);
    void parse_call_tail(Expr* call);
    Window* parse_window();
    FrameBound parse_frame_bound();
    Expr* parse_star(Name qualifier, std::uint32_t begin);
    void parse_star_changes(StarParts& parts);
    TypeName parse_type();
    void parse_expr_list(std::vector<Expr*>& into);
    std::vector<OrderItem> parse_order_items();
    OrderItem::Nulls parse_nulls();
    Expr* binary(Expr* left, std::string_view op, Expr* right);
    Expr* subquery(ExprKind kind, std::uint32_t begin);

    // queries (parser_query.cpp)
    Query* parse_query();
    void parse_ctes(Query& query);
    Body* parse_body();
    Body* parse_intersect();
    Body* parse_body_primary();
    Select* parse_select();
    SelectItem parse_select_item();
    void parse_group_by(Select& select);
    std::vector<Expr*> parse_group_set();
    void parse_tail(Query& query);
    void parse_limits(Query& query);
    std::vector<std::vector<Expr*>> parse_rows();

    // FROM (parser_from.cpp)
    FromItem* parse_from_item();
    bool parse_join(FromItem*& left);
    FromItem* parse_from_primary();
    FromItem* parse_from_parenthesised();
    void parse_from_function(FromItem& item);
    void parse_from_name(FromItem& item);
    void parse_from_tail(FromItem& item);
    void parse_from_alias(FromItem& item);
    void parse_pivot(FromItem& item);
    void parse_unpivot(FromItem& item);
    void parse_sample(FromItem& item);
    bool starts_query(std::size_t ahead = 0) const;
    NamePart parse_name_part();
    std::string parse_identifier();
    std::vector<std::string> parse_identifier_list();
    bool at_alias() const;

    std::string_view text_;
    Arena& arena_;
    Failure& failure_;
    std::vector<sql::Token> tokens_;
    sql::Token end_;
    std::size_t position_ = 0;
    int depth_ = 0;
    int parameters_ = 0;  // ? so far
};

}  // namespace backend::duckdb::dialect
