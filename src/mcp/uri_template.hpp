/// URI templates of resources: RFC 6570 `{name}` (one path segment) and `{+name}` (any number of them), matched
/// against a URI. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace mcp {

class UriTemplate {
public:
    /// Errors: unbalanced or nested braces, operators that are not supported, a name used twice.
    static base::Result<UriTemplate> parse(std::string_view text);

    /// The variables' values, percent-decoded; false where the URI does not fit. A value is never empty.
    bool match(std::string_view uri, std::vector<std::pair<std::string, std::string>>& variables) const;
    const std::vector<std::string>& variables() const { return names_; }

private:
    bool match_from(std::size_t index, std::string_view rest, std::vector<std::string_view>& values) const;

    std::vector<std::string> literals_;  // one more than names_
    std::vector<std::string> names_;
    std::vector<bool> reserved_;  // `{+name}`
};

}  // namespace mcp
