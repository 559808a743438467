/// What a server lets through: the plain settings of the guard.
///
/// Place: `sql::judge` takes it; the settings table of the pipeline fills it. Threads: a value, read-only once built.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sql/statement_kind.hpp"

namespace sql {

/// Functions that an operator names: `MY_FUNC`, `DB.SCHEMA.FUNC`, `DB.SCHEMA.*`, `SNOWFLAKE.CORTEX.*`, `*`, and methods
/// of objects: `DB.SCHEMA.MODEL!PREDICT`. A name of one part fits only a call without qualifier. `*` fits every unknown
/// function, and never those that the guard knows and refuses.
class FunctionList {
public:
    struct Pattern {
        std::vector<std::string> parts;  ///< folded, without the `*`; a method is a last part that starts with !
        bool is_open = false;            ///< ended in `*`
    };

    void add(Pattern pattern) { patterns_.push_back(std::move(pattern)); }
    bool empty() const { return patterns_.empty(); }

    /// Is the function named (with all its qualifiers, folded), by itself or by a pattern?
    bool contains(const std::vector<std::string>& name) const;
    /// The same, but a bare `*` does not count.
    bool names(const std::vector<std::string>& name) const;
    /// Is it named by itself, without `*`?
    bool names_exactly(const std::vector<std::string>& name) const;

private:
    std::vector<Pattern> patterns_;
};

struct Policy {
    CommandSet allowed_commands = CommandSet::reads();   ///< ALLOWED_SQL_COMMANDS
    FunctionList allowed_functions;                      ///< ALLOWED_FUNCTIONS
    bool allow_stage_reads = false;                      ///< ALLOW_STAGE_READS
    std::size_t max_text_bytes = std::size_t{1} << 20U;  ///< longer texts are refused
    std::size_t max_nesting = 256;                       ///< brackets, CASE and prefixes (NOT, -) inside each other
};

/// Reads `ALLOWED_FUNCTIONS`: names parted by commas. Error `bad_argument` names what is not a name.
base::Result<FunctionList> parse_functions(std::string_view text);

}  // namespace sql
