#include "backend/snowflake/result/json_scan.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace backend::snowflake {
namespace {

/// Position of the first `"` or `\` from `at` on, or the size.
std::size_t end_of_plain(std::string_view text, std::size_t at) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    while (at + 16 <= text.size()) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
        const auto hits = static_cast<unsigned>(
            _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash))));
        if (hits != 0) return at + static_cast<std::size_t>(std::countr_zero(hits));
        at += 16;
    }
#endif
    while (at < text.size() && text[at] != '"' && text[at] != '\\') ++at;
    return at;
}

/// Position of the first quote or bracket from `at` on, or the size.
std::size_t end_of_filling(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        switch (text[at]) {
            case '"':
            case '{':
            case '}':
            case '[':
            case ']': return at;
            default: ++at;
        }
    }
    return at;
}

char* put_utf8(char* out, std::uint32_t code) {
    if (code < 0x80) {
        *out++ = static_cast<char>(code);
    } else if (code < 0x800) {
        *out++ = static_cast<char>(0xC0 | (code >> 6));
        *out++ = static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = static_cast<char>(0xE0 | (code >> 12));
        *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        *out++ = static_cast<char>(0x80 | (code & 0x3F));
    } else {
        *out++ = static_cast<char>(0xF0 | (code >> 18));
        *out++ = static_cast<char>(0x80 | ((code >> 12) & 0x3F));
        *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        *out++ = static_cast<char>(0x80 | (code & 0x3F));
    }
    return out;
}

bool hex4(std::string_view text, std::size_t at, std::uint32_t& code) {
    if (at + 4 > text.size()) return false;
    const char* end = text.data() + at + 4;
    const auto [stop, error] = std::from_chars(text.data() + at, end, code, 16);
    return error == std::errc{} && stop == end;
}

/// `\u` and what follows; `at` stands on the first hex digit. A lone surrogate becomes U+FFFD.
bool unicode_escape(std::string_view text, std::size_t& at, std::uint32_t& code) {
    if (!hex4(text, at, code)) return false;
    at += 4;
    if (code >= 0xD800 && code < 0xDC00) {
        std::uint32_t low = 0;
        const bool pair =
            text.substr(at).starts_with("\\u") && hex4(text, at + 2, low) && low >= 0xDC00 && low < 0xE000;
        code = pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
        if (pair) at += 6;
    } else if (code >= 0xDC00 && code < 0xE000) {
        code = 0xFFFD;
    }
    return true;
}

/// Writes to `out`, which may stand at the beginning of `text`. The end of what was written, or null.
char* unescape_to(char* out, std::string_view text) {
    std::size_t at = 0;
    while (true) {
        const std::size_t next = std::min(text.find('\\', at), text.size());
        if (next > at) std::memmove(out, text.data() + at, next - at);
        out += next - at;
        at = next;
        if (at == text.size()) return out;
        if (at + 1 == text.size()) return nullptr;
        const char kind = text[at + 1];
        at += 2;
        switch (kind) {
            case '"':
            case '\\':
            case '/': *out++ = kind; break;
            case 'b': *out++ = '\b'; break;
            case 'f': *out++ = '\f'; break;
            case 'n': *out++ = '\n'; break;
            case 'r': *out++ = '\r'; break;
            case 't': *out++ = '\t'; break;
            case 'u': {
                std::uint32_t code = 0;
                if (!unicode_escape(text, at, code)) return nullptr;
                out = put_utf8(out, code);
                break;
            }
            default: return nullptr;
        }
    }
}

}  // namespace

bool JsonScan::string(std::string_view& inside) {
    if (at_ >= text_.size() || text_[at_] != '"') return false;
    const std::size_t start = ++at_;
    while (true) {
        at_ = end_of_plain(text_, at_);
        if (at_ >= text_.size()) return false;
        if (text_[at_] == '"') break;
        at_ += 2;  // a backslash and what it escapes
    }
    inside = text_.substr(start, at_ - start);
    ++at_;
    return true;
}

bool JsonScan::skip_container() {
    std::size_t depth = 0;
    std::string_view ignored;
    while (true) {
        at_ = end_of_filling(text_, at_);
        if (at_ >= text_.size()) return false;
        switch (text_[at_]) {
            case '"':
                if (!string(ignored)) return false;
                continue;
            case '{':
            case '[': ++depth; break;
            default: --depth; break;
        }
        ++at_;
        if (depth == 0) return true;
    }
}

bool JsonScan::value(std::string_view& value) {
    const char first = peek();
    const std::size_t start = at_;
    if (first == '"') {
        std::string_view inside;
        if (!string(inside)) return false;
    } else if (first == '{' || first == '[') {
        if (!skip_container()) return false;
    } else {
        while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' && text_[at_] != ']' &&
               !is_space(text_[at_]))
            ++at_;
        if (at_ == start || at_ >= text_.size()) return false;
    }
    value = text_.substr(start, at_ - start);
    return true;
}

bool append_unescaped(std::string& out, std::string_view inside) {
    if (inside.find('\\') == std::string_view::npos) {
        out += inside;
        return true;
    }
    const std::size_t start = out.size();
    out += inside;
    const auto size = unescape_in_place(out.data() + start, inside.size());
    if (!size) return false;
    out.resize(start + *size);
    return true;
}

std::optional<std::size_t> unescape_in_place(char* text, std::size_t size) {
    const char* end = unescape_to(text, {text, size});
    if (end == nullptr) return std::nullopt;
    return static_cast<std::size_t>(end - text);
}

std::string scalar_text(std::string_view value) {
    if (value.empty() || value == "null" || value.front() == '{' || value.front() == '[') return {};
    if (value.front() != '"') return std::string{value};
    std::string text;
    const std::string_view inside = value.substr(1, value.size() - 2);
    if (!append_unescaped(text, inside)) text = inside;
    return text;
}

std::optional<std::int64_t> scalar_number(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end == value.data()) return std::nullopt;
    if (end != value.data() + value.size() && *end != '.' && *end != 'e' && *end != 'E') return std::nullopt;
    return number;
}

}  // namespace backend::snowflake
