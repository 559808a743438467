/// The functions that Snowflake brings, and what calling one may do.
///
/// Place: the guard. Threads: constant data.
///
/// Source: https://docs.snowflake.com/en/sql-reference/functions-all, …/functions-system, …/functions-table,
/// …/functions-data-metric. A function that is not in the table is somebody's own: user-defined, external, or a
/// procedure behind TABLE().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sql {

enum class FunctionClass : std::uint8_t {
    unknown,             // not Snowflake's
    pure,                // same answer for the same arguments and data
    volatile_,           // depends on time, chance or session: reads, but must not be cached
    information_schema,  // table function of INFORMATION_SCHEMA, only with that qualifier; volatile
    snowflake,           // in a schema of the database SNOWFLAKE, only with that qualifier; volatile
    match,               // only inside MATCH_RECOGNIZE
    resample,            // only inside RESAMPLE
    stage,               // takes a stage
    ai,                  // Cortex: costs money, some act
    acting,              // changes something
    next_value,          // takes a number out of a sequence
    other_result,        // what another client may have left in the session
    sql_text,            // runs SQL that is handed over as a string
    file_url,            // makes a link that opens a file for whoever has it
    system_read,         // SYSTEM$… that only reads
    system,              // any other SYSTEM$…
};

/// The class of a built-in function by its bare name, whatever its case. Any name that starts with SYSTEM$ is `system`
/// or `system_read`.
FunctionClass function_class(std::string_view name);

/// How many functions the table knows.
std::size_t known_functions();

}  // namespace sql
