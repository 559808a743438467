/// Single members of small JSON answers (identity providers, cloud services). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace backend::snowflake {

/// The text of the member that `path` (dots) walks to; numbers as their digits, booleans too. Absent where `json` is no
/// object, has no such member, or it is of another type.
std::optional<std::string> json_text(std::string_view json, std::string_view path);

}  // namespace backend::snowflake
