/// Settings out of a TOML file: keys, or tables joined by '_', any case ('-' counts as '_'). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace base {

struct TomlValue {
    std::string name;  ///< upper case
    std::string text;  ///< as an environment variable would hold it; an array is comma separated
    std::size_t line;
};

/// `Kind::bad_argument` naming `file` and the line.
Result<std::vector<TomlValue>> parse_toml(std::string_view text, std::string_view file);

}  // namespace base
