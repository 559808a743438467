#include "tools/completion_match.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "query/names.hpp"

namespace tools {

namespace {

constexpr std::size_t most_values = 100;  // of completion/complete, by the specification

}  // namespace

mcp::Completions matching(std::vector<std::string> names, std::string_view typed) {
    if (typed.starts_with('"')) typed.remove_prefix(1);
    const std::string wanted = base::to_lower(typed);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());

    std::vector<std::string> begins;
    std::vector<std::string> holds;
    for (const auto& name : names) {
        const auto at = base::to_lower(name).find(wanted);
        if (at == std::string::npos) continue;
        (at == 0 ? begins : holds).push_back(base::escape_untrusted(query::shown_name(name)));
    }
    begins.insert(begins.end(), holds.begin(), holds.end());

    mcp::Completions completions;
    completions.total = begins.size();
    completions.has_more = begins.size() > most_values;
    if (completions.has_more) begins.resize(most_values);
    completions.values = std::move(begins);
    return completions;
}

}  // namespace tools
