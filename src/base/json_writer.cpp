#include "base/json_writer.hpp"

#include <cassert>
#include <charconv>
#include <cmath>

#include "base/number_text.hpp"
#include "base/plain_scan.hpp"
#include "base/utf8.hpp"

namespace base {

namespace {

void append_unicode_escape(std::string& out, char32_t code) {
    constexpr std::string_view digits = "0123456789abcdef";
    const char escape[6] = {'\\',
                            'u',
                            digits[(code >> 12) & 0xF],
                            digits[(code >> 8) & 0xF],
                            digits[(code >> 4) & 0xF],
                            digits[code & 0xF]};
    out.append(escape, sizeof escape);
}

void append_ascii_escape(std::string& out, char c) {
    switch (c) {
        case '"': out.append("\\\""); break;
        case '\\': out.append("\\\\"); break;
        case '\n': out.append("\\n"); break;
        case '\r': out.append("\\r"); break;
        case '\t': out.append("\\t"); break;
        case '\b': out.append("\\b"); break;
        case '\f': out.append("\\f"); break;
        default: append_unicode_escape(out, static_cast<unsigned char>(c)); break;
    }
}

/// C1 controls, and the line ends that JavaScript sees in a string.
bool must_escape(char32_t code) { return code < 0xA0 || code == 0x2028 || code == 0x2029; }

template <class Number>
void append_number(std::string& out, Number value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view value) {
    out.push_back('"');
    std::size_t copied = 0;  // up to here `out` has it
    std::size_t at = 0;
    while ((at = detail::end_of_run<detail::Stops::json>(value, at)) < value.size()) {
        if (static_cast<unsigned char>(value[at]) < 0x80) {
            out.append(value, copied, at - copied);
            append_ascii_escape(out, value[at]);
            copied = ++at;
            continue;
        }
        do {  // text that is not Latin goes on for a while
            const Utf8Char next = decode_utf8(value, at);
            if (!next.valid || must_escape(next.code)) [[unlikely]] {
                out.append(value, copied, at - copied);
                if (next.valid) {
                    append_unicode_escape(out, next.code);
                } else {
                    out.append(replacement_character);
                }
                copied = at + next.length;
            }
            at += next.length;
        } while (at < value.size() && static_cast<unsigned char>(value[at]) >= 0x80);
    }
    out.append(value, copied, value.size() - copied);
    out.push_back('"');
}

void JsonWriter::separate() {
    if (needs_comma_) {
        out_.push_back(',');
    }
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    out_.push_back('{');
    needs_comma_ = false;
    ++depth_;
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    assert(depth_ > 0);
    --depth_;
    out_.push_back('}');
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    separate();
    out_.push_back('[');
    needs_comma_ = false;
    ++depth_;
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    assert(depth_ > 0);
    --depth_;
    out_.push_back(']');
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_.push_back(':');
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
    separate();
    append_json_string(out_, value);
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
    separate();
    append_number(out_, value);
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
    separate();
    append_number(out_, value);
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::number(double value) {
    if (!std::isfinite(value)) {
        return null();
    }
    separate();
    append_shortest(out_, value);
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_.append(json);
    needs_comma_ = true;
    return *this;
}

}  // namespace base
