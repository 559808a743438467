#include <charconv>

#include "backend/duckdb/dialect/parser.hpp"
#include "sql/lexer.hpp"

namespace backend::duckdb::dialect {

using sql::TokenKind;

Expr* Parser::parse_call(Name name, std::uint32_t begin) {
    Expr* node = arena_.expr(ExprKind::call, begin);
    node->name = std::move(name);
    node->call = arena_.call();
    expect("(");
    parse_call_arguments(node);
    expect(")");
    parse_call_tail(node);
    return close(node);
}

void Parser::parse_call_arguments(Expr* call) {
    if (at(")")) return;
    if (accept_word("DISTINCT")) {
        call->call->distinct = true;
    } else {
        accept_word("ALL");
    }
    if (at("*") && at(")", 1)) {
        take();
        call->call->star = true;
        return;
    }
    do {
        if (peek().kind == TokenKind::word && at("=>", 1)) {
            Expr* named = arena_.expr(ExprKind::named_argument, peek().offset);
            named->text = sql::to_upper(take().text);
            take();
            named->args = {starts_query() ? subquery(ExprKind::subquery, named->begin) : parse_expr()};
            call->args.push_back(close(named));
        } else if (starts_query()) {
            unexpected();
        } else {
            call->args.push_back(parse_expr());
        }
        if (at("->")) unsupported("A lambda expression");
    } while (accept(","));
    if (at_word("IGNORE") || at_word("RESPECT")) {
        call->call->ignore_nulls = take().is_word("IGNORE");
        expect_word("NULLS");
    }
}

void Parser::parse_call_tail(Expr* call) {
    CallParts& parts = *call->call;
    if (at_word("WITHIN") && at_word("GROUP", 1)) {
        position_ += 2;
        parts.has_within_group = true;
        expect("(");
        expect_word("ORDER");
        expect_word("BY");
        parts.within_group = parse_order_items();
        expect(")");
    }
    if (at_word("FROM") && (at_word("FIRST", 1) || at_word("LAST", 1))) {
        take();
        if (take().is_word("LAST")) unsupported("FROM LAST");
    }
    if ((at_word("IGNORE") || at_word("RESPECT")) && at_word("NULLS", 1)) {
        parts.ignore_nulls = take().is_word("IGNORE");
        take();
    }
    if (at_word("FILTER") && at("(", 1)) unexpected();
    if (at_word("OVER") && at("(", 1)) {
        take();
        parts.window = parse_window();
    }
}

Window* Parser::parse_window() {
    Window* window = arena_.window();
    expect("(");
    if (accept_word("PARTITION")) {
        expect_word("BY");
        parse_expr_list(window->partition);
    }
    if (accept_word("ORDER")) {
        expect_word("BY");
        window->order = parse_order_items();
    }
    if (at_word("ROWS") || at_word("RANGE")) {
        window->has_frame = true;
        window->rows = take().is_word("ROWS");
        if (accept_word("BETWEEN")) {
            window->from = parse_frame_bound();
            expect_word("AND");
            window->to = parse_frame_bound();
        } else {
            window->from = parse_frame_bound();
        }
    }
    expect(")");
    return window;
}

FrameBound Parser::parse_frame_bound() {
    using Kind = FrameBound::Kind;
    if (accept_word("UNBOUNDED")) {
        if (accept_word("PRECEDING")) return {Kind::unbounded_preceding, nullptr};
        expect_word("FOLLOWING");
        return {Kind::unbounded_following, nullptr};
    }
    if (accept_word("CURRENT")) {
        expect_word("ROW");
        return {Kind::current, nullptr};
    }
    Expr* offset = parse_additive();
    if (accept_word("PRECEDING")) return {Kind::preceding, offset};
    expect_word("FOLLOWING");
    return {Kind::following, offset};
}

Expr* Parser::parse_star(Name qualifier, std::uint32_t begin) {
    Expr* node = arena_.expr(ExprKind::star, begin);
    node->name = std::move(qualifier);
    node->star = arena_.star();
    parse_star_changes(*node->star);
    return close(node);
}

void Parser::parse_star_changes(StarParts& parts) {
    if (at_word("ILIKE") && peek(1).kind == TokenKind::string) {
        take();
        parts.has_ilike = true;
        parts.ilike = sql::string_value(take());
    }
    if (accept_word("EXCLUDE")) {
        if (accept("(")) {
            parts.exclude = parse_identifier_list();
            expect(")");
        } else {
            parts.exclude = {parse_identifier()};
        }
    }
    if (at_word("REPLACE") && at("(", 1)) {
        position_ += 2;
        do {
            Expr* value = parse_expr();
            expect_word("AS");
            parts.replace.push_back({parse_identifier(), {}, value});
        } while (accept(","));
        expect(")");
    }
    if (accept_word("RENAME")) {
        const bool list = accept("(");
        do {
            std::string column = parse_identifier();
            expect_word("AS");
            parts.rename.push_back({std::move(column), parse_identifier(), nullptr});
        } while (list && accept(","));
        if (list) expect(")");
    }
}

/// `VARCHAR(10)`, `DOUBLE PRECISION`, `TIMESTAMP WITH LOCAL TIME ZONE`, `NUMBER(38, 0)`.
TypeName Parser::parse_type() {
    TypeName type;
    type.offset = peek().offset;
    if (peek().kind != TokenKind::word) {
        unexpected();
        return type;
    }
    type.name = sql::to_upper(take().text);
    const auto append = [&](std::string_view word) {
        if (!accept_word(word)) return false;
        type.name += ' ';
        type.name += word;
        return true;
    };
    if (type.name == "DOUBLE") append("PRECISION");
    if (type.name == "CHAR" || type.name == "NCHAR" || type.name == "CHARACTER") append("VARYING");
    if (accept("(")) {
        do {
            const sql::Token& token = take();
            long value = 0;
            const auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
            if (token.kind != TokenKind::number) {
                unsupported("A structured " + type.name + " type", "use it without element types");
                return type;
            }
            if (error != std::errc{} || end != token.text.data() + token.text.size()) unexpected();
            type.arguments.push_back(value);
        } while (accept(","));
        expect(")");
    }
    if ((at_word("WITH") || at_word("WITHOUT")) && (at_word("TIME", 1) || at_word("LOCAL", 1))) {
        append("WITH") || append("WITHOUT");
        append("LOCAL");
        append("TIME");
        append("ZONE");
    }
    return type;
}

void Parser::parse_expr_list(std::vector<Expr*>& into) {
    do {
        into.push_back(parse_expr());
    } while (accept(","));
}

OrderItem::Nulls Parser::parse_nulls() {
    if (!accept_word("NULLS")) return OrderItem::Nulls::by_default;
    if (accept_word("FIRST")) return OrderItem::Nulls::first;
    expect_word("LAST");
    return OrderItem::Nulls::last;
}

std::vector<OrderItem> Parser::parse_order_items() {
    std::vector<OrderItem> items;
    do {
        OrderItem item;
        item.expr = parse_expr();
        item.descending = accept_word("DESC");
        if (!item.descending) accept_word("ASC");
        item.nulls = parse_nulls();
        items.push_back(item);
    } while (accept(","));
    return items;
}

}  // namespace backend::duckdb::dialect
