/// The body of `snowflake-mcp guard [FILE|-]`: judges a text and prints what the guard thinks of each statement.
///
/// Place: the subcommand; it opens no backend. Threads: none.
#pragma once

#include <iosfwd>

#include "sql/policy.hpp"

namespace app {

/// Reads all of `in` and prints one row for each statement: kind, verdict, reason (and the statement's beginning); with
/// `json` one array of {"kind", "verdict": "allow"|"deny", "reason", "rule"}. Answers the exit code: 0 when every
/// statement is allowed, 3 when one is refused or the text holds none.
int run_guard(std::istream& in, bool json, const sql::Policy& policy, std::ostream& out, std::ostream& err);

}  // namespace app
