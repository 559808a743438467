#include <algorithm>
#include <array>
#include <charconv>

#include "backend/duckdb/dialect/parser.hpp"
#include "backend/duckdb/dialect/parser_nesting.hpp"
#include "sql/lexer.hpp"
#include "sql/quoting.hpp"

namespace backend::duckdb::dialect {

using sql::TokenKind;

namespace {

/// Words that end an expression, so that `FROM (` is never a call.
constexpr auto clause_words = std::to_array<std::string_view>(
    {"AND",    "AS",      "BETWEEN",   "BY",   "CONNECT", "ELSE",  "END",   "EXCEPT", "FETCH",  "FROM",  "GROUP",
     "HAVING", "IN",      "INTERSECT", "INTO", "IS",      "LIMIT", "MINUS", "NOT",    "OFFSET", "ON",    "OR",
     "ORDER",  "QUALIFY", "SELECT",    "SET",  "THEN",    "UNION", "USING", "VALUES", "WHEN",   "WHERE", "WITH"});

constexpr auto typed_literals = std::to_array<std::string_view>(
    {"DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", "TIMESTAMP_NTZ", "TIMESTAMP_TZ", "DATETIME"});

constexpr auto bare_functions = std::to_array<std::string_view>(
    {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "LOCALTIME", "LOCALTIMESTAMP"});

template <std::size_t N>
bool is_any_word(const sql::Token& token, const std::array<std::string_view, N>& words) {
    return token.kind == TokenKind::word &&
           std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.is_word(word); });
}

}  // namespace

Expr* Parser::close(Expr* node) {
    node->end = previous_end();
    return node;
}

Expr* Parser::binary(Expr* left, std::string_view op, Expr* right) {
    const bool logical = op == "AND" || op == "OR";
    if (logical && left->kind == ExprKind::binary && left->text == op && !left->parenthesised) {
        left->args.push_back(right);  // a AND b AND c: one node, so that long chains do not nest
        return close(left);
    }
    Expr* node = arena_.expr(ExprKind::binary, left->begin);
    node->text = op;
    node->args = {left, right};
    node->depth = static_cast<std::uint16_t>(left->depth + 1);
    if (node->depth > 500) unsupported("A chain of more than 500 operators");
    return close(node);
}

Expr* Parser::subquery(ExprKind kind, std::uint32_t begin) {
    Expr* node = arena_.expr(kind, begin);
    expect("(");
    node->query = parse_query();
    expect(")");
    return close(node);
}

Expr* Parser::parse_expr() {
    const Nesting nesting{*this};
    if (!nesting.allowed()) return arena_.expr(ExprKind::null, peek().offset);
    Expr* left = parse_and();
    while (accept_word("OR")) left = binary(left, "OR", parse_and());
    return left;
}

Expr* Parser::parse_and() {
    Expr* left = parse_not();
    while (accept_word("AND")) left = binary(left, "AND", parse_not());
    return left;
}

Expr* Parser::parse_not() {
    if (!at_word("NOT")) return parse_predicate();
    const Nesting nesting{*this};
    Expr* node = arena_.expr(ExprKind::unary, take().offset);
    node->text = "NOT";
    node->args = {nesting.allowed() ? parse_not() : arena_.expr(ExprKind::null, 0)};
    return close(node);
}

Expr* Parser::parse_predicate() {
    Expr* left = parse_additive();
    for (;;) {
        const bool negated = at_word("NOT");
        Expr* next = parse_predicate_tail(left, negated);
        if (next == left) return left;
        left = next;
    }
}

Expr* Parser::parse_predicate_tail(Expr* left, bool negated) {
    const std::size_t ahead = negated ? 1 : 0;
    const sql::Token& token = peek(ahead);
    if (token.kind == TokenKind::op && !negated) return parse_comparison(left);
    if (token.kind != TokenKind::word) return left;
    if (!negated && token.is_word("IS")) return parse_is(left);
    if (token.is_word("IN")) return parse_in(left, negated);
    for (const std::string_view word : {"LIKE", "ILIKE", "RLIKE", "REGEXP"}) {
        if (token.is_word(word)) return parse_like(left, negated, word);
    }
    if (token.is_word("BETWEEN")) {
        position_ += ahead + 1;
        Expr* node = arena_.expr(ExprKind::between, left->begin);
        node->negated = negated;
        Expr* low = parse_additive();
        expect_word("AND");
        node->args = {left, low, parse_additive()};
        return close(node);
    }
    if (negated) unexpected();
    return left;
}

