#include "backend/duckdb/dialect/parser.hpp"
#include "backend/duckdb/dialect/parser_nesting.hpp"
#include "sql/lexer.hpp"
#include "sql/quoting.hpp"

namespace backend::duckdb::dialect {

using sql::TokenKind;

FromItem* Parser::parse_from_item() {
    FromItem* left = parse_from_primary();
    int links = 0;
    while (parse_join(left)) {
        if (++links > 200) unsupported("A join of more than 200 tables");
    }
    return left;
}

/// One more `JOIN …` behind `left`, if there is one.
bool Parser::parse_join(FromItem*& left) {
    const std::size_t start = position_;
    const std::uint32_t offset = peek().offset;
    const bool natural = accept_word("NATURAL");
    JoinKind kind = JoinKind::inner;
    if (accept_word("INNER")) {
    } else if (accept_word("LEFT") || accept_word("RIGHT") || accept_word("FULL")) {
        const sql::Token& side = tokens_[position_ - 1];
        kind = side.is_word("LEFT") ? JoinKind::left : side.is_word("RIGHT") ? JoinKind::right : JoinKind::full;
        accept_word("OUTER");
    } else if (accept_word("CROSS")) {
        kind = JoinKind::cross;
    } else if (at_word("ASOF") && at_word("JOIN", 1)) {
        take();
        kind = JoinKind::asof;
    }
    if (!accept_word("JOIN")) {
        if (position_ != start) unexpected();
        return false;
    }
    FromItem* join = arena_.from();
    join->kind = FromKind::join;
    join->offset = offset;
    join->join = kind;
    join->natural = natural;
    join->left = left;
    join->right = parse_from_primary();
    if (accept_word("MATCH_CONDITION")) {
        expect("(");
        join->match_condition = parse_expr();
        expect(")");
        if (kind != JoinKind::asof) unexpected();
    }
    if (accept_word("ON")) {
        join->on = parse_expr();
    } else if (accept_word("USING")) {
        expect("(");
        join->using_columns = parse_identifier_list();
        expect(")");
    }
    left = join;
    return true;
}

FromItem* Parser::parse_from_primary() {
    const Nesting nesting{*this};
    FromItem* item = arena_.from();
    item->offset = peek().offset;
    if (!nesting.allowed()) return item;
    item->lateral = accept_word("LATERAL");
    if (at("(")) {
        if (!item->lateral && !starts_query(1) && !at_word("VALUES", 1)) return parse_from_parenthesised();
        take();
        item->kind = FromKind::subquery;
        item->query = parse_query();
        expect(")");
    } else if (accept_word("VALUES")) {
        item->kind = FromKind::values;
        item->query = arena_.query();
        item->query->body = arena_.body();
        item->query->body->kind = BodyKind::values;
        item->query->body->rows = parse_rows();
    } else if (at_word("TABLE") && at("(", 1)) {
        position_ += 2;
        parse_from_function(*item);
        expect(")");
    } else if (item->lateral) {
        parse_from_function(*item);
    } else if (peek().kind == TokenKind::variable) {
        item->kind = FromKind::chain;
        const std::string_view digits = take().text.substr(1);
        item->chain_index = digits.size() == 1 && digits[0] >= '1' && digits[0] <= '9' ? digits[0] - '0' : 0;
        if (item->chain_index == 0) unsupported("FROM a session variable");
    } else if (peek().kind == TokenKind::stage) {
        unsupported("Reading from a stage");
    } else {
        parse_from_name(*item);
    }
    parse_from_tail(*item);
    return item;
}

/// `( a JOIN b )`, `((SELECT …))`, `( (SELECT …) UNION … )`.
FromItem* Parser::parse_from_parenthesised() {
    const std::size_t start = position_;
    const std::uint32_t offset = peek().offset;
    std::size_t parens = 0;
    while (at("(", parens)) ++parens;
    if (starts_query(parens)) {
        // A query whose first operand stands in parentheses, unless what follows its closing one is a join or an alias.
        std::size_t depth = 0;
        std::size_t ahead = 1;
        for (; peek(ahead).kind != TokenKind::end; ++ahead) {
            if (at("(", ahead)) ++depth;
            if (at(")", ahead) && --depth == 0) break;
        }
        ++ahead;
        if (at(")", ahead) || at_word("UNION", ahead) || at_word("INTERSECT", ahead) || at_word("EXCEPT", ahead) ||
            at_word("MINUS", ahead) || at_word("ORDER", ahead) || at_word("LIMIT", ahead)) {
            FromItem* item = arena_.from();
            item->offset = offset;
            item->kind = FromKind::subquery;
            take();
            item->query = parse_query();
            expect(")");
            parse_from_tail(*item);
            return item;
        }
    }
    position_ = start + 1;
    FromItem* inner = parse_from_item();
    expect(")");
    if (inner->kind != FromKind::join) {
        parse_from_tail(*inner);
    } else if (at_word("AS") || at_alias()) {
        unexpected();
    }
    return inner;
}

void Parser::parse_from_function(FromItem& item) {
    item.kind = FromKind::function;
    const std::uint32_t begin = peek().offset;
    if (peek().kind == TokenKind::string) {
        unsupported("TABLE('name')", "write the table's name, or IDENTIFIER('name')");
        return;
    }
    Name name{parse_name_part()};
    while (accept(".")) name.push_back(parse_name_part());
    if (!at("(")) {
        unexpected();
        return;
    }
    item.call = parse_call(std::move(name), begin);
}

void Parser::parse_from_name(FromItem& item) {
    if (at_word("IDENTIFIER") && at("(", 1)) {
        position_ += 2;
        if (peek().kind != TokenKind::string) {
            unsupported("IDENTIFIER() of anything but a string constant");
            return;
        }
        const std::string name = sql::string_value(take());
        expect(")");
        for (const sql::Token& token : sql::significant_tokens(name)) {
            if (token.is_name()) {
                item.name.push_back({sql::identifier_value(token), token.kind == TokenKind::quoted_identifier});
            } else if (!token.is(".")) {
                failure_.syntax(item.offset, name);
            }
        }
        if (item.name.empty() || item.name.size() > 3) failure_.syntax(item.offset, name);
        return;
    }
    if (peek().kind == TokenKind::word && sql::is_reserved_word(sql::to_upper(peek().text))) {
        unexpected();
        return;
    }
    item.name = {parse_name_part()};
    while (accept(".")) {
        if (at(".")) {
            item.name.push_back({});
            continue;
        }
        item.name.push_back(parse_name_part());
    }
    if (item.name.size() > 3) failure_.syntax(item.offset, item.name.back().text);
    if (at("(")) {
        unsupported("A table function without TABLE( )", "write TABLE(function(...)) or LATERAL function(...)");
    }
}

void Parser::parse_from_tail(FromItem& item) {
    for (;;) {
        if ((at_word("AT") || at_word("BEFORE")) && at("(", 1)) unsupported("Time travel (AT, BEFORE)");
        if (at_word("CHANGES") && at("(", 1)) unsupported("CHANGES");
        if (at_word("MATCH_RECOGNIZE")) unsupported("MATCH_RECOGNIZE");
        if (at_word("PIVOT") && at("(", 1)) {
            parse_pivot(item);
        } else if (at_word("UNPIVOT")) {
            parse_unpivot(item);
        } else if (at_word("SAMPLE") || at_word("TABLESAMPLE")) {
            parse_sample(item);
        } else if (!item.has_alias && (at_word("AS") || at_alias())) {
            parse_from_alias(item);
        } else {
            return;
        }
    }
}

void Parser::parse_from_alias(FromItem& item) {
    accept_word("AS");
    item.has_alias = true;
    item.alias = parse_identifier();
    if (accept("(")) {
        item.column_aliases = parse_identifier_list();
        expect(")");
    }
}

/// `PIVOT( SUM(x) [AS s] FOR col IN ('a' [AS a], …) )`
void Parser::parse_pivot(FromItem& item) {
    position_ += 2;
    if (item.has_alias) unsupported("PIVOT after an alias", "put the alias behind PIVOT( )");
    PivotParts* parts = arena_.pivot();
    do {
        parts->aggregates.push_back(parse_name_or_call());
        accept_word("AS");
        parts->aggregate_aliases.push_back(peek().is_name() && !at_word("FOR") ? parse_identifier() : std::string{});
    } while (accept(","));
    expect_word("FOR");
    parts->column = parse_identifier();
    expect_word("IN");
    expect("(");
    if (at_word("ANY") || starts_query()) unsupported("A dynamic PIVOT (ANY, subquery)", "name the values");
    do {
        parts->values.push_back(parse_expr());
        accept_word("AS");
        parts->value_aliases.push_back(peek().is_name() ? parse_identifier() : std::string{});
    } while (accept(","));
    expect(")");
    if (at_word("DEFAULT")) unsupported("PIVOT ... DEFAULT ON NULL");
    expect(")");
    item.pivots.push_back(parts);
}

/// `UNPIVOT [INCLUDE NULLS] ( value FOR name IN (a [AS 'x'], b) )`
void Parser::parse_unpivot(FromItem& item) {
    take();
    if (item.has_alias) unsupported("UNPIVOT after an alias", "put the alias behind UNPIVOT( )");
    PivotParts* parts = arena_.pivot();
    parts->unpivot = true;
    if (at_word("INCLUDE") || at_word("EXCLUDE")) {
        parts->include_nulls = take().is_word("INCLUDE");
        expect_word("NULLS");
    }
    expect("(");
    parts->value_column = parse_identifier();
    expect_word("FOR");
    parts->column = parse_identifier();
    expect_word("IN");
    expect("(");
    do {
        parts->values.push_back(parse_name_or_call());
        std::string alias;
        if (accept_word("AS")) {
            alias = peek().kind == TokenKind::string ? sql::string_value(take()) : parse_identifier();
        }
        parts->value_aliases.push_back(std::move(alias));
    } while (accept(","));
    expect(")");
    expect(")");
    item.pivots.push_back(parts);
}

/// `SAMPLE [BERNOULLI|ROW|SYSTEM|BLOCK] ( 10 [ROWS] ) [REPEATABLE|SEED (n)]`
void Parser::parse_sample(FromItem& item) {
    take();
    item.has_sample = true;
    item.sample_method = "BERNOULLI";
    if (accept_word("SYSTEM") || accept_word("BLOCK")) {
        item.sample_method = "SYSTEM";
    } else if (!accept_word("BERNOULLI")) {
        accept_word("ROW");
    }
    expect("(");
    if (peek().kind != TokenKind::number) unexpected();
    item.sample_size = take().text;
    item.sample_rows = accept_word("ROWS");
    expect(")");
    if (accept_word("REPEATABLE") || accept_word("SEED")) unsupported("SAMPLE with a seed");
}

}  // namespace backend::duckdb::dialect
