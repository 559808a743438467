#include "sql/lexer.hpp"

#include <algorithm>
#include <array>

#include "sql/utf8.hpp"

namespace sql {

namespace {

enum : std::uint8_t { word_start = 1, word_part = 2, digit = 4, blank = 8, control = 16, stage_part = 32 };

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> classes{};
    for (int c = 0; c < 0x20; ++c) classes[static_cast<std::size_t>(c)] |= control;
    classes[0x7F] |= control;
    for (const char c : {' ', '\t', '\n', '\r'}) classes[static_cast<std::size_t>(c)] = blank;
    for (char c = 'a'; c <= 'z'; ++c) classes[static_cast<std::size_t>(c)] |= word_start | word_part | stage_part;
    for (char c = 'A'; c <= 'Z'; ++c) classes[static_cast<std::size_t>(c)] |= word_start | word_part | stage_part;
    for (char c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] |= digit | word_part | stage_part;
    classes['_'] |= word_start | word_part | stage_part;
    classes['$'] |= word_part | stage_part;
    for (const char c : {'.', '~', '%', '/', '=', '+', '*', '&', '!', '#', '?', '-'}) {
        classes[static_cast<std::size_t>(c)] |= stage_part;
    }
    return classes;
}

constexpr auto classes = make_classes();

bool has(unsigned char c, std::uint8_t mask) { return (classes[c] & mask) != 0; }

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// Keywords after which a colon opens a parameter (`WHERE a = :x` needs none of them: the operator decides there).
constexpr auto expression_openers = std::to_array<std::string_view>(
    {"ALL",  "AND",     "AS",     "BETWEEN", "BY",    "CASE",   "CUBE",  "DISTINCT", "ELSE",   "ESCAPE", "FETCH",
     "FROM", "HAVING",  "ILIKE",  "IN",      "IS",    "LIKE",   "LIMIT", "NOT",      "OFFSET", "ON",     "OR",
     "OVER", "QUALIFY", "REGEXP", "RETURN",  "RLIKE", "SELECT", "THEN",  "TOP",      "VALUES", "WHEN",   "WHERE"});

/// Longest first: the first that fits is taken.
constexpr auto operators =
    std::to_array<std::string_view>({"->>", "::", ":=", "->", "=>", "<=", ">=", "<>", "!=", "||", "**", ".*", "=="});

/// What stands in a comment or a quoted identifier beside letters; `none` when all is well.
Invalid check_characters(std::string_view body, bool bidi_matters) {
    for (std::size_t i = 0; i < body.size();) {
        const auto c = static_cast<unsigned char>(body[i]);
        if (c < 0x80) {
            if (has(c, control)) return Invalid::control_character;
            ++i;
            continue;
        }
        const CodePoint point = decode_utf8(body, i);
        if (point.length == 0) return Invalid::bad_utf8;
        if (point.value < 0xA0) return Invalid::control_character;
        if (bidi_matters && is_bidi_control(point.value)) return Invalid::invisible_character;
        i += point.length;
    }
    return Invalid::none;
}

bool is_utf8(std::string_view body) {
    for (std::size_t i = 0; i < body.size();) {
        if (static_cast<unsigned char>(body[i]) < 0x80) {
            ++i;
            continue;
        }
        const CodePoint point = decode_utf8(body, i);
        if (point.length == 0) return false;
        i += point.length;
    }
    return true;
}

/// Does something visible follow a character that ends the line for another lexer?
bool has_ambiguous_line_end(std::string_view comment) {
    const std::size_t last_visible = comment.find_last_not_of(" \t\r");
    for (std::size_t i = 0; i < comment.size();) {
        const auto c = static_cast<unsigned char>(comment[i]);
        bool ends_line = c == '\r' || c == '\v' || c == '\f';
        std::size_t length = 1;
        if (c >= 0x80) {
            const CodePoint point = decode_utf8(comment, i);
            length = std::max<std::size_t>(point.length, 1);
            ends_line = point.length != 0 && is_unicode_line_end(point.value);
        }
        if (ends_line && last_visible >= i + length && last_visible != std::string_view::npos) return true;
        i += length;
    }
    return false;
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) { return upper(a) == upper(b); });
}

std::string to_upper(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), upper);
    return out;
}

bool Token::is_word(std::string_view capitals) const {
    return kind == TokenKind::word && equals_ignoring_case(text, capitals);
}