Expr* Parser::parse_comparison(Expr* left) {
    const std::string_view op = peek().text;
    constexpr auto comparisons = std::to_array<std::string_view>({"=", "<>", "!=", "<", ">", "<=", ">="});
    if (std::find(comparisons.begin(), comparisons.end(), op) == comparisons.end()) return left;
    take();
    const bool any = at_word("ANY") || at_word("SOME");
    if ((any || at_word("ALL")) && at("(", 1) && starts_query(2)) {
        take();
        Expr* node = subquery(ExprKind::quantified, left->begin);
        node->text = op;
        node->negated = !any;
        node->args = {left};
        return node;
    }
    return binary(left, op, parse_additive());
}

Expr* Parser::parse_is(Expr* left) {
    take();
    Expr* node = arena_.expr(ExprKind::is, left->begin);
    node->negated = accept_word("NOT");
    node->args = {left};
    if (accept_word("DISTINCT")) {
        expect_word("FROM");
        node->text = "DISTINCT";
        node->args.push_back(parse_additive());
        return close(node);
    }
    for (const std::string_view word : {"NULL", "TRUE", "FALSE"}) {
        if (!accept_word(word)) continue;
        node->text = word;
        return close(node);
    }
    unexpected();
    return node;
}

Expr* Parser::parse_in(Expr* left, bool negated) {
    position_ += negated ? 2 : 1;
    if (at("(") && starts_query(1)) {
        Expr* node = subquery(ExprKind::in_query, left->begin);
        node->negated = negated;
        node->args = {left};
        return node;
    }
    Expr* node = arena_.expr(ExprKind::in_list, left->begin);
    node->negated = negated;
    node->args = {left};
    expect("(");
    parse_expr_list(node->args);
    expect(")");
    return close(node);
}

Expr* Parser::parse_like(Expr* left, bool negated, std::string_view word) {
    position_ += negated ? 2 : 1;
    const bool any = at_word("ANY") && at("(", 1);
    const bool all = at_word("ALL") && at("(", 1);
    Expr* node = arena_.expr(any || all ? ExprKind::like_list : ExprKind::like, left->begin);
    node->negated = negated;
    node->text = word == "REGEXP" ? "RLIKE" : word;
    node->args = {left};
    if (any || all) {
        take();
        node->text += any ? " ANY" : " ALL";
        expect("(");
        if (starts_query()) unsupported(node->text + " over a subquery");
        parse_expr_list(node->args);
        expect(")");
    } else {
        node->args.push_back(parse_additive());
    }
    if (accept_word("ESCAPE")) {
        node->has_escape = true;
        node->args.push_back(parse_additive());
    }
    return close(node);
}

Expr* Parser::parse_additive() {
    Expr* left = parse_multiplicative();
    for (;;) {
        if (at("+") || at("-") || at("||")) {
            const std::string_view op = take().text;
            Expr* right = parse_multiplicative();
            // Where || stands among + and - is not documented: ask instead of guessing.
            const bool mixes =
                left->kind == ExprKind::binary && !left->parenthesised &&
                (left->text == "||" ? op != "||" : op == "||" && (left->text == "+" || left->text == "-"));
            if (mixes) unsupported("|| mixed with + or - without parentheses", "put parentheses round the parts");
            left = binary(left, op, right);
        } else if (at("&") || at("|") || at("^") || at("~") || at("**") || at("==") || at("^=")) {
            unexpected();
        } else {
            return left;
        }
    }
}

Expr* Parser::parse_multiplicative() {
    Expr* left = parse_unary();
    while (at("*") || at("/") || at("%")) {
        const std::string_view op = take().text;
        left = binary(left, op, parse_unary());
    }
    return left;
}

Expr* Parser::parse_unary() {
    if (!at("-") && !at("+")) return parse_postfix();
    const Nesting nesting{*this};
    Expr* node = arena_.expr(ExprKind::unary, peek().offset);
    node->text = take().text;
    node->args = {nesting.allowed() ? parse_unary() : arena_.expr(ExprKind::null, 0)};
    return close(node);
}

Expr* Parser::parse_postfix() {
    Expr* node = parse_primary();
    for (;;) {
        if (accept("::")) {
            Expr* cast = arena_.expr(ExprKind::cast, node->begin);
            cast->depth = static_cast<std::uint16_t>(node->depth + 1);
            if (cast->depth > 500) unsupported("A chain of more than 500 operators");
            cast->text = "CAST";
            cast->args = {node};
            cast->type = parse_type();
            node = close(cast);
        } else if (at(":") || at("[")) {
            node = parse_path(node);
        } else if (accept_word("COLLATE")) {
            unsupported("COLLATE");
            take();
        } else {
            return node;
        }
    }
}

