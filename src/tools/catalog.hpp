/// The warehouse's catalog as SHOW and DESCRIBE tell it: which statement lists what, and where a name lives.
///
/// Place: under the tools, resources and completions. Threads: functions; tasks of the call's worker. A `_` in the
/// names of columns is Snowflake's own (https://docs.snowflake.com/en/sql-reference/sql/show-objects and its siblings).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "query/names.hpp"
#include "query/pipeline.hpp"

namespace tools::catalog {

/// ` IN SCHEMA "D"."S"`, ` IN DATABASE "D"`, or ` IN ACCOUNT` (nothing given); names are folded already.
std::string scope(std::string_view database, std::string_view schema);
/// The same, but for nothing given the connection's own database, where it has one.
std::string scope_or_default(const query::Pipeline& pipeline, std::string_view database, std::string_view schema);

/// A table or view that SHOW OBJECTS told of.
struct Object {
    std::string database;
    std::string schema;
    std::string name;
    std::string kind;  ///< TABLE, VIEW, …
    std::string comment;

    query::ObjectName object_name() const { return {database, schema, name, true}; }
};

/// Where Snowflake keeps its own views: in lists only where it was asked for.
query::Only own_views();

/// What a list of objects is read with.
std::vector<query::Pick> object_picks();
Object object_at(const query::Rows& rows, std::size_t row);

/// Fills in the schema (and the database) of a name that was given without: the connection's own schema first, else the
/// only one that has it. A name that was not quoted may match in another case where no such name exists in capitals.
/// A name with a schema stays as it is, unasked. Errors: `not_found`, `bad_argument` where several schemas have it.
async::Task<base::Result<query::ObjectName>> locate(async::Call& call, query::Pipeline& pipeline,
                                                    query::ObjectName name, std::string_view tool);

/// The choice among what SHOW OBJECTS LIKE found, for `locate`. Pure.
base::Result<query::ObjectName> choose(const query::ObjectName& wanted, const std::vector<Object>& found,
                                       const backend::Context& own);

}  // namespace tools::catalog