Token Lexer::make(TokenKind kind, std::size_t end, Invalid reason) {
    Token token;
    token.kind = reason == Invalid::none ? kind : TokenKind::invalid;
    token.invalid = reason;
    token.offset = static_cast<std::uint32_t>(position_);
    token.text = text_.substr(position_, end - position_);
    token.has_non_ascii =
        std::any_of(token.text.begin(), token.text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    position_ = end;
    if (token.is_significant()) previous_ = token;
    return token;
}

Token Lexer::next() {
    if (position_ >= text_.size()) {
        Token token;
        token.offset = static_cast<std::uint32_t>(position_);
        token.text = text_.substr(position_, 0);
        return token;
    }
    const unsigned char c = at(position_);
    const unsigned char d = at(position_ + 1);
    if (has(c, blank)) return lex_white_space();
    if (has(c, word_start)) return lex_word();
    if (has(c, digit) || (c == '.' && has(d, digit))) return lex_number();
    if (c >= 0x80) return lex_non_ascii();
    switch (c) {
        case '\'': return lex_string();
        case '"': return lex_quoted_identifier();
        case '$': return lex_dollar();
        case '@': return lex_stage();
        case ':': return lex_colon();
        case '?': return make(TokenKind::parameter, position_ + 1);
        case '-': return d == '-' ? lex_line_comment() : lex_symbol();
        case '/': return d == '/' ? lex_line_comment() : d == '*' ? lex_block_comment() : lex_symbol();
        default: return lex_symbol();
    }
}

Token Lexer::next_significant() {
    for (;;) {
        const Token token = next();
        if (token.is_significant()) return token;
    }
}

Token Lexer::lex_white_space() {
    std::size_t end = position_ + 1;
    while (end < text_.size() && has(at(end), blank)) ++end;
    return make(TokenKind::white_space, end);
}

Token Lexer::lex_line_comment() {
    std::size_t end = std::min(text_.find('\n', position_), text_.size());
    while (at(end - 1) == '\r') --end;
    const std::string_view body = text_.substr(position_, end - position_);
    if (has_ambiguous_line_end(body)) return make(TokenKind::comment, end, Invalid::ambiguous_line_end);
    return make(TokenKind::comment, end, check_characters(body, true));
}

Token Lexer::lex_block_comment() {
    const std::size_t close = text_.find("*/", position_ + 2);
    if (close == std::string_view::npos) return make(TokenKind::comment, text_.size(), Invalid::unterminated_comment);
    return make(TokenKind::comment, close + 2, check_characters(text_.substr(position_, close - position_), true));
}

Token Lexer::lex_string() {
    for (std::size_t i = position_ + 1; i < text_.size(); ++i) {
        if (text_[i] == '\\') {
            ++i;
        } else if (text_[i] == '\'') {
            if (at(i + 1) == '\'') {
                ++i;
                continue;
            }
            const bool valid = is_utf8(text_.substr(position_, i - position_));
            return make(TokenKind::string, i + 1, valid ? Invalid::none : Invalid::bad_utf8);
        }
    }
    return make(TokenKind::string, text_.size(), Invalid::unterminated_string);
}

Token Lexer::lex_quoted_identifier() {
    for (std::size_t i = position_ + 1; i < text_.size(); ++i) {
        if (text_[i] != '"') continue;
        if (at(i + 1) == '"') {
            ++i;
            continue;
        }
        const Invalid reason = check_characters(text_.substr(position_, i - position_), false);
        return make(TokenKind::quoted_identifier, i + 1, reason);
    }
    return make(TokenKind::quoted_identifier, text_.size(), Invalid::unterminated_identifier);
}

Token Lexer::lex_dollar() {
    if (at(position_ + 1) == '$') {
        const std::size_t close = text_.find("$$", position_ + 2);
        if (close == std::string_view::npos) {
            return make(TokenKind::dollar_string, text_.size(), Invalid::unterminated_dollar_string);
        }
        // `1$$…`: does the dollar belong to what stands before it?
        const bool glued = position_ > 0 && has(at(position_ - 1), word_part);
        if (glued) return make(TokenKind::dollar_string, close + 2, Invalid::ambiguous_dollar);
        const bool valid = is_utf8(text_.substr(position_, close - position_));
        return make(TokenKind::dollar_string, close + 2, valid ? Invalid::none : Invalid::bad_utf8);
    }
    std::size_t end = position_ + 1;
    while (end < text_.size() && has(at(end), word_part)) ++end;
    if (end == position_ + 1) return make(TokenKind::op, end);  // end of partition in MATCH_RECOGNIZE patterns
    const bool doubtful = text_.substr(position_ + 1, end - position_ - 1).find('$') != std::string_view::npos;
    return make(TokenKind::variable, end, doubtful ? Invalid::ambiguous_dollar : Invalid::none);
}

Token Lexer::lex_number() {
    std::size_t end = position_;
    while (has(at(end), digit)) ++end;
    if (at(end) == '.' && at(end + 1) != '.' && at(end + 1) != '*') {
        ++end;
        while (has(at(end), digit)) ++end;
    }
    if (at(end) == 'e' || at(end) == 'E') {
        const std::size_t sign = at(end + 1) == '+' || at(end + 1) == '-' ? 1 : 0;
        if (has(at(end + 1 + sign), digit)) {
            end += 1 + sign;
            while (has(at(end), digit)) ++end;
        }
    }
    return make(TokenKind::number, end);
}

Token Lexer::lex_word() {
    std::size_t end = position_;
    Invalid reason = Invalid::none;
    while (end < text_.size()) {
        if (at(end) < 0x80) {
            if (!has(at(end), word_part)) break;
            ++end;
            continue;
        }
        const CodePoint point = decode_utf8(text_, end);
        if (point.length == 0 || classify_code_point(point.value) != CodePointClass::letter) break;
        end += point.length;
    }
    const std::string_view word = text_.substr(position_, end - position_);
    if (word.find("$$") != std::string_view::npos) reason = Invalid::ambiguous_dollar;
    return make(TokenKind::word, end, reason);
}

Token Lexer::lex_non_ascii() {
    const CodePoint point = decode_utf8(text_, position_);
    if (point.length == 0) return make(TokenKind::invalid, position_ + 1, Invalid::bad_utf8);
    switch (classify_code_point(point.value)) {
        case CodePointClass::letter: return lex_word();
        case CodePointClass::control:
            return make(TokenKind::invalid, position_ + point.length, Invalid::control_character);
        case CodePointClass::invisible:
            return make(TokenKind::invalid, position_ + point.length, Invalid::invisible_character);
        case CodePointClass::symbol: break;
    }
    return make(TokenKind::invalid, position_ + point.length, Invalid::unexpected_character);
}

Token Lexer::lex_stage() {
    std::size_t end = position_ + 1;
    Invalid reason = Invalid::none;
    while (end < text_.size()) {
        const unsigned char c = at(end);
        if (c == '"') {
            const char before = text_[end - 1];
            const std::size_t close = text_.find('"', end + 1);
            if (before != '@' && before != '.' && before != '/' && before != '%') break;
            if (close == std::string_view::npos) {
                return make(TokenKind::stage, text_.size(), Invalid::unterminated_identifier);
            }
            end = close + 1;
            continue;
        }
        if (c == '-' && at(end + 1) == '>') break;  // `@s->>…` is a chain
        if (c >= 0x80) {
            const CodePoint point = decode_utf8(text_, end);
            if (point.length == 0 || classify_code_point(point.value) != CodePointClass::letter) break;
            end += point.length;
            continue;
        }
        if (!has(c, stage_part)) break;
        const unsigned char next = at(end + 1);
        if ((c == '/' && (next == '/' || next == '*')) || (c == '-' && next == '-')) {
            reason = Invalid::ambiguous_stage_path;
        }
        ++end;
    }
    if (end == position_ + 1) reason = Invalid::unexpected_character;
    return make(TokenKind::stage, end, reason);
}

bool Lexer::colon_starts_parameter() const {
    const unsigned char after = at(position_ + 1);
    if (!has(after, word_start | digit)) return false;
    switch (previous_.kind) {
        case TokenKind::end: return true;
        case TokenKind::word:
            return std::any_of(expression_openers.begin(), expression_openers.end(),
                               [&](std::string_view keyword) { return previous_.is_word(keyword); });
        case TokenKind::op: return true;
        case TokenKind::punctuation: return previous_.text == "(" || previous_.text == "," || previous_.text == "[";
        default: return false;  // a name, `)`, `]`, a string: the path operator, or `'key': value`
    }
}

Token Lexer::lex_colon() {
    if (at(position_ + 1) == ':' || at(position_ + 1) == '=' || !colon_starts_parameter()) return lex_symbol();
    std::size_t end = position_ + 1;
    while (has(at(end), word_part)) ++end;
    return make(TokenKind::parameter, end);
}

Token Lexer::lex_symbol() {
    const std::string_view rest = text_.substr(position_);
    for (const std::string_view candidate : operators) {
        if (rest.starts_with(candidate)) return make(TokenKind::op, position_ + candidate.size());
    }
    const char c = rest.front();
    if (std::string_view{"()[]{},.;"}.find(c) != std::string_view::npos) {
        return make(TokenKind::punctuation, position_ + 1);
    }
    if (std::string_view{"+-*/%=<>:!&|^~"}.find(c) != std::string_view::npos) {
        return make(TokenKind::op, position_ + 1);
    }
    const bool is_control = has(static_cast<unsigned char>(c), control);
    return make(TokenKind::invalid, position_ + 1,
                is_control ? Invalid::control_character : Invalid::unexpected_character);
}

std::vector<Token> tokenize(std::string_view text) {
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 3 + 8);
    Lexer lexer{text};
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) tokens.push_back(token);
    return tokens;
}

std::vector<Token> significant_tokens(std::string_view text) {
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 4 + 8);
    Lexer lexer{text};
    for (Token token = lexer.next_significant(); token.kind != TokenKind::end; token = lexer.next_significant()) {
        tokens.push_back(token);
    }
    return tokens;
}

}  // namespace sql
