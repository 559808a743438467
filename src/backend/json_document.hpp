/// JSON documents of VARIANT, OBJECT and ARRAY cells, re-written without building a tree.
///
/// Place: `Cell`'s text only. Threads: pure functions. Depth is bounded (`max_depth`), so a hostile document cannot
/// exhaust the stack; beyond it, and where the text is not JSON, the document is answered as one JSON string.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace backend {

inline constexpr std::size_t max_json_depth = 512;

/// What Snowflake writes into VARIANT without being JSON becomes JSON, as STRICT_JSON_OUTPUT would: undefined is null;
/// NaN, Infinity and -Infinity (nan, inf, -inf in a VECTOR) are strings.
///
/// Appends the document without white space between tokens; anything that is not JSON is appended as it stands.
void append_compact_json(std::string& out, std::string_view document);

/// The same for answers: numbers that some reader would not keep (more than 15 significant digits, beyond a double's
/// range) become strings of their digits, strings and keys are escaped with `base::escape_untrusted`.
void append_safe_json(std::string& out, std::string_view document);

/// Is `number`, the text of a JSON number, kept by every reader: at most 15 significant digits, inside a double's
/// range?
bool keeps_all_digits(std::string_view number);

}  // namespace backend
