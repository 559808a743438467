/// Walks over JSON text without building anything: the scanner under the answer's parser and the rows' decoder.
///
/// Place: snowflake/result only. Threads: a value over borrowed text. Every step is bounded by the text's end; `false`
/// means that the text is not JSON there (or has ended), and the scanner must not be used further. What is skipped is
/// not checked byte by byte: brackets balance and strings end, no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/plain_scan.hpp"

namespace backend::snowflake {

class JsonScan {
public:
    explicit JsonScan(std::string_view text) : text_{text} {}

    std::size_t at() const { return at_; }
    void move_to(std::size_t at) { at_ = at; }
    std::string_view text() const { return text_; }
    bool at_end() const { return at_ >= text_.size(); }
    /// The next character that is not white space, or NUL at the end.
    char peek() {
        skip_space();
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool take(char wanted) {
        if (peek() != wanted || at_ >= text_.size()) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }

    /// A string's characters between the quotes, escapes not undone.
    bool string(std::string_view& inside);
    /// Whatever stands here; `value` is its text.
    bool value(std::string_view& value);
    bool skip() {
        std::string_view ignored;
        return value(ignored);
    }

    /// Steps through an object or array that begins here. `each` answers false to stop with an error.
    template <class Each>
    bool object(Each&& each) {
        if (!take('{')) return false;
        if (take('}')) return true;
        do {
            std::string_view key;
            if (peek() != '"' || !string(key) || !take(':')) return false;
            skip_space();
            if (!each(key)) return false;
        } while (take(','));
        return take('}');
    }
    template <class Each>
    bool array(Each&& each) {
        if (!take('[')) return false;
        if (take(']')) return true;
        do {
            skip_space();
            if (!each()) return false;
        } while (take(','));
        return take(']');
    }

private:
    static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
    bool skip_container();

    std::string_view text_;
    std::size_t at_ = 0;
};

/// Undoes the escapes of a string's characters. False where an escape is none.
bool append_unescaped(std::string& out, std::string_view inside);
/// The same in place: what it makes is never longer than what it reads. The new length, or nothing where an escape is
/// none.
std::optional<std::size_t> unescape_in_place(char* text, std::size_t size);

/// The text of a string, a number or a word; `null` and containers are empty.
std::string scalar_text(std::string_view value);
/// A number, or a string of one; leading zeros do not matter.
std::optional<std::int64_t> scalar_number(std::string_view value);

}  // namespace backend::snowflake
