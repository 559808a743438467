#include "backend/duckdb/dialect/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sql/utf8.hpp"

namespace backend::duckdb::dialect {

namespace {

constexpr int deepest = 500;

class Normalizer {
public:
    Normalizer(std::string_view text, std::string& error) : text_{text}, error_{error} {}

    bool run(std::string& out) {
        if (!value(out, 0)) return false;
        blanks();
        return at_ == text_.size() || fail("more than one value");
    }

private:
    bool fail(std::string_view what) {
        if (error_.empty()) error_ = fmt::format("Error parsing JSON: {}, pos {}", what, at_ + 1);
        return false;
    }

    void blanks() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }

    char peek() {
        blanks();
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    bool word(std::string_view literal, std::string& out) {
        if (!text_.substr(at_).starts_with(literal)) return fail("unknown keyword");
        at_ += literal.size();
        out += literal;
        return true;
    }

    bool value(std::string& out, int depth) {
        if (depth > deepest) return fail("nested too deep");
        switch (peek()) {
            case '{': return object(out, depth);
            case '[': return array(out, depth);
            case '"': {
                std::string text;
                if (!string(text)) return false;
                append_json_string(out, text);
                return true;
            }
            case 't': return word("true", out);
            case 'f': return word("false", out);
            case 'n': return word("null", out);
            case '\0': return fail("incomplete value");
            default: return number(out);
        }
    }

    bool object(std::string& out, int depth) {
        ++at_;
        std::vector<std::pair<std::string, std::string>> members;
        if (peek() == '}') {
            ++at_;
        } else {
            for (;;) {
                if (peek() != '"') return fail("object attribute name expected");
                auto& [key, member] = members.emplace_back();
                if (!string(key)) return false;
                if (peek() != ':') return fail("missing colon");
                ++at_;
                std::string inside;
                if (!value(inside, depth + 1)) return false;
                members.back().second = std::move(inside);
                const char next = peek();
                ++at_;
                if (next == '}') break;
                if (next != ',') return fail("missing comma");
            }
        }
        std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        out.push_back('{');
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (i > 0) {
                if (members[i].first == members[i - 1].first)
                    return fail(fmt::format("duplicate object attribute \"{}\"", members[i].first));
                out.push_back(',');
            }
            append_json_string(out, members[i].first);
            out.push_back(':');
            out += members[i].second;
        }
        out.push_back('}');
        return true;
    }

    bool array(std::string& out, int depth) {
        ++at_;
        out.push_back('[');
        if (peek() == ']') {
            ++at_;
            out.push_back(']');
            return true;
        }
        for (;;) {
            if (!value(out, depth + 1)) return false;
            const char next = peek();
            ++at_;
            if (next == ']') break;
            if (next != ',') return fail("missing comma");
            out.push_back(',');
        }
        out.push_back(']');
        return true;
    }

    int hex4() {
        if (at_ + 4 > text_.size()) return -1;
        int code = 0;
        const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, code, 16);
        if (error != std::errc{} || end != text_.data() + at_ + 4) return -1;
        at_ += 4;
        return code;
    }

    bool escape(std::string& out) {
        const char c = at_ < text_.size() ? text_[at_++] : '\0';
        switch (c) {
            case '"': out.push_back('"'); return true;
            case '\\': out.push_back('\\'); return true;
            case '/': out.push_back('/'); return true;
            case 'b': out.push_back('\b'); return true;
            case 'f': out.push_back('\f'); return true;
            case 'n': out.push_back('\n'); return true;
            case 'r': out.push_back('\r'); return true;
            case 't': out.push_back('\t'); return true;
            case 'u': break;
            default: return fail("bad escape");
        }
        int code = hex4();
        if (code < 0) return fail("bad escape");
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
            at_ += 2;
            const int low = hex4();
            if (low < 0xDC00 || low > 0xDFFF) return fail("bad surrogate");
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        sql::append_utf8(out, static_cast<char32_t>(code));
        return true;
    }

