#include "query/cell_format.hpp"

#include <array>

#include "base/text.hpp"

namespace query {

namespace {

constexpr bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// Characters of Markdown that mean something inside a table's cell, wherever they stand.
constexpr bool is_active(char c) {
    switch (c) {
        case '|':
        case '\\':
        case '`':
        case '*':
        case '<':
        case '>':
        case '[':
        case ']':
        case '~': return true;
        default: return false;
    }
}

/// An underscore inside a word is text (`ORDER_ID`), at its edge it may begin emphasis; `&` may begin an entity.
bool needs_backslash(std::string_view text, std::size_t at) {
    const char c = text[at];
    if (c == '_') {
        const bool inside = at > 0 && at + 1 < text.size() && is_word_byte(text[at - 1]) && is_word_byte(text[at + 1]);
        return !inside;
    }
    if (c == '&') return at + 1 < text.size() && (text[at + 1] == '#' || is_word_byte(text[at + 1]));
    return is_active(c);
}

void append_markdown_plain(std::string& out, std::string_view text) {
    std::size_t copied = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n' || c == '\t') {
            out.append(text.substr(copied, i - copied));
            out += c == '\n' ? "<br>" : " ";
            copied = i + 1;
        } else if (needs_backslash(text, i)) {
            out.append(text.substr(copied, i - copied));
            out.push_back('\\');
            copied = i;
        }
    }
    out.append(text.substr(copied));
}

/// Without an early way out, so that the loop is done 16 bytes at a time.
bool has_csv_syntax(std::string_view text) {
    bool found = false;
    for (const char c : text) found |= (c == '"') | (c == ',') | (c == '\r') | (c == '\n');
    return found;
}

void append_csv_plain(std::string& out, std::string_view text) {
    const bool bare = !text.empty() && text.front() != ' ' && text.back() != ' ' && !has_csv_syntax(text);
    if (bare) {
        out.append(text);
        return;
    }
    out.push_back('"');
    for (const char c : text) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    out.push_back('"');
}

}  // namespace

void append_markdown(std::string& out, std::string_view text) {
    base::is_plain(text) ? append_markdown_plain(out, text) : append_markdown_plain(out, base::escape_untrusted(text));
}

void append_csv(std::string& out, std::string_view text) {
    base::is_plain(text) ? append_csv_plain(out, text) : append_csv_plain(out, base::escape_untrusted(text));
}

std::size_t json_escaped_size(std::string_view text) {
    std::size_t size = text.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f') {
            size += 1;
        } else if (c < 0x20) {
            size += 5;
        } else if (c == 0xE2 && text.substr(i, 2) == "\xE2\x80" && i + 2 < text.size() &&
                   (static_cast<unsigned char>(text[i + 2]) | 1U) == 0xA9U) {
            size += 3;  // U+2028 and U+2029 become \u2028 and \u2029
        }
    }
    return size;
}

}  // namespace query
