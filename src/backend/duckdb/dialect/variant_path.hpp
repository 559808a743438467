/// How the binder tells the run-time functions a path into a VARIANT: `.key` steps with the key escaped, `[n]` steps.
#pragma once

#include <string>
#include <string_view>

namespace backend::duckdb::dialect {

/// Appends `.key`; a `\` goes before `.`, `[` and `\` of the key.
inline void append_path_key(std::string& path, std::string_view key) {
    path.push_back('.');
    for (const char c : key) {
        if (c == '.' || c == '[' || c == '\\') path.push_back('\\');
        path.push_back(c);
    }
}

}  // namespace backend::duckdb::dialect
