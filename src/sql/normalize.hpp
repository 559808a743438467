/// The text of a statement as the cache keys it.
///
/// Runs of white space and comments become one blank, the ends and a closing semicolon go, unquoted words are written
/// in capitals. Literals, quoted identifiers, stage paths and the field names of a path (`v:Name.first`, which
/// Snowflake tells apart by case) stay as they are. Two texts with the same normal form mean the same.
///
/// Place: the cache's and the coalescer's key. Threads: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace sql {

std::string normalize(std::string_view text);

}  // namespace sql
