/// String functions at run time whose edges DuckDB's own have not: negative positions, empty delimiters, padding.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "backend/duckdb/dialect/json.hpp"
#include "backend/duckdb/dialect/registrar.hpp"
#include "sql/utf8.hpp"

namespace backend::duckdb::dialect {

namespace {

bool is_lead(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::int64_t characters(std::string_view text) { return std::count_if(text.begin(), text.end(), is_lead); }

/// The byte where character `index` (from 0) begins, or the end.
std::size_t byte_of(std::string_view text, std::int64_t index) {
    std::size_t at = 0;
    while (at < text.size() && index > 0) {
        ++at;
        while (at < text.size() && !is_lead(text[at])) ++at;
        --index;
    }
    return at;
}

std::string_view part(std::string_view text, std::int64_t first, std::int64_t count) {
    const std::size_t begin = byte_of(text, first);
    const std::string_view rest = text.substr(begin);
    return rest.substr(0, count > static_cast<std::int64_t>(rest.size()) ? rest.size() : byte_of(rest, count));
}

/// Position 0 is read as 1; a negative one counts from the end.
void substr(Out<std::string>& out, std::string_view text, std::int64_t start, std::int64_t length) {
    if (length <= 0) return;
    std::int64_t first = start > 0 ? start - 1 : start == 0 ? 0 : characters(text) + start;
    if (first < 0) return;
    out.value = part(text, first, length);
}

void pad(Out<std::string>& out, std::string_view text, std::int64_t length, std::string_view fill, bool left) {
    if (length <= 0) return;
    if (length > 16'777'216) return out.fail("The padded string is too long");
    const std::int64_t has = characters(text);
    if (has >= length) return static_cast<void>(out.value = part(text, 0, length));
    if (fill.empty()) return static_cast<void>(out.value = text);
    std::string padding;
    std::int64_t missing = length - has;
    const std::int64_t unit = characters(fill);
    while (missing >= unit) {
        padding += fill;
        missing -= unit;
    }
    padding += part(fill, 0, missing);
    out.value = left ? padding + std::string{text} : std::string{text} + padding;
}

std::vector<std::string_view> split(std::string_view text, std::string_view delimiter) {
    std::vector<std::string_view> parts;
    if (delimiter.empty()) return {text};
    for (std::size_t begin = 0;;) {
        const std::size_t end = text.find(delimiter, begin);
        parts.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
        if (end == std::string_view::npos) return parts;
        begin = end + delimiter.size();
    }
}

/// Tokens between any of the delimiter's characters; empty ones do not count.
std::vector<std::string_view> tokens(std::string_view text, std::string_view delimiters) {
    std::vector<std::string_view> found;
    if (delimiters.empty()) {
        if (!text.empty()) found.push_back(text);
        return found;
    }
    for (std::size_t begin = text.find_first_not_of(delimiters); begin != std::string_view::npos;) {
        const std::size_t end = text.find_first_of(delimiters, begin);
        found.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
        begin = end == std::string_view::npos ? end : text.find_first_not_of(delimiters, end);
    }
    return found;
}

/// Part 0 is read as 1; negative ones count from the end; one that is not there is ''.
void split_part(Out<std::string>& out, std::string_view text, std::string_view delimiter, std::int64_t number) {
    const std::vector<std::string_view> parts = split(text, delimiter);
    const auto size = static_cast<std::int64_t>(parts.size());
    const std::int64_t index = number > 0 ? number - 1 : number == 0 ? 0 : size + number;
    if (index >= 0 && index < size) out.value = parts[static_cast<std::size_t>(index)];
}

void strtok(Out<std::string>& out, std::string_view text, std::string_view delimiters, std::int64_t number) {
    if (number < 1) return out.fail(fmt::format("STRTOK: part number {} is not positive", number));
    const std::vector<std::string_view> found = tokens(text, delimiters);
    if (number > static_cast<std::int64_t>(found.size())) return out.null();
    out.value = found[static_cast<std::size_t>(number - 1)];
}

void as_array(std::string& out, const std::vector<std::string_view>& parts) {
    out.push_back('[');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_json_string(out, parts[i]);
    }
    out.push_back(']');
}

char upper(char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); }
char lower(char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

/// Letters outside ASCII would need case tables: such a text is refused instead of left as it is.
void initcap(Out<std::string>& out, std::string_view text, std::string_view delimiters) {
    bool first = true;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80)
            return out.fail("INITCAP of letters outside ASCII is not supported by the embedded backend");
        out.value.push_back(first ? upper(c) : lower(c));
        first = delimiters.find(c) != std::string_view::npos;
    }
}

void insert(Out<std::string>& out, std::string_view text, std::int64_t position, std::int64_t length,
            std::string_view inserted) {
    const std::int64_t size = characters(text);
    if (position < 1 || position > size + 1 || length < 0)
        return out.fail(fmt::format("INSERT: position {} or length {} is out of range", position, length));
    out.value = part(text, 0, position - 1);
    out.value += inserted;
    if (position - 1 + length < size) out.value += text.substr(byte_of(text, position - 1 + length));
}

