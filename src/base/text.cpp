#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/plain_scan.hpp"
#include "base/utf8.hpp"

namespace base {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

/// Characters that are not seen, or that change how what is around them is seen. Ascending.
constexpr Range hidden[] = {
    {0x0000, 0x0008},    // controls; \t and \n stay
    {0x000B, 0x001F},    //
    {0x007F, 0x009F},    // DEL and C1
    {0x00AD, 0x00AD},    // soft hyphen
    {0x034F, 0x034F},    // combining grapheme joiner
    {0x061C, 0x061C},    // Arabic letter mark
    {0x180E, 0x180E},    // Mongolian vowel separator
    {0x200B, 0x200F},    // zero-width space, non-joiner, joiner; left-to-right and right-to-left marks
    {0x2028, 0x202E},    // line and paragraph separator, bidi embeddings and overrides
    {0x2060, 0x206F},    // word joiner, invisible operators, bidi isolates, deprecated controls
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFF9, 0xFFFB},    // interlinear annotation
    {0xE0000, 0xE007F},  // tags
};

bool is_hidden(char32_t code) {
    const bool far = (code >= 0x3000 && code < 0xFEFF) || (code > 0xFFFB && code < 0xE0000);
    if (far) {  // most of what is not Latin
        return false;
    }
    const auto* const range =
        std::find_if(std::begin(hidden), std::end(hidden), [&](const Range& r) { return code <= r.last; });
    return range != std::end(hidden) && code >= range->first;
}

/// The first place from `at` on where `escape_untrusted` changes something, or the end.
std::size_t first_unsafe(std::string_view text, std::size_t at) {
    while ((at = detail::end_of_run<detail::Stops::none>(text, at)) < text.size()) {
        do {  // text that is not Latin goes on for a while
            const Utf8Char next = decode_utf8(text, at);
            if (!next.valid || is_hidden(next.code)) {
                return at;
            }
            at += next.length;
        } while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x80);
    }
    return at;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

/// Optimal string alignment: insert, delete, replace, swap of neighbours; ASCII case does not count. More than `bound`
/// is answered as `bound + 1`.
std::size_t distance(std::string_view a, std::string_view b, std::size_t bound) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> before_last(width);
    std::vector<std::size_t> last(width);
    std::vector<std::size_t> row(width);
    for (std::size_t j = 0; j < width; ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j < width; ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            const bool swapped =
                i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        if (*std::min_element(row.begin(), row.end()) > bound) {
            return bound + 1;
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[width - 1];
}

}  // namespace

void append_escaped_untrusted(std::string& out, std::string_view text) {
    std::size_t at = 0;
    while (true) {
        const std::size_t unsafe = first_unsafe(text, at);
        out.append(text, at, unsafe - at);
        if (unsafe == text.size()) {
            return;
        }
        const Utf8Char next = decode_utf8(text, unsafe);
        if (next.valid) {
            fmt::format_to(std::back_inserter(out), "\\u{{{:X}}}", static_cast<std::uint32_t>(next.code));
        } else {
            out.append(replacement_character);
        }
        at = unsafe + next.length;
    }
}

std::string escape_untrusted(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    append_escaped_untrusted(out, text);
    return out;
}

bool is_plain(std::string_view text) { return first_unsafe(text, 0) == text.size(); }

bool is_valid_utf8(std::string_view text) {
    std::size_t at = 0;
    while ((at = detail::end_of_run<detail::Stops::none>(text, at)) < text.size()) {
        do {
            const Utf8Char next = decode_utf8(text, at);
            if (!next.valid) {
                return false;
            }
            at += next.length;
        } while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x80);
    }
    return true;
}

std::string ellipsize(std::string_view text, std::size_t max_bytes) {
    constexpr std::string_view mark = "\xE2\x80\xA6";
    if (text.size() <= max_bytes) {
        return std::string{text};
    }
    const bool marked = max_bytes >= mark.size();
    std::size_t end = marked ? max_bytes - mark.size() : max_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        --end;
    }
    std::string cut{text.substr(0, end)};
    if (marked) {
        cut.append(mark);
    }
    return cut;
}

bool iequals(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_upper(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), upper);
    return out;
}

std::string to_lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view white = " \t\n\r\v\f";
    const auto first = text.find_first_not_of(white);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
    return nearest(name, candidates, name.size() / 3);
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates, std::size_t at_most) {
    std::string_view best;
    std::size_t best_distance = at_most;
    for (const std::string_view candidate : candidates) {
        const std::size_t apart =
            candidate.size() > name.size() ? candidate.size() - name.size() : name.size() - candidate.size();
        if (apart > best_distance) {
            continue;
        }
        const std::size_t found = distance(name, candidate, best_distance);
        if (found < best_distance || (found == best_distance && best.empty())) {
            best = candidate;
            best_distance = found;
        }
    }
    return best;
}

}  // namespace base
