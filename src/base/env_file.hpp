/// The text of a `.env` file.
///
///   NAME=value            white space around NAME and value does not count
///   export NAME=value
///   NAME=value  # why     a # with white space before it begins a comment; elsewhere it belongs to the value
///   NAME='as it is'       may go over several lines
///   NAME="with \n \t \" \\ \$"  may go over several lines; other backslashes stay
///
/// Nothing is expanded. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace base {

struct EnvLine {
    std::string name;
    std::string value;
    std::size_t line;  ///< 1 is the first
};

/// `Kind::bad_argument` naming `file` and the line; never the line's text, which may be a secret.
Result<std::vector<EnvLine>> parse_env(std::string_view text, std::string_view file);

}  // namespace base
