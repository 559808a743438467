/// How one value, or one name, stands in each text format. Strangers wrote it: every byte goes through
/// `base::escape_untrusted` first, then through the format's own rules.
///
/// Place: under `ResultWriter`. Threads: pure functions.
///
/// Markdown: what would end the cell, the row or the table, or start something active (HTML, a link, an image, code,
/// emphasis), is escaped with a backslash; a line end is `<br>`, a tab a blank; NULL is `NULL`.
///
/// CSV (RFC 4180): CRLF, quotes where needed, NULL is an empty field (`""` where it is the only one of its line) and
/// the empty text is `""`. Values that a spreadsheet would take for a formula (`=…`, `+…`, `-…`, `@…`) stay as they
/// are: the reader of an answer is a model or a program, a changed value would be a wrong one, and `-5` is a number.
/// Whoever opens the text in a spreadsheet imports the columns as text.
#pragma once

#include "query/namespace.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include "backend/cell.hpp"

namespace query {

void append_markdown(std::string& out, std::string_view text);
void append_csv(std::string& out, std::string_view text);

/// Bytes that `text` (valid UTF-8) takes inside a JSON string, quotes not counted.
std::size_t json_escaped_size(std::string_view text);

}  // namespace query
