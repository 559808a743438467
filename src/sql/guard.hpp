/// The guard: may a text run? Each statement is named, judged and explained before any of it reaches a backend.
///
/// What it lets through only reads, as far as the text tells: no write, no change of a session that others share, no
/// function whose doing is unknown, nothing that two lexers could read differently. It is the door; Snowflake's grants
/// are the wall (a view may call what it likes, and no text shows it).
///
/// Place: first stage of the pipeline; the `guard` subcommand. Pure: no I/O, no state. Threads: any, at once.
///
/// Source: DESIGN.md section 7, "Guard".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/policy.hpp"
#include "sql/refusal.hpp"
#include "sql/statement_kind.hpp"

namespace sql {

enum class Decision : std::uint8_t { allow, deny };

std::string_view to_string(Decision decision);

struct Verdict {
    StatementKind kind = StatementKind::unknown;  ///< of the statement; of a chain: of the refused link, else the first
    Decision decision = Decision::deny;
    std::string_view rule;      ///< one of `rule::…`
    std::string reason;         ///< for a person; names the setting that would allow it, where there is one
    bool is_cacheable = false;  ///< allowed, and its answer does not change by itself
    std::size_t offset = 0;     ///< of the statement in the text, in bytes
    std::size_t length = 0;

    bool is_allowed() const { return decision == Decision::allow; }
};

/// One verdict for each statement of the text, in order; none when the text holds no statement. A doubt about the text
/// (an unterminated token, say) denies all of its statements, since where they end is doubtful too.
std::vector<Verdict> judge(std::string_view text, const Policy& policy);

/// The verdict for a call that carries `text`: exactly one statement, and that one allowed.
Verdict judge_call(std::string_view text, const Policy& policy);

}  // namespace sql
