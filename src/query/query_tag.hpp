/// What Snowflake's QUERY_HISTORY shows of where a statement came from: JSON of application, tool, principal, request
/// and trace, at most 2,000 characters (Snowflake's bound). Pure.
#pragma once

#include "query/namespace.hpp"

#include <string>
#include <string_view>

#include "async/call.hpp"

namespace query {

std::string query_tag(const async::Call& call, std::string_view tool);
/// As the tag names it: escaped, and cut where it is long.
std::string tagged_principal(std::string_view id);

}  // namespace query
