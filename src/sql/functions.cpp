#include "sql/functions.hpp"

#include <algorithm>

#include "sql/function_names.hpp"
#include "sql/word_table.hpp"

namespace sql {

namespace {

constexpr std::size_t count_names(std::string_view names) {
    return static_cast<std::size_t>(std::count(names.begin(), names.end(), ' ')) + 1;
}

constexpr std::size_t name_count = [] {
    std::size_t count = 0;
    for (const NamedClass& group : function_names) count += count_names(group.names);
    return count;
}();

constexpr auto make_table() {
    WordTable<FunctionClass, name_count, 4096> table;
    for (const NamedClass& group : function_names) {
        for (std::string_view rest = group.names; !rest.empty();) {
            const std::size_t blank = std::min(rest.find(' '), rest.size());
            table.add(rest.substr(0, blank), group.kind);
            rest.remove_prefix(std::min(blank + 1, rest.size()));
        }
    }
    return table;
}

constexpr auto table = make_table();

}  // namespace

FunctionClass function_class(std::string_view name) {
    if (const auto* row = table.find(name)) return row->value;
    constexpr std::string_view prefix = "SYSTEM$";
    return equals_upper(name.substr(0, prefix.size()), prefix) ? FunctionClass::system : FunctionClass::unknown;
}

std::size_t known_functions() { return table.size(); }

}  // namespace sql
