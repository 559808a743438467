/// Cuts a text into its statements.
///
/// A semicolon ends a statement, but not inside strings, comments and quoted names (the lexer sees to that), nor inside
/// a scripting block (BEGIN … END, DECLARE … BEGIN … END, also as the body of a procedure, task or alert). A `->>`
/// chain is one statement. What is empty between semicolons is no statement.
///
/// Place: on the lexer. Threads: pure functions. Lifetime: views into the text.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "sql/keyword.hpp"
#include "sql/token.hpp"

namespace sql {

/// A significant token and the keyword that it is.
struct Node {
    Token token;
    Keyword keyword = Keyword::none;
};

/// All significant tokens of a text.
std::vector<Node> read_nodes(std::string_view text);

/// The statements of a text, in order: each a run of its nodes, without the semicolons.
std::vector<std::span<const Node>> split_nodes(std::span<const Node> nodes);

/// The statements of a text, each from its first to its last significant token.
std::vector<std::string_view> split_statements(std::string_view text);

/// The links of a statement parted by `->>` outside brackets; a statement without is one link. A link may be empty.
std::vector<std::span<const Node>> split_chain(std::span<const Node> statement);

/// The bytes of the text from a run's first node to its last.
std::string_view text_of(std::span<const Node> nodes);

}  // namespace sql
