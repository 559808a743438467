/// Reads the guard's corpus: text files of judged statements that anyone can add to (tests/data/guard/*.test).
///
/// A block starts with `== allow` or `== deny RULE`, then lines of the form `key: value`, then the SQL up to the next
/// block:
///
///     == deny command-not-allowed
///     technique: write behind a common table
///     WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x
///
/// Keys: `technique` (needed: what the block tries), `kind` (the expected kind), `cacheable: yes|no`, and what the
/// policy differs in: `commands` (ALLOWED_SQL_COMMANDS), `functions` (ALLOWED_FUNCTIONS), `stages: yes`, `nesting: N`.
/// `bytes: yes` turns `{{0D}}` in the SQL into that byte, and `{{200D}}` (four digits or more) into that code point.
/// `repeat: N` repeats each `<<…>>` in the SQL N times. Lines before the first block that start with # are comments.
/// The text is judged as one call: several statements are one verdict.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/policy.hpp"

namespace sql::test {

struct CorpusBlock {
    std::string file;
    std::size_t line = 0;
    bool is_allowed = false;
    std::string rule;
    std::string technique;
    std::string kind;
    std::optional<bool> is_cacheable;
    Policy policy;
    std::string sql;
    std::string error;  ///< not empty: the block is malformed, and how
};

/// All blocks of all `*.test` files of the folder, sorted by file name.
std::vector<CorpusBlock> read_corpus(const std::filesystem::path& folder);

/// The blocks of one text, for the reader's own tests.
std::vector<CorpusBlock> parse_corpus(std::string_view file, std::string_view text);

}  // namespace sql::test
