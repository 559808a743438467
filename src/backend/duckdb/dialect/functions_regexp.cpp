/// Regular expressions, on RE2. The pattern is a constant, so that what RE2 and Snowflake read differently is refused.
///
/// Source: https://docs.snowflake.com/en/sql-reference/functions-regexp
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

struct Flags {
    std::string inline_flags;  ///< i, m, s
    bool extract = false;
};

Flags parse_flags(Binder& binder, std::string_view parameters) {
    Flags flags;
    for (const char c : parameters) {
        if (c == 'c') {
            std::erase(flags.inline_flags, 'i');
        } else if (c == 'i' || c == 'm' || c == 's') {
            if (flags.inline_flags.find(c) == std::string::npos) flags.inline_flags.push_back(c);
        } else if (c == 'e') {
            flags.extract = true;
        } else {
            binder.failure().unsupported(fmt::format("The regular expression parameter '{}'", c));
        }
    }
    return flags;
}

/// Lazy quantifiers, look-around and the like are Perl's: Snowflake has POSIX extended expressions.
void check_pattern(Binder& binder, std::string_view pattern) {
    bool in_class = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '\\') {
            const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
            constexpr std::string_view known = "dDwWsSbBnrtfv0\\.[]{}()*+?^$|/-'\"&%#@!~`,:;<>=_ ";
            if (known.find(next) == std::string_view::npos) {
                binder.failure().unsupported(fmt::format("The escape \\{} in a regular expression", next));
            }
            ++i;
        } else if (in_class) {
            if (c == ']' && pattern[i - 1] != '[') in_class = false;
            if (c == '[' && i + 1 < pattern.size() && pattern[i + 1] == ':') {
                i = std::min(pattern.find(":]", i), pattern.size() - 2) + 1;
            }
        } else if (c == '[') {
            in_class = true;
            if (i + 1 < pattern.size() && pattern[i + 1] == '^') ++i;
            if (i + 1 < pattern.size() && pattern[i + 1] == ']') ++i;
        } else if (c == '(' && i + 1 < pattern.size() && pattern[i + 1] == '?') {
            binder.failure().unsupported("A (?...) group in a regular expression");
        } else if ((c == '?' || c == '+') && i > 0 &&
                   (pattern[i - 1] == '*' || pattern[i - 1] == '+' || pattern[i - 1] == '?' || pattern[i - 1] == '}') &&
                   (i < 2 || pattern[i - 2] != '\\')) {
            binder.failure().unsupported("A lazy or possessive quantifier in a regular expression");
        }
    }
}

std::string constant_pattern(Binder& binder, const Value& pattern) {
    if (pattern.literal != Value::Literal::text) {
        if (!pattern.type.is(TypeKind::null))
            binder.failure().unsupported("A regular expression that is not a string constant");
        return {};
    }
    check_pattern(binder, pattern.literal_text);
    return pattern.literal_text;
}

std::string with_flags(const std::string& pattern, const Flags& flags) {
    return flags.inline_flags.empty() ? pattern : fmt::format("(?{}:{})", flags.inline_flags, pattern);
}

struct Search {
    std::string subject;  ///< DuckDB text, from the position on
    std::string pattern;  ///< with flags, not quoted
    Flags flags;
    long position = 1;
};

/// The arguments they all share: subject, pattern [, position at 2], parameters at `parameters_at`.
Search search(Call& call, bool has_position, std::size_t parameters_at) {
    Search out;
    call.coerce(0, Type::text());
    if (parameters_at < call.count()) out.flags = parse_flags(call.binder, call.constant_text(parameters_at));
    out.pattern = with_flags(constant_pattern(call.binder, call.args[1]), out.flags);
    out.subject = call.sql(0);
    if (has_position && call.count() > 2) {
        out.position = call.constant_integer(2);
        if (out.position < 1) call.binder.failure().unsupported(fmt::format("{} from a position below 1", call.name));
        if (out.position > 1) out.subject = fmt::format("substr({}, {})", out.subject, out.position);
    }
    return out;
}

bool null_pattern(const Call& call) { return call.type(1).is(TypeKind::null); }

Value regexp_like_call(Call& call) {
    if (null_pattern(call)) return call.of("CAST(NULL AS BOOLEAN)", TypeKind::boolean);
    call.coerce(0, Type::text());
    const std::string parameters = call.count() == 3 ? call.constant_text(2) : "";
    return call.of(regexp_like(call.binder, call.sql(0), call.args[1], parameters), TypeKind::boolean);
}

std::string all_matches(const Search& found, long group) {
    // An empty pattern matches nothing.
    if (found.pattern.empty())
        return fmt::format("CASE WHEN {} IS NOT NULL THEN CAST([] AS VARCHAR[]) END", found.subject);
    return fmt::format("regexp_extract_all({}, {}, {})", found.subject, quoted_text(found.pattern), group);
}

long group_of(Call& call, const Search& found, std::size_t group_at) {
    if (group_at < call.count()) return call.constant_integer(group_at);
    return found.flags.extract ? 1 : 0;
}

Value regexp_substr(Call& call) {
    if (null_pattern(call)) return call.value("CAST(NULL AS VARCHAR)", Type::text());
    const Search found = search(call, true, 4);
    const long occurrence = call.count() > 3 ? call.constant_integer(3) : 1;
    if (occurrence < 1) return call.unsupported("REGEXP_SUBSTR with an occurrence below 1");
    const long group = group_of(call, found, 5);
    return call.value(fmt::format("({})[{}]", all_matches(found, group), occurrence), Type::text());
}

