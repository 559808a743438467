/// What is read out of Okta's answers. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace backend::snowflake {

/// Where the first form of the page would be posted: its `action`, with the entities of HTML decoded.
std::optional<std::string> form_action(std::string_view html);

}  // namespace backend::snowflake