/// `base:key`, then `.key`, `["key"]`, `[index]` as long as they follow; or `base[…]` alone.
Expr* Parser::parse_path(Expr* base) {
    Expr* node = arena_.expr(ExprKind::path, base->begin);
    node->args = {base};
    if (accept(":")) {
        if (!peek().is_name()) {
            unexpected();
            return node;
        }
        const sql::Token& key = take();
        node->steps.push_back(
            {key.kind == TokenKind::word ? std::string{key.text} : sql::identifier_value(key), nullptr});
    }
    for (;;) {
        if (accept("[")) {
            node->steps.push_back({{}, parse_expr()});
            expect("]");
        } else if (at(".") && peek(1).is_name() && !node->steps.empty()) {
            take();
            const sql::Token& key = take();
            node->steps.push_back(
                {key.kind == TokenKind::word ? std::string{key.text} : sql::identifier_value(key), nullptr});
        } else {
            return close(node);
        }
    }
}

Expr* Parser::parse_primary() {
    const sql::Token& token = peek();
    Expr* node = nullptr;
    switch (token.kind) {
        case TokenKind::number:
            node = arena_.expr(ExprKind::number, token.offset);
            node->text = take().text;
            return close(node);
        case TokenKind::string:
        case TokenKind::dollar_string:
            node = arena_.expr(ExprKind::string, token.offset);
            node->text = sql::string_value(take());
            return close(node);
        case TokenKind::variable:
            node = arena_.expr(ExprKind::position, token.offset);
            node->text = take().text.substr(1);
            return close(node);
        case TokenKind::parameter:
            node = arena_.expr(ExprKind::parameter, token.offset);
            node->text = take().text;
            // In the order of the text, whatever order the binder looks at them.
            if (node->text == "?") node->text = ":" + std::to_string(++parameters_);
            return close(node);
        case TokenKind::word: return parse_word_primary();
        case TokenKind::quoted_identifier: return parse_name_or_call();
        case TokenKind::stage: unsupported("Reading from a stage"); break;
        default: break;
    }
    if (token.is("(")) return parse_parenthesised();
    if (token.is("[")) return parse_array();
    if (token.is("{")) return parse_object();
    if (token.is("*")) {
        take();
        return parse_star({}, token.offset);
    }
    unexpected();
    return arena_.expr(ExprKind::null, token.offset);
}

Expr* Parser::parse_word_primary() {
    const sql::Token& token = peek();
    const bool call = at("(", 1);
    if (token.is_word("NULL") && !call) return close((take(), arena_.expr(ExprKind::null, token.offset)));
    if ((token.is_word("TRUE") || token.is_word("FALSE")) && !call) {
        Expr* node = arena_.expr(ExprKind::boolean, token.offset);
        node->text = take().is_word("TRUE") ? "TRUE" : "FALSE";
        return close(node);
    }
    if (token.is_word("CASE")) return parse_case();
    if (call) {
        if (token.is_word("CAST") || token.is_word("TRY_CAST")) return parse_cast();
        if (token.is_word("EXTRACT")) return parse_extract();
        if (token.is_word("POSITION")) return parse_position();
        if (token.is_word("EXISTS")) return take(), subquery(ExprKind::exists, token.offset);
    }
    const TokenKind next = peek(1).kind;
    if (next == TokenKind::string && token.is_word("INTERVAL")) {
        take();
        Expr* node = arena_.expr(ExprKind::interval, token.offset);
        node->text = sql::string_value(take());
        return close(node);
    }
    if (next == TokenKind::string && is_any_word(token, typed_literals)) {
        Expr* node = arena_.expr(ExprKind::typed, token.offset);
        node->type = {sql::to_upper(take().text), {}, token.offset};
        node->text = sql::string_value(take());
        return close(node);
    }
    return parse_name_or_call();
}

Expr* Parser::parse_parenthesised() {
    const std::uint32_t begin = peek().offset;
    if (starts_query(1)) return subquery(ExprKind::subquery, begin);
    take();
    std::vector<Expr*> parts;
    parse_expr_list(parts);
    expect(")");
    if (parts.size() == 1 && !at("->")) {
        parts[0]->parenthesised = true;
        parts[0]->begin = begin;
        return close(parts[0]);
    }
    Expr* node = arena_.expr(ExprKind::tuple, begin);
    node->args = std::move(parts);
    return close(node);
}

