/// Finding a member's own text in JSON that is known to be valid, so that it can be echoed as it was written: a request
/// id of 1.50 or of 40 digits comes back as 1.50 and as 40 digits. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace mcp {

/// The text of the last member `key` (without escapes in its name) of an object; empty where there is none.
std::string_view raw_member(std::string_view object, std::string_view key);
/// The texts of an array's elements.
std::vector<std::string_view> raw_elements(std::string_view array);

}  // namespace mcp
