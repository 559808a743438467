#include "backend/json_document.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend {
namespace {

constexpr std::size_t max_kept_digits = 15;

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

/// One pass over a document: checks the grammar of RFC 8259 and appends what it read.
class Rewriter {
public:
    Rewriter(std::string& out, std::string_view text, bool safe) : out_{out}, text_{text}, safe_{safe} {}

    /// False where the text is not one JSON value; `out` then holds a part of it.
    bool run() {
        if (!value(0)) return false;
        skip_space();
        return at_ == text_.size();
    }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool is_digit() const { return peek() >= '0' && peek() <= '9'; }

    void skip_space() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }

    bool take(char wanted) {
        skip_space();
        if (peek() != wanted || at_ == text_.size()) return false;
        out_ += wanted;
        ++at_;
        return true;
    }

    bool value(std::size_t depth) {
        if (depth > max_json_depth) return false;
        skip_space();
        switch (peek()) {
            case '{': return object(depth);
            case '[': return array(depth);
            case '"': return string();
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null") || word("nan", "\"NaN\"");
            case 'N': return word("NaN", "\"NaN\"");
            case 'i': return word("inf", "\"Infinity\"");
            case 'I': return word("Infinity", "\"Infinity\"");
            case 'u': return word("undefined", "null");
            default: return number() || word("-Infinity", "\"-Infinity\"") || word("-inf", "\"-Infinity\"");
        }
    }

    bool object(std::size_t depth) {
        take('{');
        if (take('}')) return true;
        do {
            skip_space();
            if (peek() != '"' || !string() || !take(':') || !value(depth + 1)) return false;
        } while (take(','));
        return take('}');
    }

    bool array(std::size_t depth) {
        take('[');
        if (take(']')) return true;
        do {
            if (!value(depth + 1)) return false;
        } while (take(','));
        return take(']');
    }

    bool word(std::string_view wanted) { return word(wanted, wanted); }
    bool word(std::string_view wanted, std::string_view written) {
        if (!text_.substr(at_).starts_with(wanted)) return false;
        out_ += written;
        at_ += wanted.size();
        return true;
    }

    bool digits() {
        const std::size_t start = at_;
        while (is_digit()) ++at_;
        return at_ > start;
    }

    bool number() {
        const std::size_t start = at_;
        if (peek() == '-') ++at_;
        const bool leading_zero = peek() == '0';
        const std::size_t first = at_;
        if (!digits()) {
            at_ = start;
            return false;
        }
        if (leading_zero && at_ - first > 1) return false;
        if (peek() == '.') {
            ++at_;
            if (!digits()) return false;
        }
        if (peek() == 'e' || peek() == 'E') {
            ++at_;
            if (peek() == '+' || peek() == '-') ++at_;
            if (!digits()) return false;
        }
        const std::string_view text = text_.substr(start, at_ - start);
        const bool quoted = safe_ && !keeps_all_digits(text);
        if (quoted) out_ += '"';
        out_ += text;
        if (quoted) out_ += '"';
        return true;
    }

    bool string() {
        const std::size_t start = at_++;
        bool escaped = false;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (static_cast<unsigned char>(text_[at_]) < 0x20) return false;
            if (text_[at_] == '\\') {
                escaped = true;
                ++at_;
            }
            ++at_;
        }
        if (at_ >= text_.size()) return false;
        ++at_;
        const std::string_view quoted = text_.substr(start, at_ - start);
        if (!safe_) {
            out_ += quoted;
            return true;
        }
        const std::string_view inside = quoted.substr(1, quoted.size() - 2);
        if (!escaped && base::is_plain(inside)) {
            base::append_json_string(out_, inside);
            return true;
        }
        std::string plain;
        if (!unescape(plain, inside)) return false;
        base::append_json_string(out_, base::escape_untrusted(plain));
        return true;
    }

    static bool hex4(std::string_view text, std::size_t at, std::uint32_t& code) {
        if (at + 4 > text.size()) return false;
        const auto end = text.data() + at + 4;
        const auto [stop, error] = std::from_chars(text.data() + at, end, code, 16);
        return error == std::errc{} && stop == end;
    }

    static bool unescape_unicode(std::string& out, std::string_view text, std::size_t& at) {
        std::uint32_t code = 0;
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
        append_utf8(out, code);
        return true;
    }

    static bool unescape(std::string& out, std::string_view text) {
        for (std::size_t at = 0; at < text.size();) {
            if (text[at] != '\\') {
                out += text[at++];
                continue;
            }
            const char kind = text[at + 1];
            at += 2;
            switch (kind) {
                case '"':
                case '\\':
                case '/': out += kind; break;
                case 'b': out += '\b'; break;
                case 'f': out += '\f'; break;
                case 'n': out += '\n'; break;
                case 'r': out += '\r'; break;
                case 't': out += '\t'; break;
                case 'u':
                    if (!unescape_unicode(out, text, at)) return false;
                    break;
                default: return false;
            }
        }
        return true;
    }

    std::string& out_;
    std::string_view text_;
    bool safe_;
    std::size_t at_ = 0;
};

}  // namespace

bool keeps_all_digits(std::string_view number) {
    std::size_t significant = 0;
    bool leading = true;
    std::size_t at = 0;
    for (; at < number.size() && number[at] != 'e' && number[at] != 'E'; ++at) {
        const char c = number[at];
        if (c < '0' || c > '9') continue;
        leading = leading && c == '0';
        if (!leading) ++significant;
    }
    if (significant > max_kept_digits) return false;
    if (at == number.size() && number.size() < 300) return true;  // without an exponent it is well inside the range
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || end != number.data() + number.size()) return false;
    return significant == 0 || std::isnormal(value);
}

void append_compact_json(std::string& out, std::string_view document) {
    const std::size_t start = out.size();
    if (Rewriter{out, document, false}.run()) return;
    out.resize(start);
    out += document;
}

void append_safe_json(std::string& out, std::string_view document) {
    const std::size_t start = out.size();
    if (Rewriter{out, document, true}.run()) return;
    out.resize(start);
    base::append_json_string(out, base::escape_untrusted(document));
}

}  // namespace backend