Value regexp_substr_all(Call& call) {
    if (null_pattern(call)) return call.of("CAST(NULL AS VARCHAR)", TypeKind::array);
    const Search found = search(call, true, 4);
    const long occurrence = call.count() > 3 ? call.constant_integer(3) : 1;
    if (occurrence < 1) return call.unsupported("REGEXP_SUBSTR_ALL with an occurrence below 1");
    const long group = group_of(call, found, 5);
    return call.of(fmt::format("__sf_json(CAST(to_json(({})[{}:]) AS VARCHAR))", all_matches(found, group), occurrence),
                   TypeKind::array);
}

Value regexp_count(Call& call) {
    const Type result = Type::integer(Storage::i64, 18);
    if (null_pattern(call)) return call.value("CAST(NULL AS BIGINT)", result);
    const Search found = search(call, true, 3);
    return call.value(fmt::format("len({})", all_matches(found, 0)), result);
}

Value regexp_replace(Call& call) {
    if (null_pattern(call)) return call.value("CAST(NULL AS VARCHAR)", Type::text());
    std::string replacement = "''";
    if (call.count() > 2) {
        call.coerce(2, Type::text());
        replacement = call.sql(2);
    }
    Search found;
    call.coerce(0, Type::text());
    if (call.count() > 5) found.flags = parse_flags(call.binder, call.constant_text(5));
    found.pattern = with_flags(constant_pattern(call.binder, call.args[1]), found.flags);
    const long position = call.count() > 3 ? call.constant_integer(3) : 1;
    const long occurrence = call.count() > 4 ? call.constant_integer(4) : 0;
    if (position < 1) return call.unsupported("REGEXP_REPLACE from a position below 1");
    if (occurrence < 0 || occurrence > 1000) return call.unsupported("REGEXP_REPLACE of such an occurrence");
    if (found.pattern.empty()) return call.args[0];  // matches nothing
    const std::string subject = position == 1 ? call.sql(0) : fmt::format("substr({}, {})", call.sql(0), position);
    std::string sql;
    if (occurrence < 2) {
        sql = fmt::format("regexp_replace({}, {}, {}{})", subject, quoted_text(found.pattern), replacement,
                          occurrence == 0 ? ", 'g'" : "");
    } else {
        // What stands before the n-th match stays; the rest begins with it.
        const std::string before =
            quoted_text(fmt::format("\\A((?:(?s:.*?)(?:{0})){{{1}}}(?s:.*?))(?:{0})", found.pattern, occurrence - 1));
        sql = fmt::format(
            "(CASE WHEN len(regexp_extract_all({0}, {1}, 0)) >= {2} THEN regexp_extract({0}, {3}, 1) || "
            "regexp_replace(substr({0}, length(regexp_extract({0}, {3}, 1)) + 1), {1}, {4}) ELSE {0} END)",
            subject, quoted_text(found.pattern), occurrence, before, replacement);
    }
    if (position > 1) sql = fmt::format("(left({}, {}) || {})", call.sql(0), position - 1, sql);
    return call.value(sql, Type::text());
}

/// Where the n-th match begins (or ends): the shortest text before it, measured.
Value regexp_instr(Call& call) {
    const Type result = Type::integer(Storage::i64, 18);
    if (null_pattern(call)) return call.value("CAST(NULL AS BIGINT)", result);
    const Search found = search(call, true, 5);
    const long occurrence = call.count() > 3 ? call.constant_integer(3) : 1;
    const long option = call.count() > 4 ? call.constant_integer(4) : 0;
    if (occurrence < 1 || occurrence > 1000) return call.unsupported("REGEXP_INSTR with such an occurrence");
    if (found.flags.extract || call.count() > 6) return call.unsupported("REGEXP_INSTR of a group");
    if (option != 0 && option != 1) return call.unsupported("REGEXP_INSTR with such an option");
    const std::string before =
        occurrence == 1 ? std::string{} : fmt::format("(?:(?s:.*?)(?:{})){{{}}}", found.pattern, occurrence - 1);
    const std::string whole = fmt::format("\\A({}(?s:.*?))(?:{})", before, found.pattern);
    const std::string measured =
        quoted_text(option == 0 ? whole : fmt::format("\\A({}(?s:.*?)(?:{}))", before, found.pattern));
    return call.value(
        fmt::format("(CASE WHEN len({}) >= {} THEN length(regexp_extract({}, {}, 1)) + {} WHEN {} IS NULL THEN NULL "
                    "ELSE 0 END)",
                    all_matches(found, 0), occurrence, found.subject, measured, found.position, call.sql(0)),
        result);
}

constexpr auto functions = std::to_array<Function>({
    {"REGEXP_LIKE", 2, 3, "", "", "", regexp_like_call},
    {"RLIKE", 2, 3, "", "", "", regexp_like_call},
    {"REGEXP", 2, 3, "", "", "", regexp_like_call},
    {"REGEXP_SUBSTR", 2, 6, "", "", "", regexp_substr},
    {"REGEXP_EXTRACT", 2, 6, "", "", "", regexp_substr},
    {"REGEXP_SUBSTR_ALL", 2, 6, "", "", "", regexp_substr_all},
    {"REGEXP_EXTRACT_ALL", 2, 6, "", "", "", regexp_substr_all},
    {"REGEXP_COUNT", 2, 4, "", "", "", regexp_count},
    {"REGEXP_REPLACE", 2, 6, "", "", "", regexp_replace},
    {"REGEXP_INSTR", 2, 7, "", "", "", regexp_instr},
});

}  // namespace

std::string regexp_like(Binder& binder, std::string_view subject, const Value& pattern, std::string_view parameters) {
    const Flags flags = parse_flags(binder, parameters);
    return fmt::format("regexp_full_match({}, {})", subject,
                       quoted_text(with_flags(constant_pattern(binder, pattern), flags)));
}

std::span<const Function> regexp_functions() { return functions; }

}  // namespace backend::duckdb::dialect
