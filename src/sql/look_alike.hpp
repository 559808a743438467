/// Words that look like a keyword or a known function but are spelled with other letters (Cyrillic `а`, full-width
/// `Ａ`, Kelvin's K).
///
/// Place: the guard. Threads: a pure function.
///
/// Source: the letters of Unicode's confusables (UTS 39) that are drawn like A-Z, a-z, 0-9 and _ in common fonts.
#pragma once

#include <string_view>

namespace sql {

/// `word` holds a letter beyond ASCII and reads like a keyword or like a function that Snowflake brings.
bool is_look_alike(std::string_view word);

}  // namespace sql
