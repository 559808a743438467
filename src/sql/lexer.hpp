/// The lexer of Snowflake SQL, and the values behind its tokens.
///
/// It sees what Snowflake sees: `--`, `//` and `/* */` comments (block comments do not nest), `''` and backslash
/// escapes in strings, `""` in quoted identifiers, `$$` bodies, `@stage` paths, `->>` chains. Where it is not certain
/// that Snowflake reads the same, it answers an `invalid` token and goes on; it never throws. The tokens of a text, put
/// together, are the text.
///
/// Threads: a value, no sharing. Lifetime: tokens point into the text. Text above 4 GiB is the caller's error (the
/// guard refuses above 1 MiB).
///
/// Source: https://docs.snowflake.com/en/sql-reference/identifiers-syntax, …/data-types-text (escape sequences,
/// dollar-quoted constants), …/sql/put and …/querying-stage (stage paths), …/operators-flow (`->>`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/token.hpp"

namespace sql {

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_{text} {}

    /// The next token, white space and comments included; `end` (again and again) after the last.
    Token next();

    /// The next token that is neither white space nor comment.
    Token next_significant();

private:
    Token make(TokenKind kind, std::size_t end, Invalid reason = Invalid::none);
    Token lex_white_space();
    Token lex_line_comment();
    Token lex_block_comment();
    Token lex_string();
    Token lex_quoted_identifier();
    Token lex_dollar();
    Token lex_number();
    Token lex_word();
    Token lex_stage();
    Token lex_colon();
    Token lex_symbol();
    Token lex_non_ascii();
    bool colon_starts_parameter() const;
    unsigned char at(std::size_t index) const {
        return index < text_.size() ? static_cast<unsigned char>(text_[index]) : '\0';
    }

    std::string_view text_;
    std::size_t position_ = 0;
    Token previous_;  // last significant token: tells `x:path` from a parameter `:name`
};

/// All tokens of `text`, white space and comments included, without the `end`.
std::vector<Token> tokenize(std::string_view text);

/// All tokens of `text` but white space and comments, without the `end`.
std::vector<Token> significant_tokens(std::string_view text);

/// The name behind a word (folded to capitals as Snowflake does) or a quoted identifier ("" is one quote, case kept).
std::string identifier_value(const Token& token);

/// The text behind a `string` ('' and backslash escapes resolved) or `dollar_string` (as it stands).
/// Escapes: \' \" \\ \b \f \n \r \t \0, \ooo (octal), \xhh, \uhhhh (as UTF-8); before anything else the backslash goes.
std::string string_value(const Token& token);

/// Equal when unquoted: ASCII letters compared without case.
bool equals_ignoring_case(std::string_view left, std::string_view right);

/// ASCII letters in capitals; other bytes stay.
std::string to_upper(std::string_view text);

}  // namespace sql
