/// The values behind tokens: names with their case folded, strings with their escapes resolved.
#include "sql/lexer.hpp"
#include "sql/utf8.hpp"

namespace sql {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// `count` hexadecimal digits at `index`, or -1.
long hex_number(std::string_view body, std::size_t index, std::size_t count) {
    if (index + count > body.size()) return -1;
    long value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const int nibble = hex_digit(body[index + i]);
        if (nibble < 0) return -1;
        value = value * 16 + nibble;
    }
    return value;
}

long octal_number(std::string_view body, std::size_t index) {
    if (index + 3 > body.size()) return -1;
    long value = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const char c = body[index + i];
        if (c < '0' || c > '7') return -1;
        value = value * 8 + (c - '0');
    }
    return value;
}

/// Appends what the escape after a backslash at `index` means; answers how many bytes it takes.
std::size_t append_escape(std::string& out, std::string_view body, std::size_t index) {
    const char c = body[index];
    switch (c) {
        case 'b': out.push_back('\b'); return 1;
        case 'f': out.push_back('\f'); return 1;
        case 'n': out.push_back('\n'); return 1;
        case 'r': out.push_back('\r'); return 1;
        case 't': out.push_back('\t'); return 1;
        default: break;
    }
    if (c >= '0' && c <= '7') {
        if (const long value = octal_number(body, index); value >= 0) {
            append_utf8(out, static_cast<char32_t>(value));
            return 3;
        }
        if (c == '0') {
            out.push_back('\0');
            return 1;
        }
    }
    if (c == 'x') {
        if (const long value = hex_number(body, index + 1, 2); value >= 0) {
            append_utf8(out, static_cast<char32_t>(value));
            return 3;
        }
    }
    if (c == 'u') {
        if (const long value = hex_number(body, index + 1, 4); value >= 0) {
            const bool high = value >= 0xD800 && value <= 0xDBFF;
            if (high && body.substr(index + 5).starts_with("\\u")) {
                const long low = hex_number(body, index + 7, 4);
                if (low >= 0xDC00 && low <= 0xDFFF) {
                    append_utf8(out, static_cast<char32_t>(0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)));
                    return 11;
                }
            }
            append_utf8(out, static_cast<char32_t>(value));
            return 5;
        }
    }
    out.push_back(c);
    return 1;
}

}  // namespace

std::string identifier_value(const Token& token) {
    if (token.kind != TokenKind::quoted_identifier || token.text.size() < 2) return to_upper(token.text);
    const std::string_view body = token.text.substr(1, token.text.size() - 2);
    std::string out;
    out.reserve(body.size());
    for (std::size_t i = 0; i < body.size(); ++i) {
        out.push_back(body[i]);
        if (body[i] == '"') ++i;  // doubled
    }
    return out;
}

std::string string_value(const Token& token) {
    if (token.text.size() < 2) return {};
    if (token.kind == TokenKind::dollar_string) return std::string{token.text.substr(2, token.text.size() - 4)};
    const std::string_view body = token.text.substr(1, token.text.size() - 2);
    std::string out;
    out.reserve(body.size());
    for (std::size_t i = 0; i < body.size();) {
        if (body[i] == '\\' && i + 1 < body.size()) {
            i += 1 + append_escape(out, body, i + 1);
            continue;
        }
        out.push_back(body[i]);
        i += body[i] == '\'' ? 2 : 1;  // doubled
    }
    return out;
}

}  // namespace sql
