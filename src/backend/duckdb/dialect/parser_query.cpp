#include <algorithm>
#include <array>

#include "backend/duckdb/dialect/parser.hpp"
#include "backend/duckdb/dialect/parser_nesting.hpp"
#include "sql/lexer.hpp"
#include "sql/quoting.hpp"

namespace backend::duckdb::dialect {

using sql::TokenKind;

Parser::Parser(std::string_view text, Arena& arena, Failure& failure) : text_{text}, arena_{arena}, failure_{failure} {
    tokens_.reserve(text.size() / 4 + 4);
    sql::Lexer lexer{text};
    for (;;) {
        const sql::Token token = lexer.next_significant();
        if (token.kind == TokenKind::end) {
            end_ = token;
            return;
        }
        tokens_.push_back(token);
    }
}

const sql::Token& Parser::peek(std::size_t ahead) const {
    return position_ + ahead < tokens_.size() ? tokens_[position_ + ahead] : end_;
}

bool Parser::accept_word(std::string_view word) {
    if (!at_word(word)) return false;
    ++position_;
    return true;
}

bool Parser::accept(std::string_view symbol) {
    if (!at(symbol)) return false;
    ++position_;
    return true;
}

void Parser::expect(std::string_view symbol) {
    if (!accept(symbol)) unexpected();
}

void Parser::expect_word(std::string_view word) {
    if (!accept_word(word)) unexpected();
}

const sql::Token& Parser::take() {
    const sql::Token& token = peek();
    if (position_ < tokens_.size()) ++position_;
    return token;
}

void Parser::unexpected() {
    const sql::Token& token = peek();
    failure_.syntax(token.offset, token.text);
    position_ = tokens_.size();
}

void Parser::unsupported(std::string_view what, std::string_view advice) {
    failure_.unsupported(what, advice);
    position_ = tokens_.size();
}

NamePart Parser::parse_name_part() {
    if (!peek().is_name()) {
        unexpected();
        return {};
    }
    const sql::Token& token = take();
    return {sql::identifier_value(token), token.kind == TokenKind::quoted_identifier};
}

std::string Parser::parse_identifier() { return parse_name_part().text; }

std::vector<std::string> Parser::parse_identifier_list() {
    std::vector<std::string> names;
    do {
        names.push_back(parse_identifier());
    } while (accept(","));
    return names;
}

bool Parser::starts_query(std::size_t ahead) const { return at_word("SELECT", ahead) || at_word("WITH", ahead); }

Query* Parser::parse_statement() {
    Query* query = parse_query();
    accept(";");
    if (peek().kind != TokenKind::end) unexpected();
    return query;
}

Query* Parser::parse_query() {
    const Nesting nesting{*this};
    Query* query = arena_.query();
    query->body = arena_.body();
    if (!nesting.allowed()) return query;
    if (accept_word("WITH")) parse_ctes(*query);
    query->body = parse_body();
    parse_tail(*query);
    return query;
}

void Parser::parse_ctes(Query& query) {
    query.recursive = accept_word("RECURSIVE");
    do {
        Cte& cte = query.ctes.emplace_back();
        cte.name = parse_identifier();
        if (accept("(")) {
            cte.columns = parse_identifier_list();
            expect(")");
        }
        expect_word("AS");
        expect("(");
        Query* inner = parse_query();
        query.ctes.back().query = inner;
        expect(")");
    } while (accept(","));
}

Body* Parser::parse_body() {
    Body* left = parse_intersect();
    int links = 0;
    while (at_word("UNION") || at_word("EXCEPT") || at_word("MINUS")) {
        if (++links > 200) {
            unsupported("A chain of more than 200 set operators");
            break;
        }
        Body* set = arena_.body();
        set->kind = BodyKind::set;
        set->offset = peek().offset;
        set->set_word = take().is_word("UNION") ? "UNION" : "EXCEPT";
        set->set_all = accept_word("ALL");
        if (!set->set_all) accept_word("DISTINCT");
        if (set->set_all && set->set_word == "EXCEPT") unexpected();
        if (at_word("BY") && at_word("NAME", 1)) {
            position_ += 2;
            set->by_name = true;
        }
        set->left = left;
        set->right = parse_intersect();
        left = set;
    }
    return left;
}

Body* Parser::parse_intersect() {
    Body* left = parse_body_primary();
    while (at_word("INTERSECT")) {
        Body* set = arena_.body();
        set->kind = BodyKind::set;
        set->offset = take().offset;
        set->set_word = "INTERSECT";
        set->left = left;
        set->right = parse_body_primary();
        left = set;
    }
    return left;
}

Body* Parser::parse_body_primary() {
    Body* body = arena_.body();
    body->offset = peek().offset;
    if (at_word("SELECT")) {
        body->select = parse_select();
        return body;
    }
    if (accept_word("VALUES")) {
        body->kind = BodyKind::values;
        body->rows = parse_rows();
        return body;
    }
    if (accept("(")) {
        body->kind = BodyKind::nested;
        body->query = parse_query();
        expect(")");
        return body;
    }
    unexpected();
    return body;
}

std::vector<std::vector<Expr*>> Parser::parse_rows() {
    std::vector<std::vector<Expr*>> rows;
    do {
        expect("(");
        parse_expr_list(rows.emplace_back());
        expect(")");
    } while (accept(","));
    return rows;
}

Select* Parser::parse_select() {
    Select* select = arena_.select();
    select->offset = take().offset;
    select->distinct = accept_word("DISTINCT");
    if (!select->distinct) accept_word("ALL");
    if (at_word("TOP") && peek(1).kind == TokenKind::number) {
        take();
        select->top = parse_primary();
    }
    do {
        if (!select->items.empty() && at_word("FROM")) break;  // a trailing comma is allowed
        select->items.push_back(parse_select_item());
    } while (accept(","));
    if (at_word("INTO")) unsupported("SELECT ... INTO");
    if (accept_word("FROM")) {
        do {
            select->from.push_back(parse_from_item());
        } while (accept(","));
    }
    if (accept_word("WHERE")) select->where = parse_expr();
    if (at_word("START") || at_word("CONNECT")) unsupported("CONNECT BY", "use a recursive WITH");
    if (accept_word("GROUP")) {
        expect_word("BY");
        parse_group_by(*select);
    }
    if (accept_word("HAVING")) select->having = parse_expr();
    if (accept_word("QUALIFY")) select->qualify = parse_expr();
    return select;
}

SelectItem Parser::parse_select_item() {
    SelectItem item;
    item.expr = parse_expr();
    if (accept_word("AS")) {
        item.alias = parse_identifier();
        item.has_alias = true;
    } else if (at_alias()) {
        item.alias = parse_identifier();
        item.has_alias = true;
    }
    return item;
}

/// Could the token be an alias without AS?
bool Parser::at_alias() const {
    const sql::Token& token = peek();
    if (token.kind == TokenKind::quoted_identifier) return true;
    if (token.kind != TokenKind::word) return false;
    const std::string word = sql::to_upper(token.text);
    if (sql::is_reserved_word(word)) return false;
    constexpr auto clauses = std::to_array<std::string_view>({"ASOF",
                                                              "AT",
                                                              "BEFORE",
                                                              "CHANGES",
                                                              "CONNECT",
                                                              "CROSS",
                                                              "EXCEPT",
                                                              "FETCH",
                                                              "FOR",
                                                              "FULL",
                                                              "INNER",
                                                              "JOIN",
                                                              "LATERAL",
                                                              "LEFT",
                                                              "LIMIT",
                                                              "MATCH_CONDITION",
                                                              "MATCH_RECOGNIZE",
                                                              "MINUS",
                                                              "NATURAL",
                                                              "OFFSET",
                                                              "ON",
                                                              "OVER",
                                                              "PIVOT",
                                                              "QUALIFY",
                                                              "RIGHT",
                                                              "SAMPLE",
                                                              "START",
                                                              "TABLESAMPLE",
                                                              "UNION",
                                                              "UNPIVOT",
                                                              "USING",
                                                              "WINDOW",
                                                              "WITHIN"});
    return std::find(clauses.begin(), clauses.end(), word) == clauses.end();
}

void Parser::parse_group_by(Select& select) {
    if (accept_word("ALL")) {
        select.group = GroupKind::all;
        return;
    }
    select.group = GroupKind::list;
    do {
        GroupElement element;
        if ((at_word("ROLLUP") || at_word("CUBE")) && at("(", 1)) {
            element.word = take().is_word("ROLLUP") ? "ROLLUP" : "CUBE";
            expect("(");
            do {
                element.sets.push_back(parse_group_set());
            } while (accept(","));
            expect(")");
        } else if (at_word("GROUPING") && at_word("SETS", 1)) {
            position_ += 2;
            element.word = "GROUPING SETS";
            expect("(");
            do {
                element.sets.push_back(parse_group_set());
            } while (accept(","));
            expect(")");
        } else {
            element.sets.push_back({parse_expr()});
        }
        select.group_by.push_back(std::move(element));
    } while (accept(","));
}

/// `a`, `(a, b)` or `()`.
std::vector<Expr*> Parser::parse_group_set() {
    if (at("(") && at(")", 1)) {
        position_ += 2;
        return {};
    }
    Expr* expr = parse_expr();
    if (expr->kind == ExprKind::tuple) return expr->args;
    return {expr};
}

void Parser::parse_tail(Query& query) {
    if (accept_word("ORDER")) {
        expect_word("BY");
        if (accept_word("ALL")) {
            query.order_all = true;
            query.order_all_descending = accept_word("DESC");
            if (!query.order_all_descending) accept_word("ASC");
            query.order_all_nulls = parse_nulls();
        } else {
            query.order = parse_order_items();
        }
    }
    parse_limits(query);
    if (at_word("FOR") && at_word("UPDATE", 1)) unsupported("FOR UPDATE");
}

void Parser::parse_limits(Query& query) {
    for (;;) {
        if (accept_word("LIMIT")) {
            query.limit = parse_expr();
        } else if (accept_word("OFFSET")) {
            query.offset = parse_expr();
            if (!accept_word("ROWS")) accept_word("ROW");
        } else if (accept_word("FETCH")) {
            if (!accept_word("FIRST")) accept_word("NEXT");
            query.limit = parse_expr();
            if (!accept_word("ROWS")) accept_word("ROW");
            accept_word("ONLY");
        } else {
            return;
        }
    }
}

}  // namespace backend::duckdb::dialect
