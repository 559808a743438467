/// Reads tests/data/embedded-sql/*.test: statements of Snowflake SQL with the answers its documentation gives.
///
/// A file is a topic. `# Title` comes first; other lines before the first `page` are its introduction.
///
///     page sql-reference/functions/iff       the documentation page (path of its address) the next cases come from
///     > SELECT IFF(TRUE, 'a', 'b') AS x      the statement; more lines begin with `>` too
///     names: X                               optional: the result's column names, ` | ` between them
///     types: VARCHAR(1)                      optional: their types
///     a                                      a line a row, ` | ` between cells, NULL for NULL; quotes '…' round a cell
///                                            that is empty or begins or ends with a blank
///     error: text                            instead of rows: the statement is refused, and the message holds this
///
/// A blank line ends a case.
#pragma once

#include <string>
#include <vector>

namespace backend::duckdb::testing {

struct DialectCase {
    int line = 0;  ///< of the statement, in the file
    std::string page;
    std::string statement;
    std::vector<std::string> names;
    std::vector<std::string> types;
    std::vector<std::vector<std::string>> rows;
    std::string error;  ///< empty: it answers
};

struct DialectFile {
    std::string path;
    std::string title;
    std::vector<DialectCase> cases;
    std::vector<std::string> complaints;  ///< what is wrong with the file itself
};

DialectFile read_dialect_file(const std::string& path);
std::vector<std::string> dialect_files();

}  // namespace backend::duckdb::testing
