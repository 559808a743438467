#include "sql/token.hpp"

namespace sql {

std::string_view to_string(TokenKind kind) {
    switch (kind) {
        case TokenKind::word: return "word";
        case TokenKind::quoted_identifier: return "quoted identifier";
        case TokenKind::string: return "string";
        case TokenKind::dollar_string: return "dollar string";
        case TokenKind::number: return "number";
        case TokenKind::parameter: return "parameter";
        case TokenKind::variable: return "variable";
        case TokenKind::stage: return "stage";
        case TokenKind::op: return "operator";
        case TokenKind::punctuation: return "punctuation";
        case TokenKind::comment: return "comment";
        case TokenKind::white_space: return "white space";
        case TokenKind::end: return "end";
        case TokenKind::invalid: return "invalid";
    }
    return "unknown";
}

std::string_view to_string(Invalid reason) {
    switch (reason) {
        case Invalid::none: return "none";
        case Invalid::unterminated_string: return "a string that does not end";
        case Invalid::unterminated_identifier: return "a quoted identifier that does not end";
        case Invalid::unterminated_dollar_string: return "a $$ string that does not end";
        case Invalid::unterminated_comment: return "a comment that does not end";
        case Invalid::control_character: return "a control character outside a string";
        case Invalid::bad_utf8: return "bytes that are not UTF-8";
        case Invalid::invisible_character: return "an invisible character outside a string";
        case Invalid::ambiguous_line_end: return "a line end inside a comment that not every lexer reads as one";
        case Invalid::ambiguous_dollar: return "a dollar sign that may or may not open a string";
        case Invalid::ambiguous_stage_path: return "a stage path that may or may not hold a comment";
        case Invalid::unexpected_character: return "a character that no token starts with";
    }
    return "unknown";
}

}  // namespace sql
