/// `snowflake://DATABASE/SCHEMA/OBJECT`: a name of the catalog as a URI. Pure.
///
/// Each part is the name as it is written in SQL (bare where that is the same, else in double quotes), percent-encoded
/// but for RFC 3986's unreserved characters; so a reader that folds case finds the same object.
#pragma once

#include <string>
#include <string_view>

#include "query/names.hpp"

namespace tools {

inline constexpr std::string_view object_uri_template = "snowflake://{database}/{schema}/{object}";

std::string object_uri(const query::ObjectName& name);

}  // namespace tools
