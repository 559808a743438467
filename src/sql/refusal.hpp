/// Why the guard says no: a rule's name and a sentence.
///
/// Place: between the parts of the guard. Rule names are stable: tests, logs and clients know them. Threads: values.
#pragma once

#include <string>
#include <string_view>

namespace sql {

struct Refusal {
    std::string_view rule;  ///< one of `rule::…`
    std::string reason;     ///< for a person: what, why, and the setting that would allow it where there is one
};

namespace rule {
// the verdict is yes
inline constexpr std::string_view allowed = "allowed";
// by kind
inline constexpr std::string_view command_not_allowed = "command-not-allowed";
inline constexpr std::string_view unknown_statement = "unknown-statement";
inline constexpr std::string_view anonymous_procedure = "anonymous-procedure";
inline constexpr std::string_view several_statements = "several-statements";
inline constexpr std::string_view empty_text = "empty-text";
inline constexpr std::string_view incomplete_chain = "incomplete-chain";
// what hides inside
inline constexpr std::string_view write_inside_query = "write-inside-query";
inline constexpr std::string_view select_into = "select-into";
inline constexpr std::string_view for_update = "for-update";
inline constexpr std::string_view query_in_metadata_command = "query-in-metadata-command";
// functions
inline constexpr std::string_view unknown_function = "unknown-function";
inline constexpr std::string_view system_function = "system-function";
inline constexpr std::string_view ai_function = "ai-function";
inline constexpr std::string_view acting_function = "acting-function";
inline constexpr std::string_view next_value = "next-value";
inline constexpr std::string_view other_results = "other-results";
inline constexpr std::string_view sql_in_string = "sql-in-string";
inline constexpr std::string_view file_url = "file-url";
inline constexpr std::string_view object_method = "object-method";
inline constexpr std::string_view built_name = "built-name";
// files
inline constexpr std::string_view stage_read = "stage-read";
inline constexpr std::string_view file_in_from = "file-in-from";
// doubts
inline constexpr std::string_view unbalanced_brackets = "unbalanced-brackets";
inline constexpr std::string_view too_deep = "too-deep";
inline constexpr std::string_view too_large = "too-large";
inline constexpr std::string_view look_alike_letters = "look-alike-letters";
inline constexpr std::string_view unterminated = "unterminated-token";
inline constexpr std::string_view control_character = "control-character";
inline constexpr std::string_view bad_utf8 = "bad-utf8";
inline constexpr std::string_view invisible_character = "invisible-character";
inline constexpr std::string_view ambiguous_line_end = "ambiguous-line-end";
inline constexpr std::string_view ambiguous_dollar = "ambiguous-dollar";
inline constexpr std::string_view ambiguous_stage_path = "ambiguous-stage-path";
inline constexpr std::string_view unexpected_character = "unexpected-character";
}  // namespace rule

/// A name from a statement, safe to show: short, without control, invisible and direction characters.
std::string shown(std::string_view text);

}  // namespace sql
