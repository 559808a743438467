/// Names a statement by its command.
///
/// Place: the guard, and whoever only wants to know what a text is. Threads: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "sql/splitter.hpp"
#include "sql/statement_kind.hpp"

namespace sql {

struct Classified {
    StatementKind kind = StatementKind::unknown;
    std::size_t main = 0;  ///< index of the node that names the command: after WITH's tables, past opening brackets
};

/// The command of one link of a chain (or of a statement without a chain). What EXPLAIN explains is not looked at.
Classified classify(std::span<const Node> link);

/// The kinds of all statements of a text; a chain has the kind of its first link.
std::vector<StatementKind> classify_text(std::string_view text);

}  // namespace sql
