/// The fixture tests/data/hostile/strings.json, and what must be true of every surface that shows one of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hostile {

struct String {
    std::string name;
    std::string text;
};

/// All entries; a failed read ends the test program.
const std::vector<String>& strings();

/// Nothing in `shown` acts on a terminal or hides: no control character but \n, \t and \r (as CSV's line end), no
/// direction, zero-width or tag character, valid UTF-8. Empty when fine, else what was found.
std::string what_acts(std::string_view shown);

}  // namespace hostile
