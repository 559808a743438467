/// One token of Snowflake SQL: a view into the text that was lexed, never a copy.
///
/// Place: everything that reads SQL (splitter, classifier, guard, cache key, the embedded backend's dialect rewriter).
/// Threads: a value. Lifetime: `text` points into the caller's text, which must outlive the token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sql {

enum class TokenKind : std::uint8_t {
    word,               // unquoted identifier or keyword; keywords are not told apart by the lexer
    quoted_identifier,  // "…", quotes included, "" stands for one quote
    string,             // '…', quotes included, '' and backslash escapes
    dollar_string,      // $$…$$, no escapes, no tags
    number,             // 1, 1.5, .5, 1e-3
    parameter,          // ?, :name, :1
    variable,           // $x, $1 (a session variable, or a column by position)
    stage,              // @stage/path, @~/path, @%table/path, @db.schema."stage"/path
    op,                 // + - * / % = < > <= >= <> != || :: := : -> ->> => ** ! & | ^ ~ .* $
    punctuation,        // ( ) [ ] { } , . ;
    comment,            // -- …, // …, /* … */ (never nested); a line comment ends before its line end
    white_space,        // blank, tab, line ends
    end,                // end of the text, zero length
    invalid,            // what two lexers could read differently, or nothing; `invalid` says why
};

/// Why a token is `TokenKind::invalid`.
enum class Invalid : std::uint8_t {
    none,
    unterminated_string,
    unterminated_identifier,
    unterminated_dollar_string,
    unterminated_comment,
    control_character,     // NUL, C0 or C1 control outside a string
    bad_utf8,              // anywhere, strings too
    invisible_character,   // blanks, joiners, direction marks and the like that only look like nothing
    ambiguous_line_end,    // a line comment that some lexers end before its \n
    ambiguous_dollar,      // `a$$b`, `$a$`: other lexers open a dollar string there
    ambiguous_stage_path,  // `@s//x`, `@s/*x`, `@s/--x`: path or comment?
    unexpected_character,  // no token of Snowflake starts like this
};

struct Token {
    TokenKind kind = TokenKind::end;
    Invalid invalid = Invalid::none;
    bool has_non_ascii = false;  ///< some byte is 0x80 or above
    std::uint32_t offset = 0;    ///< in bytes, from the start of the text
    std::string_view text;       ///< the bytes as they stand in the text

    std::size_t length() const { return text.size(); }
    std::size_t end_offset() const { return offset + text.size(); }

    /// Neither white space nor comment.
    bool is_significant() const { return kind != TokenKind::white_space && kind != TokenKind::comment; }
    /// An operator or punctuation of exactly these characters.
    bool is(std::string_view symbol) const {
        return (kind == TokenKind::punctuation || kind == TokenKind::op) && text == symbol;
    }
    /// An unquoted word equal to `upper` (given in capitals), whatever its case. A quoted name is never a keyword.
    bool is_word(std::string_view upper) const;
    /// Could stand as a name: unquoted word or quoted identifier.
    bool is_name() const { return kind == TokenKind::word || kind == TokenKind::quoted_identifier; }
};

std::string_view to_string(TokenKind kind);
std::string_view to_string(Invalid reason);

}  // namespace sql
