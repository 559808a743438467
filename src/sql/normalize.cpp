#include "sql/normalize.hpp"

#include "sql/lexer.hpp"

namespace sql {

namespace {

/// Follows `operand:field.field[0].field`, whose fields keep their case.
class Path {
public:
    /// Is `token` a field? Call once for each significant token, in order.
    bool see(const Token& token) {
        const bool is_field = expects_field_ && token.is_name();
        if (token.is("[")) ++brackets_;
        if (brackets_ > 0) {
            if (token.is("]")) --brackets_;
            is_inside_ = true;  // what follows an element may be a field of it: v[0].Name
        } else if (token.is(":")) {
            is_inside_ = true;
        } else if (!is_field && !token.is(".")) {
            is_inside_ = false;
        }
        expects_field_ = is_inside_ && brackets_ == 0 && (token.is(":") || token.is("."));
        return is_field;
    }

private:
    bool is_inside_ = false;
    bool expects_field_ = false;
    int brackets_ = 0;
};

void append_upper(std::string& out, std::string_view word) {
    for (const char c : word) out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
}

}  // namespace

std::string normalize(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    Lexer lexer{text};
    Path path;
    bool is_parted = false;
    std::size_t end_of_statement = 0;
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (!token.is_significant()) {
            is_parted = true;
            continue;
        }
        if (is_parted && !out.empty()) out.push_back(' ');
        is_parted = false;
        const bool keeps_case = path.see(token) || token.kind != TokenKind::word;
        if (keeps_case) {
            out += token.text;
        } else {
            append_upper(out, token.text);
        }
        if (!token.is(";")) end_of_statement = out.size();
    }
    out.resize(end_of_statement);
    return out;
}

}  // namespace sql
