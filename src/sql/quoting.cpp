#include "sql/quoting.hpp"

#include <algorithm>
#include <array>

#include "sql/lexer.hpp"

namespace sql {

namespace {

// https://docs.snowflake.com/en/sql-reference/reserved-keywords, sorted.
constexpr auto reserved_words = std::to_array<std::string_view>({"ACCOUNT",
                                                                 "ALL",
                                                                 "ALTER",
                                                                 "AND",
                                                                 "ANY",
                                                                 "AS",
                                                                 "BETWEEN",
                                                                 "BY",
                                                                 "CASE",
                                                                 "CAST",
                                                                 "CHECK",
                                                                 "COLUMN",
                                                                 "CONNECT",
                                                                 "CONNECTION",
                                                                 "CONSTRAINT",
                                                                 "CREATE",
                                                                 "CROSS",
                                                                 "CURRENT",
                                                                 "CURRENT_DATE",
                                                                 "CURRENT_TIME",
                                                                 "CURRENT_TIMESTAMP",
                                                                 "CURRENT_USER",
                                                                 "DATABASE",
                                                                 "DELETE",
                                                                 "DISTINCT",
                                                                 "DROP",
                                                                 "ELSE",
                                                                 "EXISTS",
                                                                 "FALSE",
                                                                 "FOLLOWING",
                                                                 "FOR",
                                                                 "FROM",
                                                                 "FULL",
                                                                 "GRANT",
                                                                 "GROUP",
                                                                 "GSCLUSTER",
                                                                 "HAVING",
                                                                 "ILIKE",
                                                                 "IN",
                                                                 "INCREMENT",
                                                                 "INNER",
                                                                 "INSERT",
                                                                 "INTERSECT",
                                                                 "INTO",
                                                                 "IS",
                                                                 "ISSUE",
                                                                 "JOIN",
                                                                 "LATERAL",
                                                                 "LEFT",
                                                                 "LIKE",
                                                                 "LOCALTIME",
                                                                 "LOCALTIMESTAMP",
                                                                 "MINUS",
                                                                 "NATURAL",
                                                                 "NOT",
                                                                 "NULL",
                                                                 "OF",
                                                                 "ON",
                                                                 "OR",
                                                                 "ORDER",
                                                                 "ORGANIZATION",
                                                                 "QUALIFY",
                                                                 "REGEXP",
                                                                 "REVOKE",
                                                                 "RIGHT",
                                                                 "RLIKE",
                                                                 "ROW",
                                                                 "ROWS",
                                                                 "SAMPLE",
                                                                 "SCHEMA",
                                                                 "SELECT",
                                                                 "SET",
                                                                 "SOME",
                                                                 "START",
                                                                 "TABLE",
                                                                 "TABLESAMPLE",
                                                                 "THEN",
                                                                 "TO",
                                                                 "TRIGGER",
                                                                 "TRUE",
                                                                 "TRY_CAST",
                                                                 "UNION",
                                                                 "UNIQUE",
                                                                 "UPDATE",
                                                                 "USING",
                                                                 "VALUES",
                                                                 "VIEW",
                                                                 "WHEN",
                                                                 "WHENEVER",
                                                                 "WHERE",
                                                                 "WITH"});

bool is_plain_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9') || name.front() == '$') return false;
    const auto plain = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$'; };
    return std::all_of(name.begin(), name.end(), plain) && name.find("$$") == std::string_view::npos;
}

std::string doubled(std::string_view text, char quote, std::string_view special) {
    std::string out;
    out.reserve(text.size() + 2);
    out.push_back(quote);
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) out.push_back(c);
        out.push_back(c);
    }
    out.push_back(quote);
    return out;
}

base::Error not_a_name(std::string_view text) {
    return base::Error{base::Kind::bad_argument,
                       "not a name: " + std::string{text} + " (write it like DB.SCHEMA.TABLE; quote parts with \")"};
}

}  // namespace

bool is_reserved_word(std::string_view upper) {
    return std::binary_search(reserved_words.begin(), reserved_words.end(), upper);
}

std::string quote_identifier(std::string_view name) { return doubled(name, '"', "\""); }

std::string quote_identifier_if_needed(std::string_view name) {
    return is_plain_name(name) && !is_reserved_word(name) ? std::string{name} : quote_identifier(name);
}

std::string quote_name(const std::vector<std::string>& parts) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) out.push_back('.');
        if (!parts[i].empty()) out += quote_identifier(parts[i]);
    }
    return out;
}

std::string quote_string(std::string_view value) { return doubled(value, '\'', "'\\"); }

base::Result<std::vector<std::string>> parse_name(std::string_view text, std::size_t max_parts) {
    std::vector<std::string> parts;
    bool wants_part = true;
    for (const Token& token : significant_tokens(text)) {
        if (token.is_name()) {
            if (!wants_part) return base::fail(not_a_name(text));
            parts.push_back(identifier_value(token));
            if (parts.back().empty()) return base::fail(not_a_name(text));
            wants_part = false;
        } else if (token.is(".")) {
            if (wants_part) {
                if (parts.size() != 1) return base::fail(not_a_name(text));
                parts.emplace_back();
            }
            wants_part = true;
        } else {
            return base::fail(not_a_name(text));
        }
    }
    if (wants_part || parts.size() > max_parts) return base::fail(not_a_name(text));
    return parts;
}

}  // namespace sql
