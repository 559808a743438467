/// Text that strangers wrote, made safe to show: one place for every surface (answers, logs, terminals).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Control characters (but \n and \t), ANSI escapes, bidi controls (U+202A-202E, U+2066-2069, U+200E/F, U+061C),
/// zero-width characters, tag characters (U+E0000-E007F) and U+FEFF become visible escapes `\u{202E}`; invalid UTF-8
/// becomes U+FFFD.
std::string escape_untrusted(std::string_view text);
void append_escaped_untrusted(std::string& out, std::string_view text);
/// True where `escape_untrusted` would change nothing (the common case; one pass, no allocation).
bool is_plain(std::string_view text);

bool is_valid_utf8(std::string_view text);
/// At most `max_bytes`, cut at a character, with "…" where something was cut.
std::string ellipsize(std::string_view text, std::size_t max_bytes);

/// ASCII only, locale-free.
bool iequals(std::string_view a, std::string_view b);
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);

/// The candidate nearest to `name` (Damerau-Levenshtein, at most a third of its length), or empty.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates);
/// The same with a bound of one's own.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates, std::size_t at_most);

}  // namespace base
