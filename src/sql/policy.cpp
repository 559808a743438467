#include "sql/policy.hpp"

#include <algorithm>

#include "sql/lexer.hpp"
#include "sql/quoting.hpp"

namespace sql {

namespace {

bool fits(const FunctionList::Pattern& pattern, const std::vector<std::string>& name) {
    if (!pattern.is_open) return pattern.parts == name;
    if (pattern.parts.empty()) return true;
    return name.size() == pattern.parts.size() + 1 &&
           std::equal(pattern.parts.begin(), pattern.parts.end(), name.begin());
}

base::Result<FunctionList::Pattern> parse_pattern(std::string_view text) {
    if (text == "*") return FunctionList::Pattern{.parts = {}, .is_open = true};
    if (const std::size_t mark = text.find('!'); mark != std::string_view::npos && text.front() != '"') {
        auto object = parse_name(text.substr(0, mark));
        auto method = parse_name(text.substr(mark + 1), 1);
        if (!object) return base::fail(std::move(object.error()));
        if (!method) return base::fail(std::move(method.error()));
        object->push_back("!" + method->front());
        return FunctionList::Pattern{.parts = std::move(*object), .is_open = false};
    }
    const bool is_open = text.ends_with(".*");
    auto parts = parse_name(is_open ? text.substr(0, text.size() - 2) : text);
    if (!parts) return base::fail(std::move(parts.error()));
    if (is_open && parts->size() > 2) {
        return base::fail(base::Kind::bad_argument, "too many parts: " + std::string{text} + " (say DB.SCHEMA.*)");
    }
    return FunctionList::Pattern{.parts = std::move(*parts), .is_open = is_open};
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

bool FunctionList::contains(const std::vector<std::string>& name) const {
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& pattern) { return fits(pattern, name); });
}

bool FunctionList::names_exactly(const std::vector<std::string>& name) const {
    return std::any_of(patterns_.begin(), patterns_.end(),
                       [&](const Pattern& pattern) { return !pattern.is_open && fits(pattern, name); });
}

bool FunctionList::names(const std::vector<std::string>& name) const {
    return std::any_of(patterns_.begin(), patterns_.end(),
                       [&](const Pattern& pattern) { return !pattern.parts.empty() && fits(pattern, name); });
}

base::Result<FunctionList> parse_functions(std::string_view text) {
    FunctionList list;
    // A comma inside a quoted name is part of the name.
    std::size_t start = 0;
    bool is_quoted = false;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '"') is_quoted = !is_quoted;
        if (i < text.size() && (text[i] != ',' || is_quoted)) continue;
        const std::string_view item = trim(text.substr(start, i - start));
        start = i + 1;
        if (item.empty()) continue;
        auto pattern = parse_pattern(item);
        if (!pattern) return base::fail(std::move(pattern.error()));
        list.add(std::move(*pattern));
    }
    return list;
}

}  // namespace sql