Expr* Parser::parse_case() {
    Expr* node = arena_.expr(ExprKind::case_, take().offset);
    if (!at_word("WHEN")) {
        node->has_operand = true;
        node->args.push_back(parse_expr());
    }
    if (!at_word("WHEN")) unexpected();
    while (accept_word("WHEN")) {
        node->args.push_back(parse_expr());
        expect_word("THEN");
        node->args.push_back(parse_expr());
    }
    if (accept_word("ELSE")) {
        node->has_else = true;
        node->args.push_back(parse_expr());
    }
    expect_word("END");
    return close(node);
}

Expr* Parser::parse_cast() {
    const sql::Token& word = take();
    Expr* node = arena_.expr(ExprKind::cast, word.offset);
    node->text = sql::to_upper(word.text);
    expect("(");
    node->args = {parse_expr()};
    expect_word("AS");
    node->type = parse_type();
    expect(")");
    return close(node);
}

/// EXTRACT(part FROM x) is DATE_PART(part, x).
Expr* Parser::parse_extract() {
    Expr* node = arena_.expr(ExprKind::call, take().offset);
    node->name = {{"DATE_PART", false}};
    node->call = arena_.call();
    expect("(");
    Expr* part = arena_.expr(ExprKind::string, peek().offset);
    part->text = peek().kind == TokenKind::string ? sql::string_value(peek()) : std::string{peek().text};
    take();
    expect_word("FROM");
    node->args = {close(part), parse_expr()};
    expect(")");
    return close(node);
}

/// POSITION(a IN b) is POSITION(a, b).
Expr* Parser::parse_position() {
    Expr* node = arena_.expr(ExprKind::call, take().offset);
    node->name = {{"POSITION", false}};
    node->call = arena_.call();
    expect("(");
    node->args = {parse_additive()};
    if (!accept_word("IN")) expect(",");
    parse_expr_list(node->args);
    expect(")");
    return close(node);
}

Expr* Parser::parse_array() {
    Expr* node = arena_.expr(ExprKind::array, take().offset);
    if (!at("]")) parse_expr_list(node->args);
    expect("]");
    return close(node);
}

Expr* Parser::parse_object() {
    Expr* node = arena_.expr(ExprKind::object, take().offset);
    if (!at("}")) {
        do {
            if (peek().kind != TokenKind::string) {
                unsupported("An object constant whose key is not a string constant", "use OBJECT_CONSTRUCT");
                break;
            }
            node->args.push_back(parse_primary());
            expect(":");
            node->args.push_back(parse_expr());
        } while (accept(","));
    }
    expect("}");
    return close(node);
}

Expr* Parser::parse_name_or_call() {
    const std::uint32_t begin = peek().offset;
    if (at("(", 1)) {
        if (is_any_word(peek(), clause_words)) {
            unexpected();
            return arena_.expr(ExprKind::null, begin);
        }
        Name name{parse_name_part()};
        return parse_call(std::move(name), begin);
    }
    if (is_any_word(peek(), bare_functions) && !at(".", 1)) {
        Expr* node = arena_.expr(ExprKind::call, begin);
        node->name = {parse_name_part()};
        node->call = arena_.call();
        node->call->no_parentheses = true;
        return close(node);
    }
    if (peek().kind == TokenKind::word && sql::is_reserved_word(sql::to_upper(peek().text))) {
        unexpected();
        return arena_.expr(ExprKind::null, begin);
    }
    Name name{parse_name_part()};
    for (;;) {
        if (accept(".*")) return parse_star(std::move(name), begin);
        if (!at(".")) break;
        take();
        if (at("*")) {
            take();
            return parse_star(std::move(name), begin);
        }
        if (peek().kind == TokenKind::variable) {
            Expr* node = arena_.expr(ExprKind::position, begin);
            node->text = take().text.substr(1);
            node->name = std::move(name);
            return close(node);
        }
        if (at(".")) {
            name.push_back({});
            continue;
        }
        name.push_back(parse_name_part());
        if (at("(")) return parse_call(std::move(name), begin);
    }
    Expr* node = arena_.expr(ExprKind::column, begin);
    node->name = std::move(name);
    return close(node);
}

}  // namespace backend::duckdb::dialect