    bool string(std::string& out) {
        ++at_;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"') return true;
            if (c != '\\') {
                out.push_back(c);
            } else if (!escape(out)) {
                return false;
            }
        }
        return fail("unfinished string");
    }

    bool number(std::string& out) {
        const std::size_t begin = at_;
        const auto digits = [&] {
            const std::size_t first = at_;
            while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
            return at_ - first;
        };
        if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) ++at_;
        const std::size_t whole = digits();
        std::size_t fraction = 0;
        if (at_ < text_.size() && text_[at_] == '.') {
            ++at_;
            fraction = digits();
        }
        if (whole + fraction == 0) return fail("unknown value");
        bool real = whole + fraction > 38;
        if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
            real = true;
            ++at_;
            if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) ++at_;
            if (digits() == 0) return fail("bad number");
        }
        std::string_view text = text_.substr(begin, at_ - begin);
        if (text.starts_with('+')) text.remove_prefix(1);
        if (real) {
            double parsed = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
            if (error != std::errc{} || end != text.data() + text.size()) return fail("number out of range");
            out += fmt::format("{:.15e}", parsed);
            return true;
        }
        append_decimal(out, text);
        return true;
    }

    static void append_decimal(std::string& out, std::string_view text) {
        const bool negative = text.starts_with('-');
        if (negative) text.remove_prefix(1);
        while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.remove_prefix(1);
        if (text.find('.') != std::string_view::npos) {
            while (text.ends_with('0')) text.remove_suffix(1);
            if (text.ends_with('.')) text.remove_suffix(1);
        }
        if (text.empty()) text = "0";
        if (negative && text.find_first_of("123456789") != std::string_view::npos) out.push_back('-');
        if (text.starts_with('.')) out.push_back('0');
        out += text;
    }

    std::string_view text_;
    std::string& error_;
    std::size_t at_ = 0;
};

/// The end of the value that begins at `at`, in normal form.
std::size_t skip_value(std::string_view text, std::size_t at) {
    int depth = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                if (text[at] == '\\') ++at;
            }
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            if (depth == 0) return at;
            --depth;
        } else if (c == ',' && depth == 0) {
            return at;
        }
    }
    return text.size();
}

std::size_t skip_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
    }
    return at + 1;
}

}  // namespace

bool normalize_json(std::string_view text, std::string& out, std::string& error) {
    return Normalizer{text, error}.run(out);
}

void append_json_string(std::string& out, std::string_view value) {
    out.push_back('"');
    for (const char c : value) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
                } else {
                    out.push_back(c);
                }
        }
    }
    out.push_back('"');
}

std::string json_string(std::string_view value) {
    std::string out;
    append_json_string(out, value);
    return out;
}

std::string json_string_value(std::string_view quoted) {
    std::string out;
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        if (quoted[i] != '\\') {
            out.push_back(quoted[i]);
            continue;
        }
        switch (quoted[++i]) {
            case 'b': out.push_back('\b'); break;
            case 'f': out.push_back('\f'); break;
            case 'n': out.push_back('\n'); break;
            case 'r': out.push_back('\r'); break;
            case 't': out.push_back('\t'); break;
            case 'u': {
                int code = 0;
                std::from_chars(quoted.data() + i + 1, quoted.data() + i + 5, code, 16);
                sql::append_utf8(out, static_cast<char32_t>(code));
                i += 4;
                break;
            }
            default: out.push_back(quoted[i]);
        }
    }
    return out;
}

JsonKind json_kind(std::string_view value) {
    switch (value.empty() ? '\0' : value[0]) {
        case '{': return JsonKind::object;
        case '[': return JsonKind::array;
        case '"': return JsonKind::string;
        case 't':
        case 'f': return JsonKind::boolean;
        case 'n': return JsonKind::null;
        default: break;
    }
    if (value.find('e') != std::string_view::npos) return JsonKind::real;
    return value.find('.') != std::string_view::npos ? JsonKind::decimal : JsonKind::integer;
}

std::string_view json_member(std::string_view object, std::string_view key) {
    if (object.empty() || object[0] != '{') return {};
    const std::string wanted = json_string(key);
    for (std::size_t at = 1; at < object.size() && object[at] == '"';) {
        const std::size_t colon = skip_string(object, at);
        const std::size_t end = skip_value(object, colon + 1);
        if (object.substr(at, colon - at) == wanted) return object.substr(colon + 1, end - colon - 1);
        at = end + 1;
    }
    return {};
}

std::string_view json_element(std::string_view array, long index) {
    if (array.size() < 3 || array[0] != '[' || index < 0) return {};
    for (std::size_t at = 1; at < array.size();) {
        const std::size_t end = skip_value(array, at);
        if (index-- == 0) return array.substr(at, end - at);
        at = end + 1;
    }
    return {};
}

std::vector<std::string_view> json_elements(std::string_view array) {
    std::vector<std::string_view> out;
    if (array.size() < 3 || array[0] != '[') return out;
    for (std::size_t at = 1; at < array.size();) {
        const std::size_t end = skip_value(array, at);
        out.push_back(array.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

std::vector<std::pair<std::string, std::string_view>> json_members(std::string_view object) {
    std::vector<std::pair<std::string, std::string_view>> out;
    if (object.empty() || object[0] != '{') return out;
    for (std::size_t at = 1; at < object.size() && object[at] == '"';) {
        const std::size_t colon = skip_string(object, at);
        const std::size_t end = skip_value(object, colon + 1);
        out.emplace_back(json_string_value(object.substr(at, colon - at)), object.substr(colon + 1, end - colon - 1));
        at = end + 1;
    }
    return out;
}

}  // namespace backend::duckdb::dialect