/// 1-based; 0 where it is not there; an empty needle is found where the search begins.
void position(Out<std::int64_t>& out, std::string_view needle, std::string_view text, std::int64_t start) {
    if (start < 1) return out.fail(fmt::format("POSITION: start {} is not positive", start));
    if (start > characters(text) + 1) return static_cast<void>(out.value = 0);
    const std::size_t begin = byte_of(text, start - 1);
    const std::size_t found = text.find(needle, begin);
    out.value = found == std::string_view::npos ? 0 : characters(text.substr(0, found)) + 1;
}

void chr(Out<std::string>& out, std::int64_t code) {
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return out.fail(fmt::format("Invalid character code {} in the CHR input", code));
    sql::append_utf8(out.value, static_cast<char32_t>(code));
}

void reverse(Out<std::string>& out, std::string_view text) {
    for (std::size_t end = text.size(); end > 0;) {
        std::size_t begin = end - 1;
        while (begin > 0 && !is_lead(text[begin])) --begin;
        out.value += text.substr(begin, end - begin);
        end = begin;
    }
}

std::u32string code_points(std::string_view text) {
    std::u32string out;
    for (std::size_t at = 0; at < text.size();) {
        const sql::CodePoint point = sql::decode_utf8(text, at);
        out.push_back(point.length == 0 ? U'\uFFFD' : point.value);
        at += std::max<std::size_t>(point.length, 1);
    }
    return out;
}

/// Levenshtein distance in characters.
void editdistance(Out<std::int64_t>& out, std::string_view left, std::string_view right) {
    const std::u32string a = code_points(left);
    const std::u32string b = code_points(right);
    std::vector<std::int64_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<std::int64_t>(j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::int64_t diagonal = row[0];
        row[0] = static_cast<std::int64_t>(i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::int64_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    out.value = row[b.size()];
}

void soundex(Out<std::string>& out, std::string_view text) {
    constexpr std::string_view codes = "01230120022455012623010202";
    char last = '0';
    for (const char raw : text) {
        const char c = upper(raw);
        if (c < 'A' || c > 'Z') continue;
        const char code = codes[static_cast<std::size_t>(c - 'A')];
        if (out.value.empty()) {
            out.value.push_back(c);
            last = code;
            continue;
        }
        if (c == 'H' || c == 'W') continue;
        if (code != '0' && code != last) out.value.push_back(code);
        last = code;
        if (out.value.size() == 4) return;
    }
    if (!out.value.empty()) out.value.resize(4, '0');
}

void unhex(Out<Binary>& out, std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : upper(c) >= 'A' && upper(c) <= 'F' ? upper(c) - 'A' + 10 : -1;
    };
    if (text.size() % 2 != 0)
        return out.fail(fmt::format("The following string is not a legal hex-encoded value: '{}'", text));
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return out.fail(fmt::format("The following string is not a legal hex-encoded value: '{}'", text));
        out.value.bytes.push_back(static_cast<char>(high * 16 + low));
    }
}

}  // namespace

void register_text_functions(Registrar& registrar) {
    using Text = std::string_view;
    registrar.add<std::string(Text, std::int64_t, std::int64_t)>("__sf_substr", substr);
    registrar.add<std::string(Text, std::int64_t, Text, bool)>("__sf_pad", pad);
    registrar.add<std::string(Text, Text, std::int64_t)>("__sf_split_part", split_part);
    registrar.add<std::string(Text, Text, std::int64_t)>("__sf_strtok", strtok);
    registrar.add<std::string(Text, Text)>("__sf_split_array", [](Out<std::string>& out, Text text, Text delimiter) {
        as_array(out.value, split(text, delimiter));
    });
    registrar.add<std::string(Text, Text)>("__sf_strtok_array", [](Out<std::string>& out, Text text, Text delimiters) {
        as_array(out.value, tokens(text, delimiters));
    });
    registrar.add<std::string(Text, Text)>("__sf_initcap", initcap);
    registrar.add<std::string(Text, std::int64_t, std::int64_t, Text)>("__sf_insert", insert);
    registrar.add<std::int64_t(Text, Text, std::int64_t)>("__sf_position", position);
    registrar.add<std::string(std::int64_t)>("__sf_chr", chr);
    registrar.add<std::string(Text)>("__sf_reverse", reverse);
    registrar.add<std::string(Text)>("__sf_soundex", soundex);
    registrar.add<std::string(Text, std::int64_t)>(
        "__sf_fit", [](Out<std::string>& out, Text text, std::int64_t length) {
            if (characters(text) > length)
                return out.fail(fmt::format("String '{}' is too long and would be truncated", text));
            out.value = text;
        });
    registrar.add<std::int64_t(Text, Text)>("__sf_editdistance", editdistance);
    registrar.add<Binary(Text)>("__sf_unhex", unhex);
}

}  // namespace backend::duckdb::dialect
